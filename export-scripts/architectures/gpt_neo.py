"""GPT-Neo and TinyStories: scores are not scaled, every other layer sees a window, no q, k, v bias."""

from architectures.decoder import plain_mlp
from architectures.gpt2 import ACTIVATIONS
from architectures.reader import Source, classifier, heads_of_rows, output_heads, unembedding
from errors import ExportError

UNUSED = [r"h\.\d+\.attn\.attention\.(bias|masked_bias)"]


def read(config, tensors):
    d, h, layers = config.count("hidden_size"), config.count("num_heads"), config.count("num_layers")
    dh = config.heads(d, h)
    kinds = config.get("attention_layers") or [k for pattern, n in config.get("attention_types") for k in pattern * n]
    if not isinstance(kinds, list) or len(kinds) != layers or not all(k in ("global", "local") for k in kinds):
        raise ExportError(f"config.json: 'attention_layers' is {kinds!r}; known are global and local, one for each of {layers} layers")
    result = {
        "architecture": "gpt_neo", "d_model": d, "n_heads": h, "n_layers": layers, "d_vocab": config.count("vocab_size"), "attention_dir": "causal",
        "norm": "LN", "norm_placement": "pre", "positions": "learned", "final_norm": True, "d_head": dh, "attn_scale": 1.0,
        "eps": config.number("layer_norm_epsilon", below=1), "n_ctx": config.count("max_position_embeddings"),
        "act_fn": config.activation("activation_function", ACTIVATIONS),
        "d_mlp": config.count("intermediate_size", 4 * d)}
    if "local" in kinds:
        width = config.count("window_size")
        result["window_size"] = [width if k == "local" else None for k in kinds]
    source = Source(tensors, ("transformer.",), UNUSED)
    weights = {"embed.W_E": source.take("wte.weight"), "pos_embed.W_pos": source.take("wpe.weight")}
    for l in range(layers):
        here, there = f"h.{l}", f"blocks.{l}"
        source.norm(weights, f"{there}.ln1", f"{here}.ln_1")
        for letter in "QKV":
            weights[f"{there}.attn.W_{letter}"] = heads_of_rows(source.take(f"{here}.attn.attention.{letter.lower()}_proj.weight"), h, dh)
        weights[f"{there}.attn.W_O"] = output_heads(source.take(f"{here}.attn.attention.out_proj.weight"), h, dh)
        weights[f"{there}.attn.b_O"] = source.take(f"{here}.attn.attention.out_proj.bias")
        source.norm(weights, f"{there}.ln2", f"{here}.ln_2")
        plain_mlp(source, weights, l, f"{here}.mlp", "c_fc", "c_proj")
    source.norm(weights, "ln_final", "ln_f")
    unembedding(source, config, weights, result, "lm_head.weight")
    classifier(source, config, weights, result)
    return result, weights, source
