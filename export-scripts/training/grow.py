"""A larger GPT-2 that begins with what a smaller one has learned."""

import math

import torch


def grow(small, big, noise=0.1):
    """Fills `big`, of more width, heads or layers, so that it computes what `small` does, but for the noise.

    The small model's stream is centred, which a layer norm does not see, and takes the first coordinates of the large one; the
    gains make up for the larger mean. What is new reads as at random and writes nothing, so that it can learn at once and
    disturbs nothing. `noise` is the size of the tokens' new coordinates, relative to the old ones.
    """
    old, new = small.shape, big.shape
    if old["d"] // old["heads"] != new["d"] // new["heads"] or any(old[k] != new[k] for k in ("vocabulary", "n_ctx")):
        raise ValueError(f"{old} cannot grow to {new}: the vocabulary, the context and the width of a head must stay")
    if any(old[k] > new[k] for k in ("d", "layers")):
        raise ValueError(f"{old} cannot grow to {new}, which is smaller")
    d, shrink = old["d"], math.sqrt(old["d"] / new["d"])
    place = {i * new["layers"] // old["layers"]: i for i in range(old["layers"])}
    with torch.no_grad():
        for mine, theirs in ((big.wte.weight, small.wte.weight), (big.wpe.weight, small.wpe.weight)):
            size = noise * theirs.pow(2).mean().sqrt()
            mine[:, :d] = centred(theirs)
            mine[:, d:] = centred(torch.randn(len(mine), new["d"] - d) * size) if new["d"] > d else 0
        norm(big.ln_f, small.ln_f, d, shrink)
        for l, block in enumerate(big.h):
            for part in (block.attn, block.mlp):
                part.c_proj.weight.zero_()
            if l in place:
                copy_block(block, small.h[place[l]], d, shrink)


def centred(x):
    """[...,d] with the mean over d taken out."""
    return x - x.mean(-1, keepdim=True)


def norm(mine, theirs, d, shrink):
    mine.weight.fill_(float(theirs.weight.abs().mean()) * shrink)
    mine.weight[:d] = theirs.weight * shrink
    mine.bias[:d] = theirs.bias


def copy_block(mine, theirs, d, shrink):
    norm(mine.ln_1, theirs.ln_1, d, shrink)
    norm(mine.ln_2, theirs.ln_2, d, shrink)
    wide = mine.ln_1.weight.shape[0]
    for q_k_or_v in range(3):
        to, start = slice(q_k_or_v * wide, q_k_or_v * wide + d), slice(q_k_or_v * d, (q_k_or_v + 1) * d)
        mine.attn.c_attn.weight[:, to] = 0
        mine.attn.c_attn.weight[:d, to] = theirs.attn.c_attn.weight[:, start]
        mine.attn.c_attn.bias[to] = theirs.attn.c_attn.bias[start]
    neurons = theirs.mlp.c_fc.weight.shape[1]
    mine.mlp.c_fc.weight[:, :neurons] = 0
    mine.mlp.c_fc.weight[:d, :neurons] = theirs.mlp.c_fc.weight
    mine.mlp.c_fc.bias[:neurons] = theirs.mlp.c_fc.bias
    for to, source in ((mine.attn.c_proj, theirs.attn.c_proj), (mine.mlp.c_proj, theirs.mlp.c_proj)):
        to.weight[:source.weight.shape[0], :d] = centred(source.weight)
        to.bias[:d] = centred(source.bias)
