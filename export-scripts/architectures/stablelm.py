"""StableLM: Llama's layout with LayerNorm and partial rotary positions."""

from architectures import decoder


def read(config, tensors):
    config.only("qk_layernorm", False)
    config.only("use_parallel_residual", False)
    result = decoder.sizes(config, "stablelm", norm="LN", eps="layer_norm_eps")
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        source.norm(weights, f"blocks.{l}.ln1", f"layers.{l}.input_layernorm")
        decoder.attention(source, weights, l, result, biased=config.flag("use_qkv_bias"), out_biased=False)
        source.norm(weights, f"blocks.{l}.ln2", f"layers.{l}.post_attention_layernorm")
        decoder.gated_mlp(source, weights, l)
    return result, weights, source
