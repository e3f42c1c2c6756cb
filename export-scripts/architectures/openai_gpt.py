"""The first GPT: a decoder with norms after the sublayers and none at the end; its "gelu" is the tanh form."""

from architectures import gpt2
from architectures.reader import Source, classifier, unembedding

ACTIVATIONS = {"gelu": "gelu_new", "relu": "relu", "swish": "silu", "silu": "silu"}
UNUSED = [r"h\.\d+\.attn\.bias", r"position_ids", r"multiple_choice_head\..*"]


def read(config, tensors):
    d, h, layers = config.count("n_embd"), config.count("n_head"), config.count("n_layer")
    dh = config.heads(d, h)
    result = {
        "architecture": "openai-gpt", "d_model": d, "n_heads": h, "n_layers": layers, "d_vocab": config.count("vocab_size"), "attention_dir": "causal",
        "norm": "LN", "norm_placement": "post", "positions": "learned", "final_norm": True, "d_head": dh, "attn_scale": dh ** 0.5,
        "n_ctx": config.count("n_positions"), "eps": config.number("layer_norm_epsilon", below=1),
        "act_fn": config.activation("afn", ACTIVATIONS), "d_mlp": 4 * d}
    source = Source(tensors, ("transformer.",), UNUSED)
    weights = {"embed.W_E": source.take("tokens_embed.weight"), "pos_embed.W_pos": source.take("positions_embed.weight")}
    for l in range(layers):
        gpt2.block(source, weights, l, d, h, dh)
    unembedding(source, config, weights, result, "lm_head.weight")
    classifier(source, config, weights, result)
    return result, weights, source
