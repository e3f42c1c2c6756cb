"""Mixtral: Mistral's attention, and a router that chooses among several MLPs for every token."""

from architectures import decoder
from errors import ExportError


def read(config, tensors):
    result = decoder.sizes(config, "mixtral")
    decoder.windows(config, result)
    result["n_experts"], result["experts_per_token"] = config.count("num_local_experts"), config.count("num_experts_per_tok")
    if result["experts_per_token"] > result["n_experts"]:
        raise ExportError(f"config.json: {result['experts_per_token']} experts for each token, of {result['n_experts']}")
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    for l in range(result["n_layers"]):
        here, there = f"layers.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
        decoder.attention(source, weights, l, result, biased=False)
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
        if source.has(f"{here}.mlp.experts.gate_up_proj"):
            fused_experts(source, weights, result, f"{here}.mlp", f"{there}.mlp")
            continue
        weights[f"{there}.mlp.W_router"] = source.take(f"{here}.block_sparse_moe.gate.weight").transpose()
        for e in range(result["n_experts"]):
            for ours, theirs in (("gate", "w1"), ("in", "w3"), ("out", "w2")):
                weights[f"{there}.mlp.experts.{e}.W_{ours}"] = source.take(f"{here}.block_sparse_moe.experts.{e}.{theirs}.weight").transpose()
    return result, weights, source


def fused_experts(source, weights, result, here, there):
    """Newer files hold the experts of a layer in two tensors: gate above linear branch [e, 2f, d], and output [e, d, f]."""
    n, d, f = result["n_experts"], result["d_model"], result["d_mlp"]
    both, down = source.take(f"{here}.experts.gate_up_proj").of(n, 2 * f, d), source.take(f"{here}.experts.down_proj").of(n, d, f)
    weights[f"{there}.W_router"] = source.take(f"{here}.gate.weight").transpose()
    for e in range(n):
        expert = both.part(0, e, e + 1).reshape(2 * f, d)
        weights[f"{there}.experts.{e}.W_gate"] = expert.part(0, 0, f).transpose()
        weights[f"{there}.experts.{e}.W_in"] = expert.part(0, f, 2 * f).transpose()
        weights[f"{there}.experts.{e}.W_out"] = down.part(0, e, e + 1).reshape(d, f).transpose()
