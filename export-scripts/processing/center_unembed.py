"""center_unembed: W_U and b_U lose their mean over the vocabulary; logits move by a constant, probabilities do not."""

from processing.arithmetic import subtract_mean
from weight import Weight


def center_unembed(config, weights):
    out = dict(weights)
    for name in ("unembed.W_U", "unembed.b_U"):
        if name in weights:
            out[name] = Weight(weights[name].shape, lambda w=weights[name]: subtract_mean(w.read(), -1), weights[name].source)
    return config, out


def refusal(config, weights):
    if config.get("output_logits_soft_cap"):
        return "its logits have a soft-cap, which a constant shift passes through differently"
    if "unembed.W_U" not in weights:
        return "it has no unembedding"
    return None


center_unembed.refusal = refusal
