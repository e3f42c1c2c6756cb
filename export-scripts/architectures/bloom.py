"""BLOOM: ALiBi instead of positions, a norm after the embedding, q, k and v side by side for each head."""

import math

from architectures import decoder
from architectures.reader import Source, classifier, output_heads, unembedding


def read(config, tensors):
    config.only("apply_residual_connection_post_layernorm", False)
    d, h = config.count("hidden_size"), config.count("n_head")
    dh = config.heads(d, h)
    result = {
        "architecture": "bloom", "d_model": d, "n_heads": h, "n_layers": config.count("n_layer"),
        "d_vocab": config.count("vocab_size"), "attention_dir": "causal", "norm": "LN", "norm_placement": "pre", "positions": "alibi",
        "final_norm": True, "d_head": dh, "attn_scale": dh ** 0.5, "n_ctx": config.count("seq_length"),
        "eps": config.number("layer_norm_epsilon", below=1), "act_fn": "gelu_new", "alibi_slopes": slopes(h), "d_mlp": 4 * d}
    source = Source(tensors, ("transformer.",))
    weights = {"embed.W_E": source.take("word_embeddings.weight")}
    source.norm(weights, "embed.ln", "word_embeddings_layernorm")
    for l in range(result["n_layers"]):
        here, there = f"h.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
        decoder.fused_by_head(source, weights, l, f"{here}.self_attention.query_key_value", h, dh)
        weights[f"{there}.attn.W_O"] = output_heads(source.take(f"{here}.self_attention.dense.weight"), h, dh)
        weights[f"{there}.attn.b_O"] = source.take(f"{here}.self_attention.dense.bias")
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
        decoder.plain_mlp(source, weights, l, f"{here}.mlp", "dense_h_to_4h", "dense_4h_to_h")
    source.norm(weights, "ln_final", "ln_f")
    unembedding(source, config, weights, result, "lm_head.weight")
    classifier(source, config, weights, result)
    return result, weights, source


def slopes(heads):
    """Powers of 2^(-8/n) for n heads, n a power of two; the rest are the odd powers of the next power of two's."""
    n = 1 << int(math.log2(heads))
    rest = [2.0 ** (-4 * i / n) for i in range(1, 2 * (heads - n) + 1, 2)]
    return [2.0 ** (-8 * i / n) for i in range(1, n + 1)] + rest
