"""GPT-2 as it is found in the wild: prefixes, heads, sizes and switches, against a forward pass written out here."""

import json
import math
import tempfile
import unittest
from pathlib import Path

import numpy as np

from support import CHECKPOINTS, ModelFolder, read_safetensors, run, write_safetensors

IDS = np.arange(12, dtype=np.int64).reshape(2, 6) * 31 % 512


def forward(config, w, ids):
    """GPT-2 in float64 from the checkpoint's own tensors; logits [batch, pos, V]."""
    w = {n: v.astype(np.float64) for n, v in w.items()}
    d, h = config["n_embd"], config["n_head"]
    x = w["wte.weight"][ids] + w["wpe.weight"][:ids.shape[1]]

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + config["layer_norm_epsilon"]) * w[name + ".weight"] + w[name + ".bias"]

    def act(x):
        if config["activation_function"] == "relu":
            return np.maximum(x, 0)
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    for l in range(config["n_layer"]):
        qkv = norm(x, f"h.{l}.ln_1") @ w[f"h.{l}.attn.c_attn.weight"] + w[f"h.{l}.attn.c_attn.bias"]
        q, k, v = (t.reshape(*t.shape[:2], h, d // h).transpose(0, 2, 1, 3) for t in np.split(qkv, 3, -1))
        scores = q @ k.transpose(0, 1, 3, 2)
        if config.get("scale_attn_weights", True):
            scores = scores / math.sqrt(d // h)
        if config.get("scale_attn_by_inverse_layer_idx"):
            scores = scores / (l + 1)
        scores = np.where(np.tril(np.ones(scores.shape[-2:])), scores, -np.inf)
        pattern = np.exp(scores - scores.max(-1, keepdims=True))
        z = (pattern / pattern.sum(-1, keepdims=True)) @ v
        x = x + z.transpose(0, 2, 1, 3).reshape(x.shape) @ w[f"h.{l}.attn.c_proj.weight"] + w[f"h.{l}.attn.c_proj.bias"]
        hidden = act(norm(x, f"h.{l}.ln_2") @ w[f"h.{l}.mlp.c_fc.weight"] + w[f"h.{l}.mlp.c_fc.bias"])
        x = x + hidden @ w[f"h.{l}.mlp.c_proj.weight"] + w[f"h.{l}.mlp.c_proj.bias"]
    return norm(x, "ln_f") @ w.get("lm_head.weight", w["wte.weight"]).T


class Gpt2Variants(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.config = json.loads((CHECKPOINTS / "gpt2" / "config.json").read_text())
        self.tensors = read_safetensors(CHECKPOINTS / "gpt2" / "model.safetensors")

    def tearDown(self):
        self.folder.cleanup()

    def export(self, *flags, rename=lambda n: n):
        source = self.path / "source"
        source.mkdir(exist_ok=True)
        (source / "config.json").write_text(json.dumps(self.config))
        write_safetensors(source / "model.safetensors", {rename(n): v for n, v in self.tensors.items()})
        code, _, err = run(source, self.path / "out", "--force", *flags)
        self.assertEqual(code, 0, err)
        return ModelFolder(self.path / "out")

    def agrees(self, model):
        logits = model.run({"input_ids": IDS}, ["logits"])["logits"]
        np.testing.assert_allclose(logits, forward(self.config, self.tensors, IDS), rtol=0, atol=1e-6)

    def test_as_published(self):
        self.agrees(self.export())

    def test_prefix_transformer(self):
        self.agrees(self.export(rename=lambda n: f"transformer.{n}"))

    def test_wrapped_by_a_trainer(self):
        self.agrees(self.export(rename=lambda n: f"module.transformer.{n}"))

    def test_head_repeated(self):
        self.tensors["lm_head.weight"] = self.tensors["wte.weight"]
        model = self.export()
        self.agrees(model)
        self.assertEqual(model.metadata["tied"], "true")

    def test_untied(self):
        self.tensors["lm_head.weight"] = np.random.default_rng(0).standard_normal((512, 32)).astype(np.float32)
        self.config["tie_word_embeddings"] = False
        model = self.export()
        self.agrees(model)
        self.assertNotIn("tied", model.metadata)

    def test_other_width_of_mlp(self):
        random = np.random.default_rng(1)
        self.config["n_inner"] = 56
        for l in range(3):
            self.tensors[f"h.{l}.mlp.c_fc.weight"] = random.standard_normal((32, 56)).astype(np.float32)
            self.tensors[f"h.{l}.mlp.c_fc.bias"] = random.standard_normal(56).astype(np.float32)
            self.tensors[f"h.{l}.mlp.c_proj.weight"] = random.standard_normal((56, 32)).astype(np.float32)
        self.agrees(self.export())

    def test_scores_divided_by_layer_number(self):
        self.config["scale_attn_by_inverse_layer_idx"] = True
        model = self.export()
        self.agrees(model)
        self.assertEqual(model.metadata["scale_attn_by_inverse_layer_idx"], "true")

    def test_scores_not_scaled(self):
        self.config["scale_attn_weights"] = False
        self.agrees(self.export())

    def test_relu(self):
        self.config["activation_function"] = "relu"
        self.agrees(self.export())

    def test_float16_source_is_widened_exactly(self):
        self.tensors = {n: v.astype(np.float16) for n, v in self.tensors.items()}
        model = self.export()
        self.agrees(model)
        np.testing.assert_array_equal(model.weight("embed.W_E"), self.tensors["wte.weight"].astype(np.float32))

    def test_stored_as_float16_and_bfloat16(self):
        for dtype, onnx_type, bits in (("float16", 10, 11), ("bfloat16", 16, 8)):
            exact = self.export()
            before = exact.weights()
            narrow = self.export("--dtype", dtype)
            self.assertEqual({t.data_type for t in narrow.stored.values()}, {onnx_type})
            for name, values in before.items():
                away = np.abs(narrow.weight(name) - values)
                self.assertTrue((away <= np.abs(values) * 2.0 ** -bits + 2.0 ** -25).all(), f"{dtype} {name}")
            widened = {n: narrow.weight(n) for n in narrow.stored}
            found = narrow.run({"input_ids": IDS}, ["logits"])["logits"]
            from graph import evaluator
            expected = evaluator.run(exact.graph, widened.get, {"input_ids": IDS}, ["logits"])["logits"]
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)

    def test_classifier_head(self):
        for weight, bias in (("classifier.weight", "classifier.bias"), ("score.weight", None)):
            random = np.random.default_rng(2)
            self.tensors[weight] = random.standard_normal((2, 32)).astype(np.float32)
            if bias:
                self.tensors[bias] = random.standard_normal(2).astype(np.float32)
            self.config["id2label"] = {"0": "negative", "1": "positive"}
            model = self.export()
            np.testing.assert_array_equal(model.weight("classifier.W"), self.tensors[weight].T)
            np.testing.assert_array_equal(model.weight("classifier.b"), self.tensors[bias] if bias else np.zeros(2))
            self.assertEqual(json.loads(model.metadata["labels"]), ["negative", "positive"])
            self.agrees(model)
            for name in (weight, bias):
                self.tensors.pop(name, None)

    def test_same_model_in_transformer_lens_format(self):
        from support import reference
        canonical, expected = reference("gpt2", "weights.safetensors"), forward(self.config, self.tensors, IDS)
        self.tensors = {**canonical, "blocks.0.attn.mask": np.zeros((48, 48), np.int64)}
        self.config = {"d_model": 32, "n_layers": 3, "d_mlp": 128, "d_head": 8, "n_heads": 4, "n_ctx": 48, "d_vocab": 512, "act_fn": "gelu_new",
                       "attn_only": False, "normalization": "LN"}
        logits = self.export().run({"input_ids": IDS}, ["logits"])["logits"]
        np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-6)

    def test_name_and_provenance(self):
        model = self.export("--name", "my model")
        self.assertEqual(model.metadata["name"], "my model")
        self.assertEqual(model.metadata["source"], "source")
        import hashlib
        for file, key in (("source/model.safetensors", json.loads(model.metadata["source_sha256"])["model.safetensors"]),
                          ("out/model.onnx.data", model.metadata["weights_sha256"])):
            self.assertEqual(hashlib.sha256((self.path / file).read_bytes()).hexdigest(), key)

    def test_same_bytes_twice(self):
        self.export()
        first = {p.name: p.read_bytes() for p in (self.path / "out").iterdir()}
        self.export()
        self.assertEqual(first, {p.name: p.read_bytes() for p in (self.path / "out").iterdir()})


if __name__ == "__main__":
    unittest.main()
