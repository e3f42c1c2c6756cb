"""Every golden checkpoint, exported: metadata, weights, hooks and logits are those of an independent implementation."""

import json
import unittest

import numpy as np
import onnx

from support import CHECKPOINTS, FURTHER, NAMES, Workspace, folder_of, inputs_of, reference

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OURS = {"pluginlens.format", "pluginlens.exporter", "name", "dtype", "processing", "hooks", "tokenizer_files", "tokenizer_size", "tokenizer_kind", "tokenizer_class",
        "source", "source_sha256", "weights_sha256", "seal"} | {f"{k}_id" for k in ("bos", "eos", "pad", "unk", "cls", "sep", "mask")}


def agrees(found, expected):
    """Equal, up to float32 rounding of numbers."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and found.keys() == expected.keys() and all(agrees(found[k], v) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(agrees, found, expected))
    if isinstance(expected, float):
        return isinstance(found, float) and abs(found - expected) <= 1e-6 * abs(expected)
    return type(found) is type(expected) and found == expected


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()

    @classmethod
    def tearDownClass(cls):
        cls.workspace.folder.cleanup()


def add(name):
    def metadata(self):
        model, expected = self.workspace.exported(name), reference(name, "model.json")
        found = {k: v if isinstance(expected.get(k), str) else json.loads(v) for k, v in model.metadata.items() if k not in OURS}
        self.assertEqual(found.keys(), expected.keys())
        if name == "bloom":
            expected["n_ctx"] = 2048  # its config.json gives no length; ALiBi has none
        for key, value in expected.items():
            self.assertTrue(agrees(found[key], value), f"{key}: {found[key]}, expected {value}")

    def weights(self):
        model, expected = self.workspace.exported(name), reference(name, "weights.safetensors")
        found = model.weights()
        if json.loads(model.metadata.get("tied", "false")):
            self.assertNotIn("unembed.W_U", found)  # stored once
            found["unembed.W_U"] = found["embed.W_E"].T
        self.assertEqual(found.keys(), expected.keys())
        for key, value in expected.items():
            self.assertEqual(found[key].shape, value.shape, key)
            np.testing.assert_allclose(found[key], value, rtol=0, atol=1e-5, err_msg=key)

    def hooks(self):
        model = self.workspace.exported(name)
        listed = json.loads(model.metadata["hooks"])
        for file in ("activations.safetensors", "one_token.safetensors", "full_context.safetensors"):
            if not (folder_of(name) / "reference" / file).exists():
                continue
            expected = reference(name, file)
            names = [n for n in expected if n not in INPUTS]
            if file == "activations.safetensors":
                self.assertEqual(set(names), set(listed))
            found = model.run(inputs_of(expected, model), names)
            for hook in names:
                self.assertEqual(found[hook].shape, expected[hook].shape, hook)
                rows = valid_rows(hook, expected)
                with np.errstate(invalid="ignore"):
                    away = np.abs(np.where(found[hook] == expected[hook], 0, found[hook] - expected[hook]))
                self.assertLessEqual(away[rows].max(), 1e-4, f"{file} {hook}")

    def listed_dims(self):
        model = self.workspace.exported(name)
        expected = reference(name, "activations.safetensors")
        batch, pos = expected["input_ids"].shape
        for hook, dims in json.loads(model.metadata["hooks"]).items():
            self.assertEqual(tuple({"batch": batch, "pos": pos, "key_pos": pos}.get(d, d) for d in dims), expected[hook].shape, hook)

    def shape_inference(self):
        inferred = onnx.shape_inference.infer_shapes(self.workspace.exported(name).proto, check_type=True, strict_mode=True)
        self.assertEqual(inferred.opset_import[0].version, 17)
        self.assertEqual(inferred.ir_version, 8)

    for test in (metadata, *((weights,) if name in NAMES else ()), hooks, listed_dims, shape_inference):
        setattr(Golden, f"test_{test.__name__}_{name.replace('-', '_')}", test)


def valid_rows(hook, expected):
    """Rows of tokens that are not padding. Scores and patterns have the query position in their third axis."""
    mask = expected.get("attention_mask", np.ones_like(expected["input_ids"])) == 1
    if hook.endswith(("hook_attn_scores", "hook_pattern")):
        return np.broadcast_to(mask[:, None, :], expected[hook].shape[:3])
    return mask


for _name in NAMES + FURTHER:
    add(_name)


class FullyMasked(unittest.TestCase):
    def test_sequence_without_a_visible_token_has_pattern_0(self):
        workspace = Workspace()
        model = workspace.exported("bert")
        ids = np.arange(10, dtype=np.int64).reshape(2, 5)
        mask = np.stack([np.ones(5, np.int64), np.zeros(5, np.int64)])
        found = model.run({"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}, ["blocks.0.attn.hook_pattern", "logits"])
        np.testing.assert_array_equal(found["blocks.0.attn.hook_pattern"][1], 0)
        np.testing.assert_allclose(found["blocks.0.attn.hook_pattern"][0].sum(-1), 1, atol=1e-12)
        self.assertTrue(np.isfinite(found["logits"]).all())
        workspace.folder.cleanup()


class Inventory(unittest.TestCase):
    def test_checkpoints_are_all_there(self):
        self.assertEqual((len(NAMES), len(FURTHER)), (15, 14), f"in {CHECKPOINTS}")


if __name__ == "__main__":
    unittest.main()
