"""What the decoders after Llama share: sizes in config.json, and the layout model.layers.N.self_attn / mlp."""

from architectures import rope
from architectures.reader import Source, classifier, heads_of_rows, output_heads, unembedding
from errors import ExportError

ACTIVATIONS = {"silu": "silu", "swish": "silu", "gelu": "gelu", "gelu_new": "gelu_new", "gelu_pytorch_tanh": "gelu_tanh", "gelu_fast": "gelu_tanh", "relu": "relu"}
PREFIXES = ("model.language_model.", "language_model.model.", "language_model.", "model.")
UNUSED = [r"layers\.\d+\.self_attn\.rotary_emb\.inv_freq", r"rotary_emb\.inv_freq"]


def sizes(config, architecture, norm="RMS", eps="rms_norm_eps", act="hidden_act", gated=True):
    """The metadata of a pre-norm decoder with rotary positions."""
    d, h = config.count("hidden_size"), config.count("num_attention_heads")
    dh = config.heads(d, h) if config.get("head_dim") is None else config.count("head_dim")
    kv = config.count("num_key_value_heads", h)
    if h % kv:
        raise ExportError(f"config.json: {kv} key-value heads do not divide {h} heads")
    result = {
        "architecture": architecture, "d_model": d, "n_heads": h, "n_layers": config.count("num_hidden_layers"), "d_vocab": config.count("vocab_size"),
        "attention_dir": "causal", "norm": norm, "norm_placement": "pre", "positions": "rotary", "final_norm": True, "d_head": dh,
        "attn_scale": dh ** 0.5, "eps": config.number(eps, below=1), "n_ctx": config.count("max_position_embeddings"), "n_key_value_heads": kv,
        "gated_mlp": gated, "d_mlp": config.count("intermediate_size"), "act_fn": config.activation(act, ACTIVATIONS)}
    rope.add(config, result, rope.dimensions(config, dh))
    return result


def windows(config, result, sliding=lambda l: True):
    """window_size: the width in the layers that slide. sliding(l) says which do where config.json does not."""
    layers = result["n_layers"]
    width = config.get("sliding_window")
    kinds = config.get("layer_types")
    if kinds is not None:
        if not isinstance(kinds, list) or len(kinds) != layers or not all(k in ("full_attention", "sliding_attention") for k in kinds):
            raise ExportError(f"config.json: 'layer_types' is {kinds!r}; known are full_attention and sliding_attention, one for each of {layers} layers")
        slides = [k == "sliding_attention" for k in kinds]
    else:
        slides = [width is not None and sliding(l) for l in range(layers)]
    if any(slides):
        if width is None:
            raise ExportError("config.json: 'layer_types' has layers with a window, but 'sliding_window' is null")
        width = config.count("sliding_window")
        result["window_size"] = [width if s else None for s in slides]


def source_of(tensors, unused=()):
    return Source(tensors, PREFIXES, [*UNUSED, *unused])


def ends(source, config, weights, result, norm="norm", head="lm_head.weight"):
    """Embedding, final norm and unembedding."""
    weights["embed.W_E"] = source.take("embed_tokens.weight")
    source.norm(weights, "ln_final", norm)
    unembedding(source, config, weights, result, head)
    source.take_if(weights, "unembed.b_U", "lm_head.bias")
    classifier(source, config, weights, result)


def attention(source, weights, l, result, here=None, out="o_proj", biased=True, out_biased=None):
    """q, k, v and o with the biases that there are, or without: a bias that the class would not load is left over, and refused."""
    here, there = here or f"layers.{l}.self_attn", f"blocks.{l}.attn"
    h, kv, dh = result["n_heads"], result["n_key_value_heads"], result["d_head"]
    for name, heads in (("q", h), ("k", kv), ("v", kv)):
        weights[f"{there}.W_{name.upper()}"] = heads_of_rows(source.take(f"{here}.{name}_proj.weight"), heads, dh)
        if biased:
            source.take_if(weights, f"{there}.b_{name.upper()}", f"{here}.{name}_proj.bias", lambda w, heads=heads: w.reshape(heads, dh))
    weights[f"{there}.W_O"] = output_heads(source.take(f"{here}.{out}.weight"), h, dh)
    if biased if out_biased is None else out_biased:
        source.take_if(weights, f"{there}.b_O", f"{here}.{out}.bias")


def qk_norms(source, weights, l):
    for letter in "qk":
        weights[f"blocks.{l}.attn.{letter}_norm.w"] = source.take(f"layers.{l}.self_attn.{letter}_norm.weight")


def gated_mlp(source, weights, l, biased=False):
    _mlp(source, weights, l, f"layers.{l}.mlp", (("gate", "gate_proj"), ("in", "up_proj"), ("out", "down_proj")), biased)


def plain_mlp(source, weights, l, here, first, second, biased=True):
    _mlp(source, weights, l, here, (("in", first), ("out", second)), biased)


def _mlp(source, weights, l, here, names, biased):
    there = f"blocks.{l}.mlp"
    for ours, theirs in names:
        weights[f"{there}.W_{ours}"] = source.take(f"{here}.{theirs}.weight").transpose()
        if biased:
            source.take_if(weights, f"{there}.b_{ours}", f"{here}.{theirs}.bias")


def fused_by_head(source, weights, l, name, h, dh, biased=True):
    """q, k and v as one matrix with the three of each head side by side: [h * 3 * d_head, d]."""
    matrix = source.take(f"{name}.weight")
    matrix = matrix.reshape(h, 3 * dh, matrix.shape[-1])
    for i, letter in enumerate("QKV"):
        weights[f"blocks.{l}.attn.W_{letter}"] = matrix.part(1, i * dh, (i + 1) * dh).transpose(0, 2, 1)
        if biased:
            source.take_if(weights, f"blocks.{l}.attn.b_{letter}", f"{name}.bias", lambda w, i=i: w.reshape(h, 3 * dh).part(1, i * dh, (i + 1) * dh))
