"""fold_ln: gain and bias of every norm go into the weights that read its output; LayerNorm's centring too."""

import numpy as np

from processing.arithmetic import subtract_mean, times_matrix
from weight import Weight, zeros


def fold_ln(config, weights):
    out, centred = dict(weights), config["norm"] in ("LN", "LNPre")
    for layer in range(config["n_layers"]):
        block = f"blocks.{layer}"
        attention = [(f"{block}.attn.W_{n}", f"{block}.attn.b_{n}") for n in "QKV"]
        mlp = [(w, None if w.endswith("W_router") else w.replace("W_", "b_"))
               for w in weights if w.startswith(f"{block}.mlp.") and w.endswith(("W_in", "W_gate", "W_router"))]
        shared = config.get("shared_norm", False)
        fold(out, weights, f"{block}.ln1", attention + (mlp if shared else []), centred)
        if not shared:
            fold(out, weights, f"{block}.ln2", mlp, centred)
    fold(out, weights, "ln_final", [("unembed.W_U", "unembed.b_U")], centred)
    return {**config, "norm": {"LN": "LNPre", "RMS": "RMSPre"}.get(config["norm"], config["norm"])}, out


def fold(out, weights, norm, readers, centred):
    """One norm into its readers (matrix, bias), whose input dimension is the last but one."""
    gain, bias = weights.get(f"{norm}.w"), weights.get(f"{norm}.b")
    for matrix, offset in readers:
        if matrix not in weights:
            continue
        if bias is not None and offset is not None:
            out[offset] = shifted(weights, matrix, offset, bias)
        if gain is not None:
            # The mean over d_model of what a LayerNorm gives is 0, so the mean over d_model of what reads it is free; of a gate it is left.
            out[matrix] = scaled(weights[matrix], gain, centred and not matrix.endswith("W_gate"))
    out.pop(f"{norm}.w", None)
    out.pop(f"{norm}.b", None)


def scaled(matrix, gain, centre):
    def read():
        values = matrix.read()
        values *= gain.read()[:, None]
        return subtract_mean(values, -2) if centre else values
    return Weight(matrix.shape, read, matrix.source)


def shifted(weights, matrix, offset, bias):
    """b + (norm's bias)·W; the bias is made where there was none."""
    shape = weights[matrix].shape[:-2] + weights[matrix].shape[-1:]
    old = weights.get(offset) or zeros(*shape)

    def read():
        values, b = weights[matrix].read(), bias.read()
        heads = values if values.ndim == 3 else values[None]
        return (old.read() + np.stack([times_matrix(b, head) for head in heads]).reshape(shape)).astype(np.float32)
    return Weight(shape, read, old.source)


def refusal(config, weights):
    if config["norm_placement"] == "post":
        return "its norms stand after the sublayers (post-LN) and what they give is the stream itself"
    if config["norm_placement"] == "after":
        return "its norms stand only after the sublayers, where nothing reads them but the stream"
    if config["positions"] == "shortformer":
        return "positions are added between ln1 and the queries and keys (shortformer)"
    return None


fold_ln.refusal = refusal
