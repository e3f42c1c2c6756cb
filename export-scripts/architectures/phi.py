"""Phi-1 and Phi-2: attention and MLP in parallel on one norm, partial rotary positions, a bias on the unembedding."""

from architectures import decoder


def read(config, tensors):
    config.only("qk_layernorm", False)
    result = decoder.sizes(config, "phi", norm="LN", eps="layer_norm_eps", gated=False)
    result.update(parallel_attn_mlp=True, shared_norm=True)
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result, norm="final_layernorm")
    for l in range(result["n_layers"]):
        source.norm(weights, f"blocks.{l}.ln1", f"layers.{l}.input_layernorm")
        decoder.attention(source, weights, l, result, out="dense")
        decoder.plain_mlp(source, weights, l, f"layers.{l}.mlp", "fc1", "fc2")
    return result, weights, source
