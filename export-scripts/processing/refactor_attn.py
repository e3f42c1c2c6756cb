"""refactor_attn: W_Q, W_K become balanced factors of their product with its biases, W_V, W_O ones with orthonormal W_O rows.

The singular vectors' signs are fixed: the largest entry of each right vector is positive, ties go to the lowest index.
"""

import numpy as np

from processing.fold_value_biases import fold_value_biases
from weight import Weight, zeros

# Entries that differ by no more, relatively, are tied: what is left between equal ones is rounding, which must not choose a sign.
TIE = 1e-9


class LastOnly:
    """Keeps the one decomposition that was made last: both factors of a product come from it."""

    def __init__(self):
        self.key, self.value = None, None

    def __call__(self, key, make):
        if key != self.key:
            self.key, self.value = None, None
            self.key, self.value = key, make()
        return self.value


def refactor_attn(config, weights):
    config, weights = fold_value_biases(config, weights)
    out, kept = dict(weights), LastOnly()
    h, d, dh = config["n_heads"], config["d_model"], config["d_head"]
    for layer in range(config["n_layers"]):
        here = f"blocks.{layer}.attn"
        part = {n: weights.get(f"{here}.{n}") for n in ("W_Q", "W_K", "W_V", "W_O", "b_Q", "b_K", "b_V")}
        def factor(make, i, part=part, layer=layer):
            return kept((make, layer), lambda: make(part, h))[i]
        for i, letter in enumerate("QK"):
            out[f"{here}.W_{letter}"] = Weight((h, d, dh), lambda i=i, f=factor: f(query_key, i)[:, :-1].astype(np.float32), "refactor_attn")
            out[f"{here}.b_{letter}"] = Weight((h, dh), lambda i=i, f=factor: f(query_key, i)[:, -1].astype(np.float32), "refactor_attn")
        out[f"{here}.W_V"] = Weight((h, d, dh), lambda f=factor: f(value_output, 0).astype(np.float32), "refactor_attn")
        out[f"{here}.W_O"] = Weight((h, dh, d), lambda f=factor: f(value_output, 1).astype(np.float32), "refactor_attn")
        if part["b_V"] is not None:
            out[f"{here}.b_V"] = zeros(h, dh)
    return {k: v for k, v in config.items() if k != "n_key_value_heads"}, out


def query_key(part, heads):
    """[h, d+1, dh] twice: the last row is the bias."""
    stacked = []
    for letter in "QK":
        matrix = by_query_head(part[f"W_{letter}"].read(), heads)
        bias = part[f"b_{letter}"]
        bias = np.zeros((heads, matrix.shape[2])) if bias is None else by_query_head(bias.read(), heads)
        stacked.append(np.concatenate([matrix, bias[:, None]], 1).astype(np.float64))
    left, right = [], []
    for q, k in zip(*stacked):
        u, s, v = product_svd(q, k)
        left.append(u * np.sqrt(s))
        right.append(v * np.sqrt(s))
    return np.stack(left), np.stack(right)


def value_output(part, heads):
    """W_V [h, d, dh] and W_O [h, dh, d]."""
    values, output = by_query_head(part["W_V"].read(), heads).astype(np.float64), part["W_O"].read().astype(np.float64)
    left, right = [], []
    for v, o in zip(values, output):
        u, s, w = product_svd(v, o.T)
        left.append(u * s)
        right.append(w.T)
    return np.stack(left), np.stack(right)


def by_query_head(values, heads):
    """Key-value heads repeated for the query heads that read them."""
    return np.repeat(values, heads // values.shape[0], axis=0)


def product_svd(a, b):
    """U, S, V of a·bᵀ for two tall matrices [n, k] and [m, k], without forming the product."""
    qa, ra = np.linalg.qr(a)
    qb, rb = np.linalg.qr(b)
    u, s, vt = np.linalg.svd(ra @ rb.T)
    u, v = qa @ u, qb @ vt.T
    largest = (np.abs(v) >= np.abs(v).max(0) * (1 - TIE)).argmax(0)  # the first of those that are as good as equal
    signs = np.sign(v[largest, np.arange(v.shape[1])])
    signs[signs == 0] = 1
    return u * signs, s, v * signs


def refusal(config, weights):
    if config["positions"] == "rotary":
        return "its queries and keys rotate with the position, and the rotation does not pass through new factors"
    if "blocks.0.attn.q_norm.w" in weights:
        return "its queries and keys are normalised, which new factors would change"
    return None


refactor_attn.refusal = refusal
