"""GPT-2 and its fine-tunes: Conv1D weights ([in, out]), one fused matrix for q, k and v."""

from architectures.reader import Source, classifier, heads_of_columns, unembedding

ACTIVATIONS = {"gelu_new": "gelu_new", "gelu_pytorch_tanh": "gelu_new", "gelu_fast": "gelu_new", "gelu": "gelu", "relu": "relu", "silu": "silu", "swish": "silu"}
UNUSED = [r"h\.\d+\.attn\.(bias|masked_bias)", r"multiple_choice_head\..*", r"v_head\..*"]


def read(config, tensors):
    """The metadata and the canonical weights, unread."""
    config.flag("reorder_and_upcast_attn")  # the same product in another order and precision
    config.only("add_cross_attention", False)
    d, h, layers = config.count("n_embd"), config.count("n_head"), config.count("n_layer")
    dh = config.heads(d, h)
    result = {
        "architecture": "gpt2", "d_model": d, "n_heads": h, "n_layers": layers, "d_vocab": config.count("vocab_size"), "attention_dir": "causal",
        "norm": "LN", "norm_placement": "pre", "positions": "learned", "final_norm": True, "d_head": dh,
        "attn_scale": dh ** 0.5 if config.flag("scale_attn_weights") else 1.0, "n_ctx": config.count("n_positions"),
        "eps": config.number("layer_norm_epsilon", below=1), "act_fn": config.activation("activation_function", ACTIVATIONS),
        "d_mlp": config.count("n_inner", 4 * d)}
    if config.flag("scale_attn_by_inverse_layer_idx"):
        result["scale_attn_by_inverse_layer_idx"] = True
    source = Source(tensors, ("transformer.",), UNUSED)
    weights = {"embed.W_E": source.take("wte.weight"), "pos_embed.W_pos": source.take("wpe.weight")}
    for l in range(layers):
        block(source, weights, l, d, h, dh)
    source.norm(weights, "ln_final", "ln_f")
    unembedding(source, config, weights, result, "lm_head.weight")
    classifier(source, config, weights, result)
    return result, weights, source


def block(source, weights, l, d, h, dh):
    """One block; OpenAI's first GPT has the same."""
    here, there = f"h.{l}", f"blocks.{l}"
    source.norm(weights, f"{there}.ln1", f"{here}.ln_1")
    matrix, bias = source.take(f"{here}.attn.c_attn.weight").of(d, 3 * d), source.take(f"{here}.attn.c_attn.bias").of(3 * d)
    for i, name in enumerate("QKV"):
        weights[f"{there}.attn.W_{name}"] = heads_of_columns(matrix.part(1, i * d, (i + 1) * d), h, dh)
        weights[f"{there}.attn.b_{name}"] = bias.part(0, i * d, (i + 1) * d).reshape(h, dh)
    weights[f"{there}.attn.W_O"] = source.take(f"{here}.attn.c_proj.weight").reshape(h, dh, d)
    weights[f"{there}.attn.b_O"] = source.take(f"{here}.attn.c_proj.bias")
    source.norm(weights, f"{there}.ln2", f"{here}.ln_2")
    weights[f"{there}.mlp.W_in"] = source.take(f"{here}.mlp.c_fc.weight")
    weights[f"{there}.mlp.b_in"] = source.take(f"{here}.mlp.c_fc.bias")
    weights[f"{there}.mlp.W_out"] = source.take(f"{here}.mlp.c_proj.weight")
    weights[f"{there}.mlp.b_out"] = source.take(f"{here}.mlp.c_proj.bias")
