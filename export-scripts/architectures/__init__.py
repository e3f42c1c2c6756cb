"""One small file per architecture, registered in this table."""

from architectures import bert, gemma2, gpt2, gpt_neo, gpt_neox, llama, openai_gpt, opt, phi3, transformer_lens
from errors import ExportError

# model_type of config.json -> the file that reads it.
TABLE = {
    "bert": bert, "roberta": bert, "xlm-roberta": bert, "camembert": bert,
    "gemma": gemma2, "gemma2": gemma2, "gemma3_text": gemma2,
    "gpt2": gpt2,
    "gpt_neo": gpt_neo,
    "gpt_neox": gpt_neox,
    "llama": llama, "mistral": llama, "qwen2": llama,
    "openai-gpt": openai_gpt,
    "opt": opt,
    "phi3": phi3,
}


def find(config):
    """The module for a checkpoint's config.json."""
    kind = config.get("model_type")
    if kind in TABLE:
        return TABLE[kind]
    if kind is None and {"d_model", "n_layers", "d_vocab"} <= set(config):
        return transformer_lens
    raise ExportError(f"the architecture '{kind}' of config.json is not one that can be exported; known: {', '.join(sorted(TABLE))}, and TransformerLens's own format")
