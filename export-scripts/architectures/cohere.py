"""Cohere's Command R: attention and MLP in parallel on one norm without bias, rotary pairs of neighbours, scaled logits."""

from architectures import decoder


def read(config, tensors):
    config.only("use_qk_norm", False)
    result = decoder.sizes(config, "cohere", norm="LN", eps="layer_norm_eps")
    result.update(parallel_attn_mlp=True, shared_norm=True, rotary_adjacent=True, qk_norm="LN")
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    scale = config.number("logit_scale")
    weights["unembed.W_U"] = weights["unembed.W_U"].times(scale)
    if scale != 1:
        result.pop("tied", None)
    for l in range(result["n_layers"]):
        source.norm(weights, f"blocks.{l}.ln1", f"layers.{l}.input_layernorm")
        decoder.attention(source, weights, l, result, biased=config.flag("attention_bias"))
        decoder.gated_mlp(source, weights, l)
    return result, weights, source
