"""One small file per architecture, registered in this table."""

from architectures import (bert, bloom, cohere, falcon, gemma2, gpt2, gpt_neo, gpt_neox, gptj, llama, mixtral, olmo2, openai_gpt, opt, phi, phi3, stablelm,
                           starcoder2, transformer_lens)
from errors import ExportError

# model_type of config.json -> the file that reads it.
TABLE = {
    "bert": bert, "roberta": bert, "xlm-roberta": bert, "camembert": bert,
    "bloom": bloom,
    "cohere": cohere,
    "falcon": falcon,
    "gemma": gemma2, "gemma2": gemma2, "gemma3_text": gemma2,
    "gpt2": gpt2,
    "gpt_neo": gpt_neo,
    "gpt_neox": gpt_neox,
    "gptj": gptj,
    "llama": llama, "mistral": llama, "qwen2": llama, "qwen3": llama, "granite": llama,
    "mixtral": mixtral,
    "olmo2": olmo2,
    "openai-gpt": openai_gpt,
    "opt": opt,
    "phi": phi,
    "phi3": phi3,
    "stablelm": stablelm,
    "starcoder2": starcoder2,
}


def find(config):
    """The module for a checkpoint's config.json."""
    kind = config.get("model_type")
    for key in ("quantization_config", "pruned_heads"):
        if config.get(key):
            raise ExportError(f"config.json: '{key}' is set; export a checkpoint with whole, unquantised weights")
    if isinstance(kind, str) and kind in TABLE:
        return TABLE[kind]
    if kind is None and {"d_model", "n_layers", "d_vocab"} <= set(config):
        return transformer_lens
    raise ExportError(f"the architecture '{kind}' of config.json is not one that can be exported; known: {', '.join(sorted(TABLE))}, and TransformerLens's own format")
