"""The networks that are trained here, with the parameter names of the layouts in which they are published."""

import math

import torch
from torch import nn
from torch.nn import functional as F


EMBEDDING_SCALE = 0.02  # root mean square of the embeddings at the start, as in GPT-2: the first logits are near nothing


class CrossEntropyOfUnembedding(torch.autograd.Function):
    """Mean cross-entropy of x·W + b, a chunk of positions at a time.

    The gradient is computed in the forward pass while a chunk's logits are still in the cache: with a
    vocabulary thirty times the width, reading and writing [batch·pos, V] is what a step would wait for.
    """

    CHUNK = 256

    @staticmethod
    def forward(ctx, x, w_u, b_u, targets):
        """x [n,d], w_u [d,V], b_u [V] or None, targets [n] with -1 for silent positions."""
        keep = targets >= 0
        x_kept, t = x[keep], targets[keep]
        n = max(len(t), 1)
        grad_x, grad_w = torch.empty_like(x_kept), torch.zeros_like(w_u)
        grad_b = None if b_u is None else torch.zeros_like(b_u)
        loss = 0.0
        for i in range(0, len(t), CrossEntropyOfUnembedding.CHUNK):
            xc, tc = x_kept[i:i + CrossEntropyOfUnembedding.CHUNK], t[i:i + CrossEntropyOfUnembedding.CHUNK, None]
            logits = xc @ w_u if b_u is None else torch.addmm(b_u, xc, w_u)
            logits -= logits.max(1, keepdim=True).values
            shifted = logits.gather(1, tc).sum(dtype=torch.float64)
            logits.exp_()
            total = logits.sum(1, keepdim=True)
            loss += float(total.log().sum(dtype=torch.float64) - shifted)
            logits /= total
            logits.scatter_add_(1, tc, torch.full(tc.shape, -1.0))
            torch.mm(logits, w_u.t(), out=grad_x[i:i + CrossEntropyOfUnembedding.CHUNK])
            grad_w.addmm_(xc.t(), logits)
            if grad_b is not None:
                grad_b += logits.sum(0)
        full = torch.zeros_like(x)
        full[keep] = grad_x / n
        ctx.save_for_backward(full, grad_w / n, None if grad_b is None else grad_b / n)
        return torch.tensor(loss / n)

    @staticmethod
    def backward(ctx, grad):
        grad_x, grad_w, grad_b = ctx.saved_tensors
        return grad * grad_x, grad * grad_w, None if grad_b is None else grad * grad_b, None


def attend(q, k, v, mask):
    """Causal attention. q, k, v [b,h,p,dh]; returns (z [b,h,p,dh], pattern [b,h,p,p])."""
    scores = (q * (1 / math.sqrt(q.shape[-1]))) @ k.transpose(-1, -2) + mask
    pattern = scores.softmax(-1)
    return pattern @ v, pattern


def waves(n_ctx, d):
    """Where position embeddings start from, [n_ctx,d]: sines and cosines, so that "the one before" is a rotation to be found."""
    angles = torch.arange(n_ctx)[:, None] * n_ctx ** (-torch.arange(d // 2) / (d // 2))
    return torch.cat([angles.sin(), angles.cos()], 1) * (EMBEDDING_SCALE * math.sqrt(2))


def causal_mask(n_ctx):
    """0 where a position may look, -inf above the diagonal."""
    return torch.full((n_ctx, n_ctx), float("-inf")).triu(1)


class Linear1D(nn.Module):
    """GPT-2's Conv1D: weight [in,out], x·W + b."""

    def __init__(self, n_in, n_out, scale=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in, n_out) * (scale / math.sqrt(n_in)))
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), self.weight).view(*x.shape[:-1], -1)


class Attention(nn.Module):
    def __init__(self, d, heads, residual_scale):
        super().__init__()
        self.heads = heads
        self.c_attn = Linear1D(d, 3 * d)
        self.c_proj = Linear1D(d, d, residual_scale)

    def forward(self, x, mask):
        b, p, d = x.shape
        q, k, v = self.c_attn(x).view(b, p, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).contiguous()
        z, pattern = attend(q, k, v, mask)
        return self.c_proj(z.transpose(1, 2).reshape(b, p, d)), pattern


class FeedForward(nn.Module):
    def __init__(self, d, residual_scale):
        super().__init__()
        self.c_fc = Linear1D(d, 4 * d)
        self.c_proj = Linear1D(4 * d, d, residual_scale)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, d, heads, residual_scale):
        super().__init__()
        self.ln_1 = nn.LayerNorm(d)
        self.attn = Attention(d, heads, residual_scale)
        self.ln_2 = nn.LayerNorm(d)
        self.mlp = FeedForward(d, residual_scale)

    def forward(self, x, mask):
        out, pattern = self.attn(self.ln_1(x), mask)
        x = x + out
        return x + self.mlp(self.ln_2(x)), pattern


class Gpt2(nn.Module):
    """GPT-2 with tied embeddings; parameter names are those of the published checkpoint."""

    def __init__(self, vocabulary, n_ctx, d, layers, heads):
        super().__init__()
        self.shape = dict(vocabulary=vocabulary, n_ctx=n_ctx, d=d, layers=layers, heads=heads)
        self.wte = nn.Embedding(vocabulary, d)
        self.wpe = nn.Embedding(n_ctx, d)
        nn.init.normal_(self.wte.weight, std=EMBEDDING_SCALE)
        self.wpe.weight.data = waves(n_ctx, d)
        self.h = nn.ModuleList(Block(d, heads, 1 / math.sqrt(2 * layers)) for _ in range(layers))
        self.ln_f = nn.LayerNorm(d)
        self.register_buffer("mask", causal_mask(n_ctx), persistent=False)

    def unembedding(self):
        return self.wte.weight.t(), None

    def forward(self, ids, final_norm=True):
        """ids [b,p] -> (final residual [b,p,d], patterns: one [b,h,p,p] a layer)."""
        p = ids.shape[1]
        x = self.wte(ids) + self.wpe.weight[:p]
        patterns = []
        for block in self.h:
            x, pattern = block(x, self.mask[:p, :p])
            patterns.append(pattern)
        return (self.ln_f(x) if final_norm else x), patterns


class LayerNorm(nn.Module):
    """Layer norm under TransformerLens's parameter names."""

    def __init__(self, d):
        super().__init__()
        self.w = nn.Parameter(torch.ones(d))
        self.b = nn.Parameter(torch.zeros(d))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.w, self.b)


class HeadAttention(nn.Module):
    """Attention with W_Q, W_K, W_V [h,d,dh] and W_O [h,dh,d]."""

    def __init__(self, d, heads, residual_scale):
        super().__init__()
        dh = d // heads
        for name in "QKV":
            setattr(self, "W_" + name, nn.Parameter(torch.randn(heads, d, dh) / math.sqrt(d)))
            setattr(self, "b_" + name, nn.Parameter(torch.zeros(heads, dh)))
        self.W_O = nn.Parameter(torch.randn(heads, dh, d) * (residual_scale / math.sqrt(d)))
        self.b_O = nn.Parameter(torch.zeros(d))

    def forward(self, x, mask):
        b, p, d = x.shape
        heads, _, dh = self.W_Q.shape

        def project(w, bias):
            flat = torch.addmm(bias.reshape(-1), x.reshape(-1, d), w.permute(1, 0, 2).reshape(d, heads * dh))
            return flat.view(b, p, heads, dh).transpose(1, 2).contiguous()

        z, pattern = attend(project(self.W_Q, self.b_Q), project(self.W_K, self.b_K), project(self.W_V, self.b_V), mask)
        flat = z.transpose(1, 2).reshape(-1, heads * dh)
        return torch.addmm(self.b_O, flat, self.W_O.reshape(heads * dh, d)).view(b, p, d), pattern


class AttentionBlock(nn.Module):
    def __init__(self, d, heads, residual_scale):
        super().__init__()
        self.ln1 = LayerNorm(d)
        self.attn = HeadAttention(d, heads, residual_scale)


class AttentionOnly(nn.Module):
    """Attention without feed-forward layers, embeddings not tied; parameter names are TransformerLens's."""

    def __init__(self, vocabulary, n_ctx, d, layers, heads):
        super().__init__()
        self.shape = dict(vocabulary=vocabulary, n_ctx=n_ctx, d=d, layers=layers, heads=heads)
        self.embed = nn.Module()
        self.embed.W_E = nn.Parameter(torch.randn(vocabulary, d) * EMBEDDING_SCALE)
        self.pos_embed = nn.Module()
        self.pos_embed.W_pos = nn.Parameter(waves(n_ctx, d))
        self.blocks = nn.ModuleList(AttentionBlock(d, heads, 1 / math.sqrt(layers)) for _ in range(layers))
        self.ln_final = LayerNorm(d)
        self.unembed = nn.Module()
        self.unembed.W_U = nn.Parameter(torch.randn(d, vocabulary) * EMBEDDING_SCALE)
        self.unembed.b_U = nn.Parameter(torch.zeros(vocabulary))
        self.register_buffer("mask", causal_mask(n_ctx), persistent=False)

    def unembedding(self):
        return self.unembed.W_U, self.unembed.b_U

    def forward(self, ids, final_norm=True):
        """ids [b,p] -> (final residual [b,p,d], patterns: one [b,h,p,p] a layer)."""
        p = ids.shape[1]
        x = F.embedding(ids, self.embed.W_E) + self.pos_embed.W_pos[:p]
        patterns = []
        for block in self.blocks:
            out, pattern = block.attn(block.ln1(x), self.mask[:p, :p])
            x = x + out
            patterns.append(pattern)
        return (self.ln_final(x) if final_norm else x), patterns


def mean_loss(model, ids, targets):
    """Mean cross-entropy of the targets [b,p] (-1: silent), differentiable."""
    x, _ = model(ids)
    w_u, b_u = model.unembedding()
    x, targets = x.reshape(-1, x.shape[-1]), targets.reshape(-1)
    if not x.is_cuda:
        return CrossEntropyOfUnembedding.apply(x, w_u, b_u, targets)
    return F.cross_entropy(x @ w_u if b_u is None else torch.addmm(b_u, x, w_u), targets, ignore_index=-1)
