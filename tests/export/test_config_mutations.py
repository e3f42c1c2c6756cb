"""Thousands of damaged config.json of every golden checkpoint: what it means is right, or refused in one line; it is never another model.

A damaged value may be refused, or passed over where nothing reads it. A key that is taken away means the default of the class (tests/Golden/config-defaults.json),
and null means what the class makes of it.
"""

import json
import math
import unittest

import resolution
from support import FURTHER, NAMES, folder_of, run
from test_defaults import ALIASES, RECORDED

DAMAGE = ["absurd", "", [], ["absurd"], [1], {}, {"absurd": 1}, True, False, 0, -1, -0.5, 1 << 40, 1e300, math.inf, -math.inf, math.nan, [[["absurd"], 3]], {"type": "absurd"},
          {"rope_type": "linear"}, "32", "true"]


def kind_of(values):
    return values.get("model_type", "transformer-lens")


def class_default(values, key):
    """Whether a key has one, and what it is; under its every name."""
    kind = kind_of(values)
    for name, others in ALIASES.get(kind, {}).items():
        if key in others:
            return class_default(values, name)
    return key in RECORDED[kind], RECORDED[kind].get(key)


def says_something(values, key, damaged):
    """Whether a damaged value is one that the class reads as such, so that another result is right."""
    has, default = class_default(values, key)
    if not has:
        return False
    own = values[key]
    flag = isinstance(default, bool) or isinstance(own, bool)
    if isinstance(damaged, bool):
        return flag
    if key == "pad_token_id" and type(damaged) is int and 0 <= damaged < 1 << 31:
        return True
    if key in ("attn_scale", "attn_scores_soft_cap", "output_logits_soft_cap") and damaged in (-1, 0):
        return True  # TransformerLens's words for "none"
    if key == "max_window_layers" and damaged == 0:
        return True
    if key == "rope_scaling" and damaged == {}:
        return True  # no scaling
    return False


class Mutations(unittest.TestCase):
    def check(self, name, values, allowed, label):
        outcome = resolution.of(name, values)
        if outcome[0] == "error":
            self.assertNotIn("\n", outcome[1], label)
            self.assertLess(len(outcome[1]), 600, label)
            self.assertTrue(outcome[1], label)
            return "refused"
        self.assertTrue(resolution.facts_of(outcome) in allowed, f"{label}: {json.dumps(outcome[0])}")
        json.dumps(outcome[0], allow_nan=False)  # no NaN and no infinity in the metadata
        return "same"

    def test_damaged_values(self):
        count = {"refused": 0, "same": 0}
        for name in NAMES + FURTHER:
            values = resolution.values(name)
            whole = resolution.facts_of(resolution.of(name, values))
            for key in values:
                for damaged in DAMAGE:
                    if damaged == values[key] and type(damaged) is type(values[key]) or says_something(values, key, damaged):
                        continue
                    count[self.check(name, {**values, key: damaged}, [whole], f"{name} {key} = {damaged!r}")] += 1
        self.assertGreater(min(count.values()), 2000)
        self.assertGreater(sum(count.values()), 10000)

    def test_keys_taken_away_or_misspelt(self):
        count = 0
        for name in NAMES + FURTHER:
            values = resolution.values(name)
            whole = resolution.facts_of(resolution.of(name, values))
            for key in values:
                if key == "model_type":
                    continue
                has, default = class_default(values, key)
                without = {k: v for k, v in values.items() if k != key}
                known = has and not any(other in values for other in ALIASES.get(kind_of(values), {}).get(key, ()))
                allowed = [resolution.facts_of(resolution.of(name, {**without, key: default}))] if known else [whole]
                for changed in (without, {**without, key.upper(): values[key]}, {**without, f"{key} ": values[key]}, {**without, f"x_{key}": values[key]}):
                    self.check(name, changed, allowed, f"{name} without {key}")
                    count += 1
        self.assertGreater(count, 2500)

    def test_null(self):
        """Null is the default where that is None, the class's own word in some keys, and else refused."""
        none = {"sliding_window": {"window_size"}, "attn_logit_softcapping": {"attn_scores_soft_cap"}, "final_logit_softcapping": {"output_logits_soft_cap"}}
        count = 0
        for name in NAMES + FURTHER:
            values = resolution.values(name)
            whole, (_, default) = resolution.of(name, values), (None, None)
            for key in values:
                has, default = class_default(values, key)
                outcome = resolution.of(name, {**values, key: None})
                label = f"{name} {key} = null"
                count += 1
                if outcome[0] == "error":
                    self.assertNotIn("\n", outcome[1], label)
                elif key in none and has:
                    self.assertEqual({k: v for k, v in whole[0].items() if k not in none[key] | {"inv_freq", "rope_of_layer"}},
                                     {k: v for k, v in outcome[0].items() if k not in {"inv_freq", "rope_of_layer"}}, label)
                    self.assertTrue(none[key].isdisjoint(outcome[0]), label)
                else:
                    without = resolution.of(name, {k: v for k, v in values.items() if k != key})
                    self.assertTrue(resolution.facts_of(outcome) in (resolution.facts_of(whole), resolution.facts_of(without)), f"{label}: {json.dumps(outcome[0])}")
        self.assertGreater(count, 600)

    def test_other_architectures(self):
        """Another model_type is another layout, nearly always: where it fits, it is the same weights under that type's name."""
        refused = 0
        for name in NAMES + FURTHER:
            values = resolution.values(name)
            for kind in [*RECORDED, "t5", "mamba", "", "GPT2", 7, None, [], {}]:
                if kind in ("_", "transformer-lens", values.get("model_type")):
                    continue
                outcome = resolution.of(name, {**{k: v for k, v in values.items() if k != "architectures"}, "model_type": kind})
                if outcome[0] == "error":
                    refused += 1
                    self.assertNotIn("\n", outcome[1])
                elif isinstance(kind, str):
                    self.assertIn(kind, RECORDED)
                else:
                    self.assertEqual(kind_of(values), "transformer-lens")
        self.assertGreater(refused, 700)


class Texts(unittest.TestCase):
    def test_damaged_text(self):
        """Files that are cut off, commented, in another encoding or with a comma too many are refused in one line."""
        import tempfile
        from pathlib import Path
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            source.mkdir()
            (source / "model.safetensors").write_bytes((folder_of("gpt2") / "model.safetensors").read_bytes())
            text = (folder_of("gpt2") / "config.json").read_bytes()
            damaged = [text[:n] for n in range(0, len(text.rstrip()) - 1, 23)]
            damaged += [text.decode().encode("utf-16"), b"// comment\n" + text, text.rstrip()[:-1] + b",}", text.replace(b":", b"="), text.replace(b'"', b"'"), b"\xff" + text, b"[" * 100000]
            for data in damaged:
                (source / "config.json").write_bytes(data)
                code, out, err = run(source, Path(folder) / "out")
                self.assertEqual((code, out, err.count("\n")), (2, "", 1), data[-40:])
                self.assertIn("config.json", err)
            self.assertGreater(len(damaged), 30)


if __name__ == "__main__":
    unittest.main()
