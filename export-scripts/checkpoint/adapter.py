"""A LoRA adapter beside a base, as peft saves it: W + alpha / r · B·A in place of W, computed when W is read."""

import math
import re

import numpy as np

from checkpoint import safetensors_file, torch_file
from checkpoint.folder import read_json
from errors import ExportError
from weight import Weight

PIECE = 1 << 20  # entries of a weight that are changed at once
PART = re.compile(r"(?:base_model\.model\.)?(?P<module>.+?)\.(?:(?P<kind>lora_A|lora_B|lora_embedding_A|lora_embedding_B)(?:\.\w+)?(?:\.weight)?"
                  r"|(?:base_layer\.|modules_to_save\.(?:\w+\.)?)?(?P<own>weight|bias))\Z")
TRANSPOSED = re.compile(r"(^|\.)(c_attn|c_proj|c_fc)\Z")  # GPT-2 stores these as [in, out]


class Merged:
    """A tensor of the base with what the adapter makes of it."""

    def __init__(self, base, read):
        self.name, self.shape, self.path, self.read = base.name, base.shape, base.path, read
        self.dtype, self.strides, self.label = "merged", None, f"{base.label} with its adapter"

    def weight(self):
        return Weight(self.shape, self.read, self.label, self)

    def same_bytes(self, other):
        return None

    def rows(self, start, stop):
        return None


def weight_file(folder):
    """The file that holds the adapter's matrices."""
    for name in ("adapter_model.safetensors", "adapter_model.bin"):
        if (folder / name).is_file():
            return folder / name
    raise ExportError(f"'{folder}' holds no adapter: expected adapter_config.json with adapter_model.safetensors or adapter_model.bin")


def merged(tensors, folder):
    """The tensors of the base, those that the adapter changes replaced."""
    path = weight_file(folder)
    settings = Settings(read_json(folder / "adapter_config.json"))
    parts = {}
    for tensor in (safetensors_file if path.suffix == ".safetensors" else torch_file).tensors(path):
        match = PART.match(tensor.name)
        if not match:
            raise ExportError(f"{tensor.label} is no part of a LoRA adapter that is known")
        part = match["kind"] or match["own"]
        key = match["module"], "bias" if part == "bias" else "weight"
        if parts.setdefault(key, {}).setdefault(part, tensor) is not tensor:
            raise ExportError(f"{tensor.label} is there twice for module '{match['module']}'")
    if not parts:
        raise ExportError(f"'{path.name}' holds no tensors")
    result = dict(tensors)
    for (module, of), found in parts.items():
        name = _named(tensors, module, of)
        result[name] = _changed(tensors[name], module, found, settings)
    return result


def refuse_tied(facts, weights):
    """Where embedding and unembedding are one tensor, merging would change both, although the adapter was trained on one."""
    embedding, unembedding = weights["embed.W_E"], weights.get("unembed.W_U")
    if embedding.source.endswith("with its adapter") and unembedding is not None and unembedding.source == embedding.source:
        raise ExportError("the adapter changes the embedding of a model whose unembedding is tied to it; save the merged model untied instead (tie_word_embeddings false)")


class Settings:
    """What adapter_config.json says; whatever would make the sum another one is refused."""

    def __init__(self, values):
        if values.get("peft_type") != "LORA":
            raise ExportError(f"adapter_config.json: 'peft_type' is {values.get('peft_type')!r}; only LORA can be merged")
        for key, allowed in {"use_dora": (False, None), "bias": ("none", None), "lora_bias": (False, None), "layer_replication": (None,), "use_qalora": (False, None),
                             "init_lora_weights": (True, False, None, "gaussian", "eva"), "megatron_config": (None,), "trainable_token_indices": (None,)}.items():
            if not any(type(values.get(key)) is type(a) and values.get(key) == a for a in allowed):
                raise ExportError(f"adapter_config.json: '{key}' is {values[key]!r}, which is not handled; merge the adapter with peft (merge_and_unload) and export that")
        self.rank, self.alpha = _positive(values, "r"), _positive(values, "lora_alpha")
        self.ranks, self.alphas = values.get("rank_pattern") or {}, values.get("alpha_pattern") or {}
        self.root = values.get("use_rslora") is True

    def scale(self, module, rank, label):
        """The factor on B·A for a module; its rank must be the one that is written."""
        expected, alpha = _matching(self.ranks, module, self.rank), _matching(self.alphas, module, self.alpha)
        if rank != expected:
            raise ExportError(f"{label} has rank {rank}, adapter_config.json says {expected}")
        return alpha / (math.sqrt(rank) if self.root else rank)


def _positive(values, key):
    value = values.get(key)
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise ExportError(f"adapter_config.json: '{key}' should be a positive number, found {value!r}")
    return value


def _matching(patterns, module, otherwise):
    return next((value for pattern, value in patterns.items() if re.match(rf"(.*\.)?({pattern})\Z", module)), otherwise)


def _named(tensors, module, of):
    """The tensor of the base that a module of the adapter means: prefixes of either may be longer."""
    name = f"{module}.{of}"
    fit = [n for n in tensors if n == name or n.endswith(f".{name}") or name.endswith(f".{n}")]
    if len(fit) != 1:
        raise ExportError(f"the adapter changes '{name}', of which the base has {'none' if not fit else f'several ({fit[0]}, {fit[1]})'}: it belongs to another base")
    return fit[0]


def _changed(base, module, found, settings):
    kinds = set(found)
    for own in ("weight", "bias"):
        if kinds == {own}:
            return _replaced(base, found[own])
    embedding = kinds == {"lora_embedding_A", "lora_embedding_B"}
    if not embedding and kinds != {"lora_A", "lora_B"}:
        raise ExportError(f"the adapter has {', '.join(sorted(kinds))} for '{module}'; expected lora_A and lora_B")
    a, b = (found[f"lora_{'embedding_' if embedding else ''}{letter}"].weight() for letter in "AB")
    # As stored, A is [r, in] and B is [out, r]; an embedding looks up rows, so its "in" is the vocabulary.
    left, right = (a.transpose(), b.transpose()) if embedding or TRANSPOSED.search(module) else (b, a)
    if len(left.shape) != 2 or len(right.shape) != 2 or left.shape[1] != right.shape[0] or (left.shape[0], right.shape[1]) != tuple(base.shape):
        raise ExportError(f"the adapter's matrices for '{module}' give {list(left.shape)} times {list(right.shape)}, the base has {list(base.shape)}: it belongs to another base")
    scale = settings.scale(module, right.shape[0], f"the adapter's matrix for '{module}'")
    weight = base.weight()

    def read():
        values, one, other = weight.read(), left.read().astype(np.float64), right.read().astype(np.float64)
        step = max(1, PIECE // values.shape[1])
        for i in range(0, values.shape[0], step):
            values[i:i + step] = values[i:i + step] + scale * (one[i:i + step] @ other)
        return values
    return Merged(base, read)


def _replaced(base, own):
    """A module that was trained whole and saved beside the adapter."""
    if tuple(own.shape) != tuple(base.shape):
        raise ExportError(f"{own.label} is {list(own.shape)}, in the base {list(base.shape)}: it belongs to another base, or its vocabulary was resized")
    return Merged(base, own.weight().read)
