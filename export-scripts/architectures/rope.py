"""Rotary positions: the angles that a configuration means, computed in float32 as the published models do."""

import math

import numpy as np

from errors import ExportError

KNOWN = {"default": set(), "linear": {"factor"}, "llama3": {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"},
         "longrope": {"short_factor", "long_factor", "factor", "attention_factor", "original_max_position_embeddings"}}
NAMES = {"su": "longrope", None: "default"}


def add(config, result, rotary_dim, theta=None):
    """Adds rotary_dim, inv_freq and the attention factor to the metadata."""
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(scaling, dict):
        raise ExportError(f"config.json: 'rope_scaling' should be an object, found {scaling!r}")
    if theta is None:
        theta = scaling.get("rope_theta") or config.number("rope_theta", 10000.0)
    kind = scaling.get("rope_type", scaling.get("type"))
    kind = NAMES.get(kind, kind)
    if kind not in KNOWN:
        raise ExportError(f"config.json: the rope_scaling type '{kind}' is not handled; known: {', '.join(sorted(KNOWN))}")
    unknown = {k for k, v in scaling.items() if v is not None} - KNOWN[kind] - {"type", "rope_type", "rope_theta", "partial_rotary_factor"}
    if unknown:
        raise ExportError(f"config.json: '{sorted(unknown)[0]}' in rope_scaling of type '{kind}' is not handled")
    for key in sorted(KNOWN[kind] - {"factor", "attention_factor", "original_max_position_embeddings"} | ({"factor"} if kind in ("linear", "llama3") else set())):
        if key not in scaling:
            raise ExportError(f"config.json: rope_scaling of type '{kind}' has no '{key}'")
    for key, value in scaling.items():
        for number in value if isinstance(value, list) else [value]:
            if key not in ("type", "rope_type") and number is not None and (type(number) not in (int, float) or not 0 < number < 1e12):
                raise ExportError(f"config.json: '{key}' in rope_scaling should be a positive number, found {number!r}")
    result.update(positions="rotary", inv_freq=numbers(frequencies(rotary_dim, theta)), rotary_dim=rotary_dim, rope_attention_factor=1.0)
    if kind == "linear":
        result["inv_freq"] = numbers(frequencies(rotary_dim, theta) / np.float32(scaling["factor"]))
    if kind == "llama3":
        result["inv_freq"] = numbers(llama3(frequencies(rotary_dim, theta), scaling, config))
    if kind == "longrope":
        longrope(config, result, scaling, rotary_dim, theta)


def frequencies(rotary_dim, theta):
    """1 / theta^(2i / rotary_dim), [rotary_dim / 2]."""
    if rotary_dim < 2 or rotary_dim % 2:
        raise ExportError(f"config.json: rotary positions need an even number of dimensions per head, found {rotary_dim}")
    exponents = np.arange(0, rotary_dim, 2, dtype=np.float32) / np.float32(rotary_dim)
    return np.float32(1) / np.power(np.float32(theta), exponents)


def numbers(values):
    return [float(v) for v in values]


def llama3(plain, scaling, config):
    """Low frequencies are divided by the factor, high ones kept, those between interpolated."""
    original = scaling.get("original_max_position_embeddings") or config.require("original_max_position_embeddings")
    factor, low, high = scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    wavelength = 2 * math.pi / plain
    smooth = (original / wavelength - low) / (high - low)
    between = (1 - smooth) * plain / factor + smooth * plain
    return np.where(wavelength > original / low, plain / factor, np.where(wavelength < original / high, plain, between)).astype(np.float32)


def longrope(config, result, scaling, rotary_dim, theta):
    """Divisors of their own for short and for long texts, and a factor on cosine and sine."""
    original = scaling.get("original_max_position_embeddings") or config.count("original_max_position_embeddings", "max_position_embeddings")
    exponents = np.arange(0, rotary_dim, 2, dtype=np.float32) / np.float32(rotary_dim)
    for key, name in (("short_factor", "inv_freq"), ("long_factor", "inv_freq_long")):
        divisors = np.array(scaling[key], np.float32)
        if divisors.shape != exponents.shape:
            raise ExportError(f"config.json: '{key}' should have {exponents.size} entries, found {divisors.size}")
        result[name] = numbers(np.float32(1) / (divisors * np.power(np.float32(theta), exponents)))
    factor = scaling.get("factor") or result["n_ctx"] / original
    plain = 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original))
    result["rope_attention_factor"] = float(scaling.get("attention_factor") or plain)
    result["rope_original_n_ctx"] = original
