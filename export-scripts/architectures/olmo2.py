"""OLMo 2: norms only after the sublayers, and a norm of q and k over all heads together."""

from architectures import decoder


def read(config, tensors):
    result = decoder.sizes(config, "olmo2")
    result["norm_placement"] = "after"
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        here, there = f"layers.{l}", f"blocks.{l}"
        decoder.attention(source, weights, l, result, biased=config.flag("attention_bias"))
        decoder.qk_norms(source, weights, l)
        source.norm(weights, f"{there}.ln1_post", f"{here}.post_attention_layernorm")
        decoder.gated_mlp(source, weights, l)
        source.norm(weights, f"{there}.ln2_post", f"{here}.post_feedforward_layernorm")
    return result, weights, source
