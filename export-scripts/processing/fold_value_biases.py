"""fold_value_biases: a pattern's rows sum to 1, so b_V reaches the stream as the constant b_V·W_O, which belongs to b_O."""

import numpy as np

from weight import Weight, zeros


def fold_value_biases(config, weights):
    out = dict(weights)
    for layer in range(config["n_layers"]):
        values, output, bias = (f"blocks.{layer}.attn.{n}" for n in ("b_V", "W_O", "b_O"))
        if values in weights:
            out[bias] = folded(weights[values], weights[output], weights.get(bias) or zeros(config["d_model"]))
            out[values] = zeros(*weights[values].shape)
    return config, out


def folded(values, output, bias):
    """b_O + Σ b_V·W_O over query heads; each reads the value bias of its key-value head."""
    def read():
        matrix = output.read()
        rows = np.repeat(values.read(), matrix.shape[0] // values.shape[0], axis=0)
        return (bias.read() + np.einsum("hk,hkd->d", rows, matrix, dtype=np.float64)).astype(np.float32)
    return Weight(bias.shape, read, bias.source)


def refusal(config, weights):
    return None


fold_value_biases.refusal = refusal
