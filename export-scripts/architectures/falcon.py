"""Falcon: q, k and v fused in one of three ways, attention and MLP in parallel on one norm or on two."""

from architectures import decoder, rope
from architectures.reader import Source, classifier, output_heads, unembedding
from errors import ExportError


def read(config, tensors):
    config.only("alibi", False)
    d, h = config.count("hidden_size"), config.count("num_attention_heads")
    dh = config.heads(d, h)
    new, parallel, biased = config.flag("new_decoder_architecture"), config.flag("parallel_attn"), config.flag("bias")
    kv = config.count("num_kv_heads", h) if new else 1 if config.flag("multi_query") else h
    if h % kv:
        raise ExportError(f"config.json: {kv} key-value heads do not divide {h} heads")
    norms = 1 if not new else config.count("num_ln_in_parallel_attn", 2)
    result = {
        "architecture": "falcon", "d_model": d, "n_heads": h, "n_layers": config.count("num_hidden_layers"),
        "d_vocab": config.count("vocab_size"), "attention_dir": "causal", "norm": "LN", "norm_placement": "pre", "positions": "rotary",
        "final_norm": True, "d_head": dh, "attn_scale": dh ** 0.5, "n_ctx": config.count("max_position_embeddings"),
        "eps": config.number("layer_norm_epsilon", below=1), "act_fn": config.activation("activation", decoder.ACTIVATIONS),
        "n_key_value_heads": kv, "d_mlp": config.count("ffn_hidden_size", 4 * d)}
    rope.add(config, result, rope.dimensions(config, dh))
    rope.leave_out_1(result)
    if parallel or new:
        result.update(parallel_attn_mlp=True, shared_norm=norms == 1)
    source = Source(tensors, ("transformer.",), [r"h\.\d+\.self_attention\.(maybe_rotary|rotary_emb)\.inv_freq"])
    weights = {"embed.W_E": source.take("word_embeddings.weight")}
    for l in range(result["n_layers"]):
        here, there = f"h.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.ln_attn", f"{here}.input_layernorm")
        grouped(source, weights, l, f"{here}.self_attention.query_key_value", h, kv, dh, biased)
        weights[f"{there}.attn.W_O"] = output_heads(source.take(f"{here}.self_attention.dense.weight"), h, dh)
        if biased:
            source.take_if(weights, f"{there}.attn.b_O", f"{here}.self_attention.dense.bias")
        if not result.get("shared_norm"):
            source.norm(weights, f"{there}.ln2", f"{here}.ln_mlp", f"{here}.post_attention_layernorm")
        decoder.plain_mlp(source, weights, l, f"{here}.mlp", "dense_h_to_4h", "dense_4h_to_h", biased)
    source.norm(weights, "ln_final", "ln_f")
    unembedding(source, config, weights, result, "lm_head.weight")
    classifier(source, config, weights, result)
    return result, weights, source


def grouped(source, weights, l, name, h, kv, dh, biased):
    """For each key-value head its queries, its key, its value: [kv * (h/kv + 2) * d_head, d]."""
    group = h // kv
    rows, there = (group + 2) * dh, f"blocks.{l}.attn"
    for letter, start, stop, heads in (("Q", 0, group, h), ("K", group, group + 1, kv), ("V", group + 1, group + 2, kv)):
        def of_matrix(w, start=start, stop=stop, heads=heads):
            d = w.shape[-1]
            return w.reshape(kv, rows, d).part(1, start * dh, stop * dh).reshape(heads, dh, d).transpose(0, 2, 1)

        def of_bias(w, start=start, stop=stop, heads=heads):
            return w.reshape(kv, rows).part(1, start * dh, stop * dh).reshape(heads, dh)
        weights[f"{there}.W_{letter}"] = of_matrix(source.take(f"{name}.weight"))
        if biased:
            source.take_if(weights, f"{there}.b_{letter}", f"{name}.bias", of_bias)
