"""Llama, Mistral, Qwen2, Qwen3 and Granite: one layout; they differ in biases, windows, norms of q and k, and multipliers."""

from architectures import decoder
from errors import ExportError

NAMES = {"qwen3": "qwen3", "granite": "granite"}


def read(config, tensors):
    kind = config.kind
    result = decoder.sizes(config, NAMES.get(kind, "llama"))
    if kind == "mistral":
        decoder.windows(config, result)
    if kind in ("qwen2", "qwen3"):
        decoder.windows(config, result, lambda l: config.flag("use_sliding_window") and l >= first_window(config))
    if kind == "llama":
        config.only("pretraining_tp", 1)
    source, weights, biased = decoder.source_of(tensors), {}, kind in ("llama", "granite", "qwen3") and config.flag("attention_bias")
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        here, there = f"layers.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
        decoder.attention(source, weights, l, result, biased=kind == "qwen2" or biased, out_biased=biased)
        if kind == "qwen3":
            decoder.qk_norms(source, weights, l)
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
        decoder.gated_mlp(source, weights, l, kind in ("llama", "granite") and config.flag("mlp_bias"))
    if kind == "granite":
        multiply(config, result, weights)
    return result, weights, source


def first_window(config):
    """Windows begin at this layer."""
    first = config.get("max_window_layers")
    if type(first) is not int or first < 0:
        raise ExportError(f"config.json: 'max_window_layers' should be a whole number, found {first!r}")
    return first


def multiply(config, result, weights):
    """Granite's multipliers, folded into the weights that they scale."""
    embedding, residual = config.number("embedding_multiplier"), config.number("residual_multiplier")
    logits = config.number("logits_scaling")
    result["attn_scale"] = 1 / config.number("attention_multiplier")
    weights["embed.W_E"] = weights["embed.W_E"].times(embedding)
    weights["unembed.W_U"] = weights["unembed.W_U"].times(1 / logits)
    if embedding != 1 or logits != 1:
        result.pop("tied", None)
    for name in weights:
        if name.startswith("blocks.") and name.endswith(("W_O", "b_O", "W_out", "b_out")):
            weights[name] = weights[name].times(residual)
