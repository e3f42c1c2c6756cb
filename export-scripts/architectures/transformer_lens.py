"""Checkpoints in TransformerLens's own format: config.json with its names, model_final.pth with the canonical weights."""

from architectures.reader import Source
from errors import ExportError

ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_new", "relu": "relu", "silu": "silu"}
UNUSED = [r"blocks\.\d+\.attn\.(mask|IGNORE)", r"tokenizer\..*"]


def read(config, tensors):
    for key in ("final_rms", "parallel_attn_mlp", "use_local_attn", "scale_attn_by_inverse_layer_idx", "gated_mlp", "post_embedding_ln",
                "use_normalization_before_and_after"):
        config.only(key, False)
    config.only("attention_dir", "causal")
    config.only("positional_embedding_type", "standard", "shortformer")
    config.only("use_attn_scale", True)
    for key in ("attn_scores_soft_cap", "output_logits_soft_cap"):
        config.only(key, -1, -1.0, 0, 0.0)
    norm = config.get("normalization")
    if norm not in ("LN", "LNPre"):
        raise ExportError(f"config.json: 'normalization' is {norm!r}, which is not handled; known: 'LN', 'LNPre'")
    shortformer = config.flag("shortformer_pos") or config.get("positional_embedding_type") == "shortformer"
    attn_only = config.flag("attn_only")
    h, dh = config.count("n_heads"), config.count("d_head")
    config.only("n_key_value_heads", h)
    scale = config.get("attn_scale")
    if type(scale) not in (int, float) or not (scale == -1 or 0 < scale < 1e12):
        raise ExportError(f"config.json: 'attn_scale' should be a positive number, or -1 for the root of d_head, found {scale!r}")
    result = {
        "architecture": "attn-only" if attn_only else "transformer-lens", "d_model": config.count("d_model"), "n_heads": h, "n_layers": config.count("n_layers"),
        "d_vocab": config.count("d_vocab"), "d_head": dh, "n_ctx": config.count("n_ctx"), "attention_dir": "causal", "norm": norm, "norm_placement": "pre",
        "positions": "shortformer" if shortformer else "learned", "final_norm": True, "attn_scale": float(scale) if scale > 0 else dh ** 0.5,
        "eps": config.number("eps", below=1)}
    if attn_only:
        result["attn_only"] = True
    else:
        result.update(act_fn=config.activation("act_fn", ACTIVATIONS), d_mlp=config.count("d_mlp"))
    source = Source(tensors, (), UNUSED)
    wanted = ("embed.W_E", "pos_embed.W_pos", "unembed.", "ln_final.", "blocks.")
    weights = {name: source.take(name) for name in tensors if name.startswith(wanted) and not any(p.match(name) for p in source.unused)}
    for name in ("embed.W_E", "pos_embed.W_pos", "unembed.W_U"):
        if name not in weights:
            raise ExportError(f"the checkpoint has no tensor '{name}'")
    return result, weights, source
