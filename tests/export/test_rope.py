"""Rotary frequencies against their published formulas, written out here one number at a time in float64."""

import json
import math
import tempfile
import unittest
from pathlib import Path

import numpy as np

from support import ModelFolder, folder_of, run

from architectures import rope
from architectures.reader import Config
from errors import ExportError

D, THETA = 64, 10000.0


def config(kind="llama", **values):
    return Config({"max_position_embeddings": 4096, "rope_theta": THETA, **values}, kind)


def resolved(values, n_ctx=4096, rotary_dim=D):
    result = {"n_ctx": n_ctx}
    rope.add(values, result, rotary_dim)
    return result


def plain(i, theta=THETA, d=D):
    return theta ** (-2 * i / d)


def yarn(factor, original, theta=THETA, d=D, beta_fast=32, beta_slow=1, truncate=True):
    """YaRN (Peng et al. 2023, section 3.2) as the reference library computes it."""
    def where(rotations):
        return d * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(theta))
    low, high = where(beta_fast), where(beta_slow)
    if truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, d - 1)
    if low == high:
        high += 0.001
    found = []
    for i in range(d // 2):
        ramp = min(1.0, max(0.0, (i - low) / (high - low)))
        found.append(plain(i, theta, d) / factor * ramp + plain(i, theta, d) * (1 - ramp))
    return found


class Rope(unittest.TestCase):
    def close(self, found, expected, rtol=2e-6):
        np.testing.assert_allclose(found, expected, rtol=rtol)

    def test_plain_and_linear(self):
        self.close(resolved(config())["inv_freq"], [plain(i) for i in range(D // 2)])
        self.close(resolved(config(rope_scaling={"type": "linear", "factor": 4.0}))["inv_freq"], [plain(i) / 4 for i in range(D // 2)])

    def test_llama3_below_between_and_above_its_bounds(self):
        scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 1024}
        found, kinds = resolved(config(rope_theta=500000.0, rope_scaling=scaling))["inv_freq"], set()
        for i, value in enumerate(found):
            frequency = plain(i, 500000.0)
            wavelength = 2 * math.pi / frequency
            if wavelength < 1024 / 4:
                expected, kind = frequency, "kept"
            elif wavelength > 1024 / 1:
                expected, kind = frequency / 8, "divided"
            else:
                smooth = (1024 / wavelength - 1) / (4 - 1)
                expected, kind = (1 - smooth) * frequency / 8 + smooth * frequency, "between"
            kinds.add(kind)
            self.close(value, expected, rtol=1e-5)
        self.assertEqual(kinds, {"kept", "between", "divided"})

    def test_longrope_with_a_given_attention_factor_and_with_a_factor_unlike_the_ratio(self):
        short, long = [1 + i / 64 for i in range(D // 2)], [1 + i / 8 for i in range(D // 2)]
        for extra, expected in (({}, math.sqrt(1 + math.log(4) / math.log(1024))), ({"attention_factor": 1.7}, 1.7), ({"factor": 32.0}, math.sqrt(1 + math.log(32) / math.log(1024))),
                                ({"factor": 1.0}, 1.0)):
            scaling = {"type": "longrope", "short_factor": short, "long_factor": long, **extra}
            found = resolved(config("phi3", original_max_position_embeddings=1024, rope_scaling=scaling))
            self.close(found["inv_freq"], [plain(i) / s for i, s in enumerate(short)])
            self.close(found["inv_freq_long"], [plain(i) / s for i, s in enumerate(long)])
            self.close(found["rope_attention_factor"], expected, rtol=1e-12)
            self.assertEqual(found["rope_original_n_ctx"], 1024)

    def test_longrope_of_phi3_takes_the_original_length_of_its_class(self):
        scaling = {"type": "su", "short_factor": [1.0] * 32, "long_factor": [2.0] * 32}
        found = resolved(Config({"max_position_embeddings": 131072, "rope_scaling": scaling}, "phi3"), n_ctx=131072)
        self.assertEqual(found["rope_original_n_ctx"], 4096)
        self.close(found["rope_attention_factor"], math.sqrt(1 + math.log(32) / math.log(4096)), rtol=1e-12)

    def test_yarn_of_qwen(self):
        # Qwen2.5 and 3: the factor is given, and max_position_embeddings is still the original length.
        scaling = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
        found = resolved(config("qwen2", rope_theta=1000000.0, max_position_embeddings=32768, rope_scaling=scaling), n_ctx=32768, rotary_dim=128)
        self.close(found["inv_freq"], yarn(4.0, 32768, 1000000.0, 128))
        self.close(found["rope_attention_factor"], 0.1 * math.log(4) + 1, rtol=1e-12)
        self.assertLess(found["inv_freq"][-1] * 3.9, plain(63, 1000000.0, 128))

    def test_yarn_of_deepseek(self):
        scaling = {"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 0.707}
        found = resolved(config(max_position_embeddings=163840, rope_scaling=scaling), n_ctx=163840)
        self.close(found["inv_freq"], yarn(40, 4096))
        self.close(found["rope_attention_factor"], (0.1 * math.log(40) + 1) / (0.1 * 0.707 * math.log(40) + 1), rtol=1e-12)
        equal = resolved(config(max_position_embeddings=163840, rope_scaling={**scaling, "mscale_all_dim": 1.0}), n_ctx=163840)
        self.assertEqual(equal["rope_attention_factor"], 1.0)

    def test_yarn_with_its_other_keys(self):
        base = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 2048}
        for extra, changed in (({"beta_fast": 16, "beta_slow": 2}, {"beta_fast": 16, "beta_slow": 2}), ({"truncate": False}, {"truncate": False})):
            found = resolved(config(rope_scaling={**base, **extra}))
            self.close(found["inv_freq"], yarn(8.0, 2048, **changed))
            self.assertFalse(np.allclose(found["inv_freq"], yarn(8.0, 2048), rtol=1e-4))
        self.assertEqual(resolved(config(rope_scaling={**base, "attention_factor": 1.25}))["rope_attention_factor"], 1.25)
        self.close(resolved(config(rope_scaling={k: v for k, v in base.items() if k != "factor"}))["inv_freq"], yarn(2.0, 2048))  # 4096 / 2048
        self.close(resolved(config(rope_scaling={"type": "yarn", "factor": 8.0}))["inv_freq"], yarn(8.0, 4096))

    def test_yarn_is_exported_and_checked(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            source.mkdir()
            for file in folder_of("qwen2").glob("model*"):
                (source / file.name).write_bytes(file.read_bytes())
            values = json.loads((folder_of("qwen2") / "config.json").read_text())
            values["rope_scaling"] = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
            (source / "config.json").write_text(json.dumps(values))
            code, _, err = run(source, Path(folder) / "out")
            self.assertEqual((code, err), (0, ""))
            model = ModelFolder(Path(folder) / "out")
            self.close(json.loads(model.metadata["inv_freq"]), yarn(4.0, 32, values["rope_theta"], int(model.metadata["rotary_dim"])))
            factor = 0.1 * math.log(4) + 1
            self.close(json.loads(model.metadata["rope_attention_factor"]), factor, rtol=1e-12)
            ids = np.arange(12, dtype=np.int64).reshape(1, 12)
            found = model.run({"input_ids": ids}, ["blocks.1.attn.hook_q", "blocks.1.attn.hook_rot_q"])
            q, half = found["blocks.1.attn.hook_q"], int(model.metadata["rotary_dim"]) // 2
            angles = np.arange(12)[:, None, None] * np.array(yarn(4.0, 32, values["rope_theta"], 2 * half))
            expected = np.concatenate([q[..., :half] * np.cos(angles) - q[..., half:] * np.sin(angles), q[..., half:] * np.cos(angles) + q[..., :half] * np.sin(angles)], -1) * factor
            np.testing.assert_allclose(found["blocks.1.attn.hook_rot_q"], expected, atol=1e-5)

    def test_refusals(self):
        for scaling in ({"type": "llama3", "factor": 8.0, "low_freq_factor": 4.0, "high_freq_factor": 1.0, "original_max_position_embeddings": 8}, {"type": "yarn", "truncate": 1},
                        {"type": "yarn", "factor": "4"}, {"type": "longrope", "short_factor": [1.0], "long_factor": [1.0]}, {"type": "longrope", "short_factor": [1.0] * 32},
                        {"type": ["yarn"]}, {"type": "linear", "factor": True}, {"type": "linear", "factor": float("nan")}, {"type": "mrope", "mrope_section": [1, 2]},
                        {"type": "dynamic", "factor": 2.0, "original_max_position_embeddings": 1.5}):
            with self.assertRaises(ExportError, msg=str(scaling)):
                resolved(config(rope_scaling=scaling))


if __name__ == "__main__":
    unittest.main()
