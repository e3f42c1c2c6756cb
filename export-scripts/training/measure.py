"""What a trained model has learned: repetition, the patterns of its heads, and word pairs of its OV circuits."""

import numpy as np
import torch
from torch.nn import functional as F

from training.model import AttentionOnly


def random_repeats(end_of_text, length, count, seed):
    """ids [count, 1 + 2·length]: an end of text, then one random segment twice."""
    segment = np.random.default_rng(seed).integers(0, end_of_text, (count, length))
    return torch.from_numpy(np.concatenate([np.full((count, 1), end_of_text), segment, segment], 1))


def measure_repeats(model, length=50, count=64, seed=0):
    """Loss on the first and the second copy of random segments, and the head scores on the same sequences.

    induction[l][h] is the mean attention of the second copy to the token after the same token's first occurrence,
    previous[l][h] the mean attention of every position (from 2) to the one before, duplicate[l][h] to the same token's first occurrence.
    """
    ids = random_repeats(model.shape["vocabulary"] - 1, length, count, seed)
    with torch.no_grad():
        x, patterns = model(ids)
        w_u, b_u = model.unembedding()
        logits = x[:, :-1] @ w_u + (0 if b_u is None else b_u)
        losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(count, -1)

    def score(pattern, query, key):
        return pattern[:, :, query, key].mean((0, 2)).tolist()

    second = torch.arange(1 + length, 1 + 2 * length)
    later = torch.arange(2, 1 + 2 * length)
    return {
        "first_loss": float(losses[:, :length].mean()),
        "second_loss": float(losses[:, length:].mean()),  # the guess of the second copy's first token included
        "induction": [score(p, second, second - length + 1) for p in patterns],
        "previous": [score(p, later, later - 1) for p in patterns],
        "duplicate": [score(p, second, second - length) for p in patterns],
    }


def canonical_heads(model):
    """(W_E [V,d] with what the first norm's centring leaves, per layer (ln1 gain, W_V [h,d,dh], W_O [h,dh,d]), final gain, W_U [d,V])."""
    heads, d = model.shape["heads"], model.shape["d"]
    if isinstance(model, AttentionOnly):
        layers = [(b.ln1.w, b.attn.W_V, b.attn.W_O) for b in model.blocks]
        return model.embed.W_E, layers, model.ln_final.w, model.unembed.W_U
    layers = []
    for block in model.h:
        w_v = block.attn.c_attn.weight[:, 2 * d:].view(d, heads, d // heads).permute(1, 0, 2)
        layers.append((block.ln_1.weight, w_v, block.attn.c_proj.weight.view(heads, d // heads, d)))
    return model.wte.weight, layers, model.ln_f.weight, model.wte.weight.t()


def ov_pairs(model, candidates, top=12):
    """For each head the `top` strongest (source id, promoted id, score) among the candidate ids, a token's copy of itself left out.

    The score is W_E[source]·gain·W_V·W_O·gain·W_U[target], minus the mean over targets: what attending to the source adds to the target's logit, before norm scales.
    """
    with torch.no_grad():
        w_e, layers, final_gain, w_u = canonical_heads(model)
        source = w_e[candidates] - w_e[candidates].mean(1, keepdim=True)
        target = final_gain[:, None] * w_u[:, candidates]
        target = target - target.mean(0, keepdim=True)
        found = []
        for gain, w_v, w_o in layers:
            row = []
            for h in range(len(w_v)):
                scores = ((source * gain) @ w_v[h] @ w_o[h]) @ target
                scores = scores - scores.mean(1, keepdim=True)
                scores.fill_diagonal_(-float("inf"))
                values, flat = scores.flatten().topk(top)
                row.append([(candidates[int(i) // len(candidates)], candidates[int(i) % len(candidates)], float(v))
                            for v, i in zip(values, flat)])
            found.append(row)
    return found
