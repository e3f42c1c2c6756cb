"""Gemma 1, 2 and 3: gains are stored as w and mean 1 + w, the embedding is scaled by sqrt(d_model), the unembedding is not."""

from architectures import decoder, rope
from errors import ExportError

IMAGES = [r"(vision_tower|multi_modal_projector)\..*"]  # of models of images and text


def read(config, tensors):
    kind = {"gemma3_text": "gemma3"}.get(config.kind, config.kind)
    config.only("use_bidirectional_attention", False)
    act = "hidden_activation" if config.get("hidden_activation") is not None else "hidden_act"
    result = decoder.sizes(config.without("rope_scaling", "rope_parameters") if kind == "gemma3" else config, kind, act=act)
    if kind == "gemma":
        if act == "hidden_act" and result["act_fn"] == "gelu":
            result["act_fn"] = "gelu_tanh"  # the first release said gelu and meant the tanh form
    else:
        result["norm_placement"] = "pre_and_post"
        result["attn_scale"] = config.number("query_pre_attn_scalar") ** 0.5
        for ours, theirs in (("attn_scores_soft_cap", "attn_logit_softcapping"), ("output_logits_soft_cap", "final_logit_softcapping")):
            if config.get(theirs) is not None:
                result[ours] = config.number(theirs)
        pattern = 2 if kind == "gemma2" else config.count("sliding_window_pattern")
        decoder.windows(config, result, lambda l: (l + 1) % pattern != 0)
    if kind == "gemma3":
        two_bases(config, result)
    source, weights = decoder.source_of(tensors, IMAGES), {}
    decoder.ends(source, config, weights, result)
    result.pop("tied", None)  # W_U is the plain embedding, W_E the scaled one: they are not each other's transpose
    weights["embed.W_E"] = weights["embed.W_E"].times(result["d_model"] ** 0.5)
    for l in range(result["n_layers"]):
        block(source, weights, l, result, kind, config.flag("attention_bias"))
    for name in weights:
        if name.endswith((".ln1.w", ".ln2.w", "_post.w", "_norm.w", "ln_final.w")):
            weights[name] = weights[name].plus(1)
    return result, weights, source


def block(source, weights, l, result, kind, biased):
    here, there = f"layers.{l}", f"blocks.{l}"
    source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
    decoder.attention(source, weights, l, result, biased=biased)
    if kind == "gemma3":
        decoder.qk_norms(source, weights, l)
    if kind == "gemma":
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
    else:
        source.norm(weights, f"{there}.ln1_post", f"{here}.post_attention_layernorm")
        source.norm(weights, f"{there}.ln2", f"{here}.pre_feedforward_layernorm")
        source.norm(weights, f"{there}.ln2_post", f"{here}.post_feedforward_layernorm")
    decoder.gated_mlp(source, weights, l)


def two_bases(config, result):
    """Gemma 3: layers with a window rotate by a base of their own; rope scaling holds for the others."""
    slides = [w is not None for w in result.get("window_size", [None] * result["n_layers"])]
    both = config.get("rope_parameters") or {}
    if both and not all(isinstance(both.get(k), dict) for k in ("sliding_attention", "full_attention")):
        raise ExportError("config.json: 'rope_parameters' should hold an object for sliding_attention and one for full_attention")
    local = config.without("rope_parameters", "rope_scaling", rope_theta=config.get("rope_local_base_freq"), **({"rope_parameters": both["sliding_attention"]} if both else {}))
    whole = config.without("rope_parameters", **({"rope_parameters": both["full_attention"]} if both else {}))
    near = {"n_ctx": result["n_ctx"]}
    rope.add(whole, result, result["rotary_dim"])
    rope.add(local, near, result["rotary_dim"])
    result["inv_freq"] = {"global": result["inv_freq"], "local": near["inv_freq"]}
    result["rope_of_layer"] = ["local" if s else "global" for s in slides]
