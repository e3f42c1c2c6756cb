"""BERT and RoBERTa: encoders with norms after the sublayers, with or without their masked-LM head."""

from architectures.reader import Source, classifier, heads_of_rows, output_heads, unembedding
from errors import ExportError

ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_new", "gelu_pytorch_tanh": "gelu_new", "relu": "relu", "silu": "silu", "swish": "silu"}
UNUSED = [r"embeddings\.(position_ids|token_type_ids)", r"pooler\..*", r"cls\.seq_relationship\..*", r"cls\.predictions\.decoder\.bias", r"lm_head\.decoder\.bias",
          r"classifier\.(dense|out_proj)\..*", r"qa_outputs\..*"]
BERT_HEAD = ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias", "cls.predictions.decoder.weight")
ROBERTA_HEAD = ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias", "lm_head.decoder.weight")


def read(config, tensors):
    config.only("position_embedding_type", "absolute")
    config.only("is_decoder", False)
    config.only("add_cross_attention", False)
    roberta = config.kind != "bert"
    d, h, layers = config.count("hidden_size"), config.count("num_attention_heads"), config.count("num_hidden_layers")
    dh = config.heads(d, h)
    offset = padding(config) + 1 if roberta else 0
    result = {
        "architecture": "roberta" if roberta else "bert", "d_model": d, "n_heads": h, "n_layers": layers, "d_vocab": config.count("vocab_size"),
        "attention_dir": "bidirectional", "norm": "LN", "norm_placement": "post", "positions": "learned", "final_norm": True, "d_head": dh,
        "attn_scale": dh ** 0.5, "eps": config.number("layer_norm_eps", below=1), "n_ctx": config.count("max_position_embeddings") - offset,
        "d_mlp": config.count("intermediate_size"), "act_fn": config.activation("hidden_act", ACTIVATIONS)}
    if roberta:
        config.only("type_vocab_size", 1, reason="RoBERTa has one token type")
        result["pos_offset"] = offset
    source = Source(tensors, ("bert.", "roberta."), UNUSED)
    weights = {"embed.W_E": source.take("embeddings.word_embeddings.weight"),
               "pos_embed.W_pos": source.take("embeddings.position_embeddings.weight").of(offset + result["n_ctx"], d).part(0, offset, offset + result["n_ctx"]),
               "token_type_embed.W_token_type": source.take("embeddings.token_type_embeddings.weight").reshape(config.count("type_vocab_size"), d)}
    source.norm(weights, "embed.ln", "embeddings.LayerNorm")
    for l in range(layers):
        block(source, weights, l, h, dh)
    head(source, config, weights, result, ROBERTA_HEAD if roberta else BERT_HEAD)
    if not source.has("classifier.out_proj.weight"):
        classifier(source, config, weights, result)
    return result, weights, source


def padding(config):
    """RoBERTa's positions begin behind the id of its padding."""
    value = config.get("pad_token_id")
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise ExportError(f"config.json: 'pad_token_id' should be an id, found {value!r}; positions begin behind it")
    return value


def block(source, weights, l, h, dh):
    here, there = f"encoder.layer.{l}", f"blocks.{l}"
    for letter, name in (("Q", "query"), ("K", "key"), ("V", "value")):
        weights[f"{there}.attn.W_{letter}"] = heads_of_rows(source.take(f"{here}.attention.self.{name}.weight"), h, dh)
        weights[f"{there}.attn.b_{letter}"] = source.take(f"{here}.attention.self.{name}.bias").reshape(h, dh)
    weights[f"{there}.attn.W_O"] = output_heads(source.take(f"{here}.attention.output.dense.weight"), h, dh)
    weights[f"{there}.attn.b_O"] = source.take(f"{here}.attention.output.dense.bias")
    source.norm(weights, f"{there}.ln1", f"{here}.attention.output.LayerNorm")
    for ours, theirs in (("in", "intermediate.dense"), ("out", "output.dense")):
        weights[f"{there}.mlp.W_{ours}"] = source.take(f"{here}.{theirs}.weight").transpose()
        weights[f"{there}.mlp.b_{ours}"] = source.take(f"{here}.{theirs}.bias")
    source.norm(weights, f"{there}.ln2", f"{here}.output.LayerNorm")


def head(source, config, weights, result, names):
    """The masked-LM head, where the checkpoint has one."""
    dense, norm, bias, decoder = names
    if not source.has(f"{dense}.weight"):
        return
    weights["mlm_head.W"] = source.take(f"{dense}.weight").transpose()
    weights["mlm_head.b"] = source.take(f"{dense}.bias")
    source.norm(weights, "mlm_head.ln", norm)
    unembedding(source, config, weights, result, decoder)
    weights["unembed.b_U"] = source.take(bias, decoder.replace("weight", "bias"))
    if result["architecture"] == "bert":
        result["mlm_act"] = result["act_fn"]
