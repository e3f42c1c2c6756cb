"""Phi-3, Phi-3.5 and Phi-4-mini: q, k and v in one matrix, gate and linear branch in another."""

from architectures import decoder
from architectures.reader import heads_of_rows, output_heads


def read(config, tensors):
    result = decoder.sizes(config, "phi3")
    decoder.windows(config, result)
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result)
    h, kv, dh, f = (result[k] for k in ("n_heads", "n_key_value_heads", "d_head", "d_mlp"))
    for l in range(result["n_layers"]):
        here, there = f"layers.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
        matrix, row = source.take(f"{here}.self_attn.qkv_proj.weight").of((h + 2 * kv) * dh, result["d_model"]), 0
        for letter, heads in (("Q", h), ("K", kv), ("V", kv)):
            weights[f"{there}.attn.W_{letter}"] = heads_of_rows(matrix.part(0, row, row + heads * dh), heads, dh)
            row += heads * dh
        weights[f"{there}.attn.W_O"] = output_heads(source.take(f"{here}.self_attn.o_proj.weight"), h, dh)
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
        both = source.take(f"{here}.mlp.gate_up_proj.weight").of(2 * f, result["d_model"])
        weights[f"{there}.mlp.W_gate"] = both.part(0, 0, f).transpose()
        weights[f"{there}.mlp.W_in"] = both.part(0, f, 2 * f).transpose()
        weights[f"{there}.mlp.W_out"] = source.take(f"{here}.mlp.down_proj.weight").transpose()
    return result, weights, source
