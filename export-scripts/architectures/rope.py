"""Rotary positions: the angles that a configuration means, computed in float32 as the published models do."""

import math

import numpy as np

from errors import ExportError

# For each type the keys that it needs and those that it may have. Keys of other types say nothing of it, and are passed over as transformers does.
NEEDED = {"default": (), "linear": ("factor",), "dynamic": ("factor",), "llama3": ("factor", "low_freq_factor", "high_freq_factor"), "yarn": (),
          "longrope": ("short_factor", "long_factor")}
NAMES = {"su": "longrope", None: "default"}
NUMBERS = {"factor", "low_freq_factor", "high_freq_factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "rope_theta", "partial_rotary_factor"}
LISTS = {"short_factor", "long_factor"}


def dimensions(config, d_head):
    """How many entries of a head turn."""
    fraction = _one(config, "partial_rotary_factor")
    if fraction > 1:
        raise ExportError(f"config.json: 'partial_rotary_factor' should be at most 1, found {fraction!r}")
    return int(d_head * fraction)


def add(config, result, rotary_dim):
    """Adds rotary_dim, inv_freq and the attention factor to the metadata."""
    scaling, theta = scaling_of(config), _one(config, "rope_theta")
    kind = scaling.get("rope_type", scaling.get("type"))
    kind = NAMES.get(kind, kind) if isinstance(kind, (str, type(None))) else kind
    if not isinstance(kind, str) or kind not in NEEDED:
        raise ExportError(f"config.json: the rope_scaling type {kind!r} is not handled; known: {', '.join(sorted(NEEDED))}")
    for key in NEEDED[kind]:
        if scaling.get(key) is None:
            raise ExportError(f"config.json: rope_scaling of type '{kind}' has no '{key}'")
    plain = frequencies(rotary_dim, theta)
    result.update(positions="rotary", inv_freq=numbers(plain), rotary_dim=rotary_dim, rope_attention_factor=1.0)
    if kind == "linear":
        result["inv_freq"] = numbers(plain / np.float32(scaling["factor"]))
    if kind == "llama3":
        result["inv_freq"] = numbers(llama3(plain, scaling, config))
    if kind == "dynamic" and _original(config, scaling, result["n_ctx"]) != result["n_ctx"]:
        raise ExportError("config.json: rope_scaling of type 'dynamic' with another 'original_max_position_embeddings' than 'max_position_embeddings' is not handled")
    if kind == "yarn":
        yarn(config, result, scaling, plain, theta)
    if kind == "longrope":
        longrope(config, result, scaling, rotary_dim, theta)


def leave_out_1(result):
    """Architectures that can scale but seldom do have the factor only where it is one."""
    if result["rope_attention_factor"] == 1.0:
        del result["rope_attention_factor"]


def scaling_of(config):
    """The object that describes the scaling, its values checked: rope_parameters in newer files, rope_scaling in older ones."""
    found = [config.get(key) for key in ("rope_parameters", "rope_scaling") if config.get(key) not in (None, {})]
    if len(found) == 2 and found[0] != found[1]:
        raise ExportError("config.json: 'rope_parameters' and 'rope_scaling' differ; remove the one that does not hold")
    scaling = found[0] if found else {}
    if not isinstance(scaling, dict):
        raise ExportError(f"config.json: 'rope_scaling' should be an object, found {scaling!r}")
    for key, value in scaling.items():
        if value is None or key in ("type", "rope_type"):
            continue
        if key in LISTS and isinstance(value, list) and all(map(_positive, value)):
            continue
        if key == "truncate" and type(value) is bool or key in NUMBERS and _positive(value):
            continue
        if key == "original_max_position_embeddings" and type(value) is int and 0 < value < 1 << 31:
            continue
        if key in NUMBERS | LISTS | {"truncate", "original_max_position_embeddings"}:
            raise ExportError(f"config.json: '{key}' in rope_scaling should be {'true or false' if key == 'truncate' else 'positive numbers' if key in LISTS else 'a positive number'}, found {value!r}")
        raise ExportError(f"config.json: '{key}' in rope_scaling is not handled")
    return scaling


def frequencies(rotary_dim, theta):
    """1 / theta^(2i / rotary_dim), [rotary_dim / 2]."""
    if rotary_dim < 2 or rotary_dim % 2:
        raise ExportError(f"config.json: rotary positions need an even number of dimensions per head, found {rotary_dim}")
    return np.float32(1) / np.power(np.float32(theta), exponents(rotary_dim))


def exponents(rotary_dim):
    return np.arange(0, rotary_dim, 2, dtype=np.float32) / np.float32(rotary_dim)


def numbers(values):
    return [float(v) for v in values]


def llama3(plain, scaling, config):
    """Low frequencies are divided by the factor, high ones kept, those between interpolated."""
    original = scaling.get("original_max_position_embeddings") or config.count("original_max_position_embeddings")
    factor, low, high = scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    if low >= high:
        raise ExportError(f"config.json: 'low_freq_factor' in rope_scaling should be below 'high_freq_factor', found {low} and {high}")
    wavelength = 2 * math.pi / plain
    smooth = (original / wavelength - low) / (high - low)
    between = (1 - smooth) * plain / factor + smooth * plain
    return np.where(wavelength > original / low, plain / factor, np.where(wavelength < original / high, plain, between)).astype(np.float32)


def yarn(config, result, scaling, plain, theta):
    """Frequencies that turn often over the original length are kept, those that turn seldom divided by the factor, a ramp between; and a factor on cosine and sine."""
    original = _original(config, scaling, result["n_ctx"])
    factor = scaling.get("factor") or result["n_ctx"] / original
    size = 2 * plain.size

    def turning(rotations):
        """The dimension whose frequency turns this often."""
        return size * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(theta))
    low, high = turning(scaling.get("beta_fast") or 32), turning(scaling.get("beta_slow") or 1)
    if scaling.get("truncate") is not False:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, size - 1)
    high += 0.001 if low == high else 0  # no division by 0
    kept = np.float32(1) - np.clip((np.arange(size // 2, dtype=np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)
    powers = np.power(np.float32(theta), exponents(size))
    result["inv_freq"] = numbers(np.float32(1) / (np.float32(factor) * powers) * (1 - kept) + np.float32(1) / powers * kept)

    def weight(mscale):
        return 1.0 if factor <= 1 else 0.1 * mscale * math.log(factor) + 1.0
    both = scaling.get("mscale") and scaling.get("mscale_all_dim")  # DeepSeek's two weights, of which the ratio is left
    plain_factor = weight(scaling["mscale"]) / weight(scaling["mscale_all_dim"]) if both else weight(1)
    result["rope_attention_factor"] = float(scaling.get("attention_factor") or plain_factor)


def longrope(config, result, scaling, rotary_dim, theta):
    """Divisors of their own for short and for long texts, and a factor on cosine and sine."""
    original = _original(config, scaling, result["n_ctx"])
    for key, name in (("short_factor", "inv_freq"), ("long_factor", "inv_freq_long")):
        divisors = np.array(scaling[key], np.float32)
        if divisors.shape != (rotary_dim // 2,):
            raise ExportError(f"config.json: '{key}' should have {rotary_dim // 2} entries, found {divisors.size}")
        result[name] = numbers(np.float32(1) / (divisors * np.power(np.float32(theta), exponents(rotary_dim))))
    factor = scaling.get("factor") or result["n_ctx"] / original
    plain = 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original))
    result["rope_attention_factor"] = float(scaling.get("attention_factor") or plain)
    result["rope_original_n_ctx"] = original


def _original(config, scaling, n_ctx):
    """The length that the model was trained on before it was stretched."""
    return scaling.get("original_max_position_embeddings") or config.count("original_max_position_embeddings", n_ctx)


def _one(config, key):
    """A number that stands in the configuration or in its rope_parameters; both may not differ."""
    inner = scaling_of(config).get(key)
    if inner is None:
        return config.number(key)
    if key in config.given and config.given[key] is not None and config.given[key] != inner:
        raise ExportError(f"config.json: '{key}' is {config.given[key]!r} and, in rope_parameters, {inner!r}; remove the one that does not hold")
    return float(inner)


def _positive(value):
    return type(value) in (int, float) and 0 < value < 1e12
