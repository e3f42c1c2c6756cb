"""Llama, Mistral and Qwen2: one layout; they differ in biases, windows and rope scaling."""

from architectures import decoder


def read(config, tensors):
    kind = config.get("model_type")
    result = decoder.sizes(config, "llama")
    if kind == "mistral":
        decoder.windows(config, result, lambda l: True)
    if kind == "qwen2" and config.get("use_sliding_window", False):
        decoder.windows(config, result, lambda l: l >= config.get("max_window_layers", 28))
    if kind == "qwen2":
        config.only("layer_types", None, ["full_attention"] * result["n_layers"]) if not config.get("use_sliding_window", False) else None
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        source.norm(weights, f"blocks.{l}.ln1", f"layers.{l}.input_layernorm")
        decoder.attention(source, weights, l, result)
        source.norm(weights, f"blocks.{l}.ln2", f"layers.{l}.post_attention_layernorm")
        decoder.gated_mlp(source, weights, l)
    return result, weights, source
