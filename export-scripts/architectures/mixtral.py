"""Mixtral: Mistral's attention, and a router that chooses among several MLPs for every token."""

from architectures import decoder


def read(config, tensors):
    result = decoder.sizes(config, "mixtral", default_eps=1e-5)
    decoder.windows(config, result, lambda l: True)
    result["n_experts"], result["experts_per_token"] = config.count("num_local_experts"), config.count("num_experts_per_tok")
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        here, there = f"layers.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
        decoder.attention(source, weights, l, result)
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
        weights[f"{there}.mlp.W_router"] = source.take(f"{here}.block_sparse_moe.gate.weight").transpose()
        for e in range(result["n_experts"]):
            for ours, theirs in (("gate", "w1"), ("in", "w3"), ("out", "w2")):
                weights[f"{there}.mlp.experts.{e}.W_{ours}"] = source.take(f"{here}.block_sparse_moe.experts.{e}.{theirs}.weight").transpose()
    return result, weights, source
