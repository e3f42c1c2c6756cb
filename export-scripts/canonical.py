"""The canonical weights as graph/weights.table lists them: their names, in the order in which they are written, and their shapes."""

import math
from itertools import groupby

from errors import ExportError
from graph import WEIGHTS
from graph.interpreter import holds


def in_order(weights, config):
    """The weights in canonical order; a name or shape that the configuration does not allow is an error, and so is one that is missing."""
    expected = _lines(config)
    for name, weight in weights.items():
        if name not in expected:
            raise ExportError(f"{weight.source} maps to '{name}', which a model of this configuration has not")
        want, _ = expected[name]
        if len(want) != len(weight.shape) or not all(w is None or n in (w if isinstance(w, set) else {w}) for w, n in zip(want, weight.shape)):
            shown = ", ".join("any" if w is None else " or ".join(map(str, sorted(w))) if isinstance(w, set) else str(w) for w in want)
            raise ExportError(f"{weight.source} should give '{name}' the shape [{shown}] by config.json, found {list(weight.shape)}")
    missing = next((name for name, (_, needed) in expected.items() if name not in weights and needed and (needed == "always" or holds(needed, config))), None)
    if missing:
        raise ExportError(f"the checkpoint has nothing for '{missing}', which a model of this configuration needs")
    return {name: weights[name] for name in expected if name in weights}


def stored(weights, config):
    """What a folder stores of them: a tied matrix once, for the graph reads out by the embedding's rows."""
    return {name: weight for name, weight in weights.items() if not (name == "unembed.W_U" and config.get("tied"))}


def _lines(config):
    """Every name that a model of this configuration may have -> its shape (an extent is a number, a set of numbers, or None for any), and the condition on which it must have it."""
    lines = [line.partition(" [")[::2] for line in WEIGHTS.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    sizes = {**config, "n_key_value_heads": config.get("n_key_value_heads", config["n_heads"])}
    found = {}
    for name, rest in _repeated(lines, "l", config["n_layers"], sizes):
        extents, _, condition = rest.partition("]")
        shape = [None if extent == "*" else {_product(p, sizes) for p in extent.split("|")} for extent in extents.split(" ")]
        if not any(extent and None in extent for extent in shape):
            found[name] = tuple(min(extent) if extent and len(extent) == 1 else extent for extent in shape), condition.strip()
    return found


def _repeated(lines, variable, count, sizes):
    """Neighbouring lines that name a variable, once for each of its values."""
    for named, group in groupby(lines, lambda line: f"{{{variable}}}" in line[0]):
        group = list(group)
        for i in range(count if named else 1):
            here = [(name.replace(f"{{{variable}}}", str(i)), rest) for name, rest in group]
            yield from _repeated(here, "e", sizes.get("n_experts", 0), sizes) if variable == "l" else here


def _product(text, sizes):
    factors = [sizes.get(key) for key in text.split("*")]
    return None if None in factors else math.prod(factors)
