"""GPT-NeoX and Pythia: q, k and v side by side for each head, partial rotary positions, attention and MLP in parallel."""

from architectures import decoder, rope
from architectures.reader import Source, classifier, output_heads, unembedding

UNUSED = [r"layers\.\d+\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)"]


def read(config, tensors):
    d, h = config.count("hidden_size"), config.count("num_attention_heads")
    dh = config.heads(d, h)
    result = {
        "architecture": "gpt_neox", "d_model": d, "n_heads": h, "n_layers": config.count("num_hidden_layers"), "d_vocab": config.count("vocab_size"),
        "attention_dir": "causal", "norm": "LN", "norm_placement": "pre", "positions": "rotary", "final_norm": True, "d_head": dh,
        "attn_scale": dh ** 0.5, "eps": config.number("layer_norm_eps", below=1), "n_ctx": config.count("max_position_embeddings"),
        "act_fn": config.activation("hidden_act", decoder.ACTIVATIONS), "d_mlp": config.count("intermediate_size")}
    rope.add(config, result, rope.dimensions(config, dh))
    rope.leave_out_1(result)
    if config.flag("use_parallel_residual"):
        result["parallel_attn_mlp"] = True
    source, weights, biased = Source(tensors, ("gpt_neox.",), UNUSED), {}, config.flag("attention_bias")
    weights["embed.W_E"] = source.take("embed_in.weight")
    for l in range(result["n_layers"]):
        here, there = f"layers.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
        decoder.fused_by_head(source, weights, l, f"{here}.attention.query_key_value", h, dh, biased)
        weights[f"{there}.attn.W_O"] = output_heads(source.take(f"{here}.attention.dense.weight"), h, dh)
        if biased:
            source.take_if(weights, f"{there}.attn.b_O", f"{here}.attention.dense.bias")
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
        decoder.plain_mlp(source, weights, l, f"{here}.mlp", "dense_h_to_4h", "dense_4h_to_h")
    source.norm(weights, "ln_final", "final_layer_norm")
    unembedding(source, config, weights, result, "embed_out.weight")
    classifier(source, config, weights, result)
    return result, weights, source
