"""GPT-J: attention and MLP in parallel on one norm, rotary pairs of neighbours, a bias on the unembedding."""

from architectures import decoder, rope
from architectures.gpt2 import ACTIVATIONS
from architectures.reader import Source, classifier, unembedding
from errors import ExportError

UNUSED = [r"h\.\d+\.attn\.(bias|masked_bias|embed_positions)"]


def read(config, tensors):
    d, h = config.count("n_embd"), config.count("n_head")
    dh = config.heads(d, h)
    result = {
        "architecture": "gptj", "d_model": d, "n_heads": h, "n_layers": config.count("n_layer"), "d_vocab": config.count("vocab_size"),
        "attention_dir": "causal", "norm": "LN", "norm_placement": "pre", "positions": "rotary", "final_norm": True, "d_head": dh,
        "attn_scale": dh ** 0.5, "n_ctx": config.count("n_positions"), "eps": config.number("layer_norm_epsilon", below=1),
        "act_fn": config.activation("activation_function", ACTIVATIONS), "parallel_attn_mlp": True, "shared_norm": True,
        "rotary_adjacent": True, "d_mlp": config.count("n_inner", 4 * d)}
    if config.count("rotary_dim") > dh:
        raise ExportError(f"config.json: 'rotary_dim' is {config.count('rotary_dim')}, a head has {dh} dimensions")
    config.only("rope_scaling")
    config.only("rope_parameters")
    result.update(inv_freq=rope.numbers(rope.frequencies(config.count("rotary_dim"), 10000.0)), rotary_dim=config.count("rotary_dim"))
    source = Source(tensors, ("transformer.",), UNUSED)
    weights = {"embed.W_E": source.take("wte.weight")}
    shared = {**result, "n_key_value_heads": h}
    for l in range(result["n_layers"]):
        source.norm(weights, f"blocks.{l}.ln1", f"h.{l}.ln_1")
        decoder.attention(source, weights, l, shared, here=f"h.{l}.attn", out="out_proj")
        decoder.plain_mlp(source, weights, l, f"h.{l}.mlp", "fc_in", "fc_out")
    source.norm(weights, "ln_final", "ln_f")
    unembedding(source, config, weights, result, "lm_head.weight")
    source.take_if(weights, "unembed.b_U", "lm_head.bias")
    classifier(source, config, weights, result)
    return result, weights, source
