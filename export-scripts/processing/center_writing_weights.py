"""center_writing_weights: what is written into the stream loses its mean over d_model, which every LayerNorm removes anyway."""

import re

from processing.arithmetic import subtract_mean
from weight import Weight

WRITERS = re.compile(r"(embed\.W_E|pos_embed\.W_pos|token_type_embed\.W_token_type|blocks\.\d+\.(attn\.(W_O|b_O)|mlp\.(.*\.)?(W_out|b_out)))\Z")


def center_writing_weights(config, weights):
    return config, {name: centred(w) if WRITERS.match(name) else w for name, w in weights.items()}


def centred(weight):
    return Weight(weight.shape, lambda: subtract_mean(weight.read(), -1), weight.source)


def refusal(config, weights):
    if config["norm"] in ("RMS", "RMSPre"):
        return "an RMS norm does not remove the mean"
    if config["norm_placement"] not in ("pre", "post"):
        return "norms follow the sublayers before the stream is added to"
    if config["positions"] == "shortformer":
        return "positions are added after the norm (shortformer), so their mean is read"
    if config["norm_placement"] == "post" and "embed.ln.w" not in weights:
        return "the first block reads the embedding itself, not a norm of it"
    return None


center_writing_weights.refusal = refusal
