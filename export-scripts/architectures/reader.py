"""What every architecture file works with: a configuration that is read key by key, and tensors that are taken one by one."""

import math
import os
import re

import numpy as np

from architectures.defaults import ALIASES, COMMON, DEFAULTS, NULL
from errors import ExportError
from weight import zeros


class Config:
    """config.json over the defaults of the model's own class. Keys that change the mathematics are read here or refused here; nothing is passed over in silence."""

    def __init__(self, values, kind):
        self.kind, self.given = kind, dict(values)
        for key, others in ALIASES.get(kind, {}).items():
            for other in (o for o in others if o in values):
                if self.given.setdefault(key, values[other]) != values[other] and other != "n_ctx":
                    raise ExportError(f"config.json: '{key}' is {self.given[key]!r} and '{other}' is {values[other]!r}, two names of one thing")
        self.defaults = DEFAULTS[kind] if kind == "transformer-lens" else {**COMMON, **DEFAULTS[kind]}
        self.values = {**self.defaults, **self.given}

    def get(self, key):
        """The value of a key, which is None only where that means something."""
        if key not in self.values:
            raise ExportError(f"config.json has no '{key}', and the class of a '{self.kind}' model has no default for it")
        value = self.values[key]
        if value is None and self.defaults.get(key) is not None and key not in NULL.get(self.kind, ()):
            raise ExportError(f"config.json: '{key}' is null; expected a value such as {self.defaults[key]!r}")
        return value

    def count(self, key, otherwise=None):
        """A positive whole number; where null means something, otherwise is what."""
        value = self.get(key)
        if value is None and otherwise is not None:
            return otherwise
        if type(value) is not int or not 0 < value < 1 << 31:
            raise ExportError(f"config.json: '{key}' should be a positive whole number, found {value!r}")
        return value

    def number(self, key, below=1e12):
        """A positive number of sane size."""
        value = self.get(key)
        if type(value) not in (int, float) or not 0 < value < below:
            raise ExportError(f"config.json: '{key}' should be a positive number below {below:g}, found {value!r}")
        return float(value)

    def flag(self, key):
        value = self.get(key)
        if type(value) is not bool:
            raise ExportError(f"config.json: '{key}' should be true or false, found {value!r}")
        return value

    def only(self, key, *allowed, reason="it would change the mathematics"):
        """Refuses every value but these, which have the type that the class has; null is allowed where it says nothing."""
        value = self.values.get(key)
        if value is not None and not any(type(value) is type(a) and value == a for a in allowed):
            raise ExportError(f"config.json: '{key}' is {value!r}, which is not handled ({reason}); known: {', '.join(map(repr, allowed)) or 'absent'}")

    def activation(self, key, table):
        """The canonical name of an activation function."""
        value = self.get(key)
        if not isinstance(value, str) or value not in table:
            raise ExportError(f"config.json: '{key}' is {value!r}, an activation that is not handled; known: {', '.join(sorted(table))}")
        return table[value]

    def heads(self, d_model, n_heads):
        if d_model % n_heads:
            raise ExportError(f"config.json: {n_heads} heads do not divide a width of {d_model}")
        return d_model // n_heads

    def without(self, *keys, **values):
        """The same configuration with some keys as the class has them, and others set."""
        return Config({**{k: v for k, v in self.given.items() if k not in keys}, **values}, self.kind)


class Source:
    """The tensors of a checkpoint. Each is taken or known to be unused; what is left over is an error."""

    def __init__(self, tensors, prefixes=(), unused=()):
        self.tensors, self.unused = {}, [re.compile(f"(?:{pattern})\\Z") for pattern in unused]
        refuse_adapters(tensors)
        wrapper = common_prefix(tensors)
        for name, tensor in tensors.items():
            short = name[len(wrapper):]
            short = next((short[len(p):] for p in prefixes if short.startswith(p)), short)
            if short in self.tensors:
                raise ExportError(f"tensor '{name}' is also there as '{self.tensors[short].name}'; the checkpoint holds it twice")
            self.tensors[short] = tensor
        self.taken = set()

    def has(self, name):
        return name in self.tensors

    def take(self, *names):
        """The weight of the first of these names that is there."""
        for name in names:
            if name in self.tensors:
                self.taken.add(name)
                return self.tensors[name].weight()
        self._missing(names[0])

    def _missing(self, name):
        wrapped = next((n for n in self.tensors if n.endswith(f".{name}")), None)
        if wrapped:
            raise ExportError(f"the checkpoint has no tensor '{name}', but a '{self.tensors[wrapped].name}': take the prefix '{wrapped.removesuffix(name)}' off its names")
        raise ExportError(f"the checkpoint has no tensor '{name}'")

    def take_if(self, target, canonical, name, change=lambda w: w):
        """Adds one weight where the checkpoint has it."""
        if name in self.tensors:
            target[canonical] = change(self.take(name))

    def norm(self, target, canonical, *names):
        """Gain and bias of a norm, under any of their published endings."""
        for name in names:
            for w, b in ((".weight", ".bias"), (".gamma", ".beta")):
                if name + w in self.tensors:
                    target[f"{canonical}.w"] = self.take(name + w)
                    self.take_if(target, f"{canonical}.b", name + b)
                    return
        self._missing(f"{names[0]}.weight")

    def finish(self):
        """Refuses tensors that nothing has read and that are not known to be unused."""
        left = [n for n in self.tensors if n not in self.taken and not any(p.match(n) for p in self.unused)]
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            raise ExportError(f"{self.tensors[left[0]].label}{more} is not read by this architecture: the export would not be the whole model")


def common_prefix(tensors):
    """What a training wrapper put before every name (module., model., _orig_mod., ...): it tells nothing of the model."""
    common = os.path.commonprefix(list(tensors))
    return common[:common.rfind(".") + 1] if len(tensors) > 1 else ""


def refuse_adapters(tensors):
    """LoRA's matrices beside the weights that they change are not the model until they are merged."""
    name = next((n for n in tensors if re.search(r"\.(lora_\w+|base_layer|modules_to_save|ia3_\w+)(\.|\Z)", n)), None)
    if name:
        raise ExportError(f"{tensors[name].label} belongs to an adapter (LoRA) that is not merged; merge it (peft: merge_and_unload) and save the model, "
                          "or export the base with --adapter FOLDER")


def unembedding(source, config, weights, result, head):
    """W_U: the head's own matrix, or W_E transposed where the configuration ties them."""
    tied = config.flag("tie_word_embeddings")
    embedding = weights["embed.W_E"]
    if source.has(head) and (not tied or not _same(source.take(head), embedding)):
        if tied:
            raise ExportError(
                f"tensor '{head}' differs from the embedding, but config.json ties them"
                f"{'' if 'tie_word_embeddings' in config.given else ' by default'}: set \"tie_word_embeddings\": false to use it, or remove the tensor")
        weights["unembed.W_U"] = source.take(head).transpose()
        return
    if not tied:
        raise ExportError(f"the checkpoint has no tensor '{head}', and config.json says that it is not tied to the embedding")
    weights["unembed.W_U"] = embedding.transpose()
    result["tied"] = True


def _same(a, b):
    if a.shape != b.shape:
        return False
    alike = a.stored.same_bytes(b.stored)
    return np.array_equal(a.read(), b.read()) if alike is None else alike


def heads_of_rows(weight, heads, d_head):
    """[heads*d_head, d] as nn.Linear stores it -> [heads, d, d_head]."""
    return weight.reshape(heads, d_head, weight.shape[-1]).transpose(0, 2, 1)


def heads_of_columns(weight, heads, d_head):
    """[d, heads*d_head] as GPT-2's Conv1D stores it -> [heads, d, d_head]."""
    return weight.reshape(weight.shape[0], heads, d_head).transpose(1, 0, 2)


def output_heads(weight, heads, d_head):
    """[d, heads*d_head] as nn.Linear stores it -> [heads, d_head, d]."""
    return weight.transpose().reshape(heads, d_head, weight.shape[0])


def classifier(source, config, weights, result):
    """The head of a fine-tuned classifier, as two weights beside the model, with the names of its labels."""
    name = next((n for n in ("classifier.weight", "score.weight") if source.has(n)), None)
    if name is None:
        return
    weights["classifier.W"] = source.take(name).transpose()
    source.take_if(weights, "classifier.b", name.replace("weight", "bias"))
    count = weights["classifier.W"].shape[1]
    if "classifier.b" not in weights:
        weights["classifier.b"] = zeros(count)
    names = config.get("id2label") or {}
    result["labels"] = [str(names.get(str(i), names.get(i, i))) for i in range(count)]
