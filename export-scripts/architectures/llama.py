"""Llama, Mistral, Qwen2, Qwen3 and Granite: one layout; they differ in biases, windows, norms of q and k, and multipliers."""

from architectures import decoder

NAMES = {"qwen3": "qwen3", "granite": "granite"}


def read(config, tensors):
    kind = config.get("model_type")
    result = decoder.sizes(config, NAMES.get(kind, "llama"))
    if kind == "mistral":
        decoder.windows(config, result, lambda l: True)
    if kind in ("qwen2", "qwen3"):
        decoder.windows(config, result, lambda l: config.get("use_sliding_window", False) and l >= config.get("max_window_layers", 28))
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        here, there = f"layers.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
        decoder.attention(source, weights, l, result)
        if kind == "qwen3":
            weights[f"{there}.attn.q_norm.w"] = source.take(f"{here}.self_attn.q_norm.weight")
            weights[f"{there}.attn.k_norm.w"] = source.take(f"{here}.self_attn.k_norm.weight")
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
        decoder.gated_mlp(source, weights, l)
    if kind == "granite":
        multiply(config, result, weights)
    return result, weights, source


def multiply(config, result, weights):
    """Granite's multipliers, folded into the weights that they scale."""
    embedding, residual = config.number("embedding_multiplier", 1.0), config.number("residual_multiplier", 1.0)
    logits = config.number("logits_scaling", 1.0)
    result["attn_scale"] = 1 / config.number("attention_multiplier", 1.0)
    weights["embed.W_E"] = weights["embed.W_E"].times(embedding)
    weights["unembed.W_U"] = weights["unembed.W_U"].times(1 / logits)
    if embedding != 1 or logits != 1:
        result.pop("tied", None)
    for name in weights:
        if name.startswith("blocks.") and name.endswith(("W_O", "b_O", "W_out", "b_out")):
            weights[name] = weights[name].times(residual)
