"""OPT: learned positions that begin at row 2, ReLU, biases everywhere."""

from architectures import decoder
from architectures.reader import Source, classifier, unembedding

OFFSET = 2


def read(config, tensors):
    config.only("do_layer_norm_before", True, reason="norms after the sublayers, as in opt-350m")
    config.only("_remove_final_layer_norm", False)
    config.only("layer_norm_elementwise_affine", True)
    biased = config.flag("enable_bias")
    d, h = config.count("hidden_size"), config.count("num_attention_heads")
    config.only("word_embed_proj_dim", d, reason="a projection between embedding and stream, as in opt-350m")
    dh = config.heads(d, h)
    result = {
        "architecture": "opt", "d_model": d, "n_heads": h, "n_layers": config.count("num_hidden_layers"), "d_vocab": config.count("vocab_size"),
        "attention_dir": "causal", "norm": "LN", "norm_placement": "pre", "positions": "learned", "final_norm": True, "d_head": dh,
        "attn_scale": dh ** 0.5, "eps": 1e-5, "n_ctx": config.count("max_position_embeddings"),
        "act_fn": config.activation("activation_function", {"relu": "relu", "gelu": "gelu", "gelu_new": "gelu_new"}),
        "d_mlp": config.count("ffn_dim"), "pos_offset": OFFSET}
    source = Source(tensors, ("model.decoder.", "decoder.", "model."))
    weights = {"embed.W_E": source.take("embed_tokens.weight"),
               "pos_embed.W_pos": source.take("embed_positions.weight").of(OFFSET + result["n_ctx"], d).part(0, OFFSET, OFFSET + result["n_ctx"])}
    shared = {**result, "n_key_value_heads": h}
    for l in range(result["n_layers"]):
        source.norm(weights, f"blocks.{l}.ln1", f"layers.{l}.self_attn_layer_norm")
        decoder.attention(source, weights, l, shared, out="out_proj", biased=biased)
        source.norm(weights, f"blocks.{l}.ln2", f"layers.{l}.final_layer_norm")
        decoder.plain_mlp(source, weights, l, f"layers.{l}", "fc1", "fc2", biased)
    source.norm(weights, "ln_final", "final_layer_norm")
    unembedding(source, config, weights, result, "lm_head.weight")
    classifier(source, config, weights, result)
    return result, weights, source
