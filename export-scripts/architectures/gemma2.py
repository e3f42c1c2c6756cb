"""Gemma 1, 2 and 3: gains are stored as w and mean 1 + w, the embedding is scaled by sqrt(d_model), the unembedding is not."""

from architectures import decoder, rope
from architectures.reader import Config


def read(config, tensors):
    kind = {"gemma3_text": "gemma3"}.get(config.get("model_type"), config.get("model_type"))
    config.only("use_bidirectional_attention", False)
    act = "hidden_activation" if config.get("hidden_activation") or kind != "gemma" else "hidden_act"
    result = decoder.sizes(without_scaling(config) if kind == "gemma3" else config, kind, act=act, default_act="gelu_pytorch_tanh")
    if kind == "gemma":
        if act == "hidden_act" and result["act_fn"] == "gelu":
            result["act_fn"] = "gelu_tanh"  # the first release said gelu and meant the tanh form
    else:
        result["norm_placement"] = "pre_and_post"
        result["attn_scale"] = config.number("query_pre_attn_scalar", 256) ** 0.5
        for ours, theirs in (("attn_scores_soft_cap", "attn_logit_softcapping"), ("output_logits_soft_cap", "final_logit_softcapping")):
            if config.get(theirs):
                result[ours] = config.number(theirs, 0)
        pattern = 2 if kind == "gemma2" else config.get("sliding_window_pattern", 6)
        decoder.windows(config, result, lambda l: (l + 1) % pattern != 0)
    if kind == "gemma3":
        two_bases(config, result)
    source, weights = decoder.source_of(tensors), {}
    decoder.ends(source, config, weights, result, tied_by_default=True)
    result.pop("tied", None)  # W_U is the plain embedding, W_E the scaled one: they are not each other's transpose
    weights["embed.W_E"] = weights["embed.W_E"].times(result["d_model"] ** 0.5)
    for l in range(result["n_layers"]):
        block(source, weights, l, result, kind)
    for name in weights:
        if name.endswith((".ln1.w", ".ln2.w", "_post.w", "_norm.w", "ln_final.w")):
            weights[name] = weights[name].plus(1)
    return result, weights, source


def block(source, weights, l, result, kind):
    here, there = f"layers.{l}", f"blocks.{l}"
    source.norm(weights, f"{there}.ln1", f"{here}.input_layernorm")
    decoder.attention(source, weights, l, result)
    if kind == "gemma3":
        weights[f"{there}.attn.q_norm.w"] = source.take(f"{here}.self_attn.q_norm.weight")
        weights[f"{there}.attn.k_norm.w"] = source.take(f"{here}.self_attn.k_norm.weight")
    if kind == "gemma":
        source.norm(weights, f"{there}.ln2", f"{here}.post_attention_layernorm")
    else:
        source.norm(weights, f"{there}.ln1_post", f"{here}.post_attention_layernorm")
        source.norm(weights, f"{there}.ln2", f"{here}.pre_feedforward_layernorm")
        source.norm(weights, f"{there}.ln2_post", f"{here}.post_feedforward_layernorm")
    decoder.gated_mlp(source, weights, l)


def without_scaling(config):
    return Config({k: v for k, v in config.values.items() if k not in ("rope_scaling", "rope_parameters")})


def two_bases(config, result):
    """Gemma 3: layers with a window rotate by a base of their own; rope scaling holds for the others."""
    slides = [w is not None for w in result.get("window_size", [None] * result["n_layers"])]
    both = config.get("rope_parameters") or {}
    local = both.get("sliding_attention", {}).get("rope_theta") or config.number("rope_local_base_freq", 10000.0)
    values = {**config.values, "rope_parameters": both.get("full_attention"), "rope_theta": config.get("rope_theta", 1000000.0)}
    rope.add(Config(values), result, result["rotary_dim"])
    result["inv_freq"] = {"global": result["inv_freq"], "local": rope.numbers(rope.frequencies(result["rotary_dim"], local))}
    result["rope_of_layer"] = ["local" if s else "global" for s in slides]
