"""StarCoder 2: LayerNorm, few key-value heads, a window, a plain MLP with biases."""

from architectures import decoder


def read(config, tensors):
    result = decoder.sizes(config, "starcoder2", norm="LN", eps="norm_epsilon", gated=False)
    decoder.windows(config, result)
    source, weights, biased = decoder.source_of(tensors), {}, config.flag("use_bias")
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        source.norm(weights, f"blocks.{l}.ln1", f"layers.{l}.input_layernorm")
        decoder.attention(source, weights, l, result, biased=biased)
        source.norm(weights, f"blocks.{l}.ln2", f"layers.{l}.post_attention_layernorm")
        decoder.plain_mlp(source, weights, l, f"layers.{l}.mlp", "c_fc", "c_proj", biased)
    return result, weights, source
