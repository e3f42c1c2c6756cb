"""One small file per architecture, registered in this table."""

import re

from architectures import (bert, bloom, cohere, falcon, gemma2, gpt2, gpt_neo, gpt_neox, gptj, llama, mixtral, olmo2, openai_gpt, opt, phi, phi3, stablelm,
                           starcoder2, transformer_lens)
from architectures.reader import Config
from errors import ExportError

# model_type of config.json -> the file that reads it, and how its classes are called.
TABLE = {
    "bert": (bert, "Bert"), "roberta": (bert, "Roberta"), "xlm-roberta": (bert, "XLMRoberta"), "camembert": (bert, "Camembert"),
    "bloom": (bloom, "Bloom"),
    "cohere": (cohere, "Cohere"),
    "falcon": (falcon, "Falcon"),
    "gemma": (gemma2, "Gemma"), "gemma2": (gemma2, "Gemma2"), "gemma3_text": (gemma2, "Gemma3"),
    "gpt2": (gpt2, "GPT2"),
    "gpt_neo": (gpt_neo, "GPTNeo"),
    "gpt_neox": (gpt_neox, "GPTNeoX"),
    "gptj": (gptj, "GPTJ"),
    "llama": (llama, "Llama"), "mistral": (llama, "Mistral"), "qwen2": (llama, "Qwen2"), "qwen3": (llama, "Qwen3"), "granite": (llama, "Granite"),
    "mixtral": (mixtral, "Mixtral"),
    "olmo2": (olmo2, "Olmo2"),
    "openai-gpt": (openai_gpt, "OpenAIGPT"),
    "opt": (opt, "OPT"),
    "phi": (phi, "Phi"),
    "phi3": (phi3, "Phi3"),
    "stablelm": (stablelm, "StableLm"),
    "starcoder2": (starcoder2, "Starcoder2"),
}
# Models of images and text -> the model_type of their text part, which alone is read.
TEXT_PARTS = {"gemma3": "gemma3_text"}


def find(values):
    """The module for a checkpoint's config.json, its configuration over the defaults of its class, and notes for the user."""
    notes, kind = [], values.get("model_type")
    if kind is None and {"d_model", "n_layers", "d_vocab"} <= set(values):
        return transformer_lens, Config(values, "transformer-lens"), notes
    if kind is None:
        kind = _of_class(values.get("architectures"), notes)
    if isinstance(kind, str) and kind in TEXT_PARTS:
        values, kind = _text_part(values, kind), TEXT_PARTS[kind]
        notes.append("only the text part of this model of images and text is exported")
    for key in ("quantization_config", "pruned_heads"):
        if values.get(key):
            raise ExportError(f"config.json: '{key}' is set; export a checkpoint with whole, unquantised weights")
    if isinstance(kind, str) and kind in TABLE:
        return TABLE[kind][0], Config(values, kind), notes
    part = "; it has a 'text_config': take the text part out as a checkpoint of its own" if isinstance(values.get("text_config"), dict) else ""
    raise ExportError(f"the architecture {kind!r} of config.json is not one that can be exported{part}; known: {', '.join(sorted(TABLE))}, and TransformerLens's own format")


def _of_class(names, notes):
    """The model_type whose class config.json names, where it names one alone."""
    name = names[0] if isinstance(names, list) and len(names) == 1 and isinstance(names[0], str) else ""
    plain = re.sub(r"(For[A-Z]\w*|LMHeadModel|DoubleHeadsModel|Model)\Z", "", name)
    for kind, (_, of_class) in TABLE.items():
        if name and plain == of_class:
            notes.append(f"config.json has no 'model_type'; it is read as '{kind}', for its class is {name}")
            return kind
    raise ExportError(f"config.json has no 'model_type'{f', and its class {name} is not known' if name else ''}; add it, one of: {', '.join(sorted(TABLE))}")


def _text_part(values, kind):
    part = values.get("text_config")
    if not isinstance(part, dict):
        raise ExportError(f"config.json of a '{kind}' model has no 'text_config'; give the checkpoint as it was published")
    if part.get("model_type", TEXT_PARTS[kind]) != TEXT_PARTS[kind]:
        raise ExportError(f"config.json: 'text_config' is of type {part['model_type']!r}; expected '{TEXT_PARTS[kind]}'")
    outer = ("tie_word_embeddings", "quantization_config", "bos_token_id", "eos_token_id", "pad_token_id")
    return {**{key: values[key] for key in outer if key in values}, **part}
