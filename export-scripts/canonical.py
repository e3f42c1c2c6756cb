"""The canonical weights: their names, in the order in which they are written, and the shape that the configuration gives each."""

from errors import ExportError


def shapes(config):
    """Every name that a model of this configuration may have, with its shape."""
    d, h, dh, f = config["d_model"], config["n_heads"], config["d_head"], config.get("d_mlp", 0)
    kv, vocabulary = config.get("n_key_value_heads", h), config["d_vocab"]
    result = {"embed.W_E": (vocabulary, d), "pos_embed.W_pos": (config["n_ctx"], d), "token_type_embed.W_token_type": (None, d)}
    _norm(result, "embed.ln", d)
    for layer in range(config["n_layers"]):
        block = f"blocks.{layer}"
        _norm(result, f"{block}.ln1", d)
        for name, heads in (("Q", h), ("K", kv), ("V", kv)):
            result[f"{block}.attn.W_{name}"] = (heads, d, dh)
            result[f"{block}.attn.b_{name}"] = (heads, dh)
        result[f"{block}.attn.q_norm.w"] = (None, None)
        result[f"{block}.attn.k_norm.w"] = (None, None)
        result[f"{block}.attn.W_O"] = (h, dh, d)
        result[f"{block}.attn.b_O"] = (d,)
        _norm(result, f"{block}.ln1_post", d)
        _norm(result, f"{block}.ln2", d)
        result[f"{block}.mlp.W_router"] = (d, config.get("n_experts"))
        for mlp in [f"{block}.mlp", *(f"{block}.mlp.experts.{e}" for e in range(config.get("n_experts", 0)))]:
            for name, shape in (("W_gate", (d, f)), ("b_gate", (f,)), ("W_in", (d, f)), ("b_in", (f,)), ("W_out", (f, d)), ("b_out", (d,))):
                result[f"{mlp}.{name}"] = shape
        _norm(result, f"{block}.ln2_post", d)
    _norm(result, "ln_final", d)
    result["mlm_head.W"] = (d, d)
    result["mlm_head.b"] = (d,)
    _norm(result, "mlm_head.ln", d)
    result["unembed.W_U"] = (d, vocabulary)
    result["unembed.b_U"] = (vocabulary,)
    result["classifier.W"] = (d, None)
    result["classifier.b"] = (None,)
    return result


def _norm(result, name, width):
    result[f"{name}.w"] = (width,)
    result[f"{name}.b"] = (width,)


def in_order(weights, config):
    """The weights in canonical order; a name or shape that the configuration does not allow is an error."""
    expected = shapes(config)
    for name, weight in weights.items():
        if name not in expected:
            raise ExportError(f"{weight.source} maps to '{name}', which a model of this configuration has not")
        want = expected[name]
        if len(want) == 2 and want == (None, None):
            continue
        if len(want) != len(weight.shape) or any(w is not None and w != n for w, n in zip(want, weight.shape)):
            raise ExportError(f"{weight.source} should give '{name}' the shape {list(want)} by config.json, found {list(weight.shape)}")
    return {name: weights[name] for name in expected if name in weights}
