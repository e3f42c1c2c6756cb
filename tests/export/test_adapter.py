"""LoRA adapters merged at export: the logits are those of the base with the adapter beside it, computed here without merging."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from support import CHECKPOINTS, ModelFolder, read_safetensors, run, write_safetensors
from test_bugs import tensors_of
from test_gpt2_variants import IDS, forward

SETTINGS = {"peft_type": "LORA", "r": 4, "lora_alpha": 6, "bias": "none", "use_dora": False, "use_rslora": False, "target_modules": ["c_attn", "c_proj"], "modules_to_save": None,
            "fan_in_fan_out": True, "rank_pattern": {}, "alpha_pattern": {}, "init_lora_weights": True, "base_model_name_or_path": "gpt2"}
HEAD = "base_model.model.transformer."


class Adapters(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        for name in ("base", "adapter"):
            (self.path / name).mkdir()
        self.random = np.random.default_rng(5)
        self.config = json.loads((CHECKPOINTS / "gpt2" / "config.json").read_text())
        self.tensors = read_safetensors(CHECKPOINTS / "gpt2" / "model.safetensors")
        self.parts, self.settings = {}, dict(SETTINGS)

    def tearDown(self):
        self.folder.cleanup()

    def normal(self, *shape):
        return (self.random.standard_normal(shape) * 0.3).astype(np.float32)

    def lora(self, module, inward, outward, rank=4):
        """Adds the two matrices of a module, and gives what they add to x @ W, [in, out] without the scale."""
        a, b = self.normal(rank, inward), self.normal(outward, rank)
        self.parts[f"{HEAD}{module}.lora_A.weight"], self.parts[f"{HEAD}{module}.lora_B.weight"] = a, b
        return (b.astype(np.float64) @ a).T

    def export(self, *flags, tensors=None):
        (self.path / "base" / "config.json").write_text(json.dumps(self.config))
        write_safetensors(self.path / "base" / "model.safetensors", self.tensors if tensors is None else tensors)
        (self.path / "adapter" / "adapter_config.json").write_text(json.dumps(self.settings))
        write_safetensors(self.path / "adapter" / "adapter_model.safetensors", self.parts)
        return run(self.path / "base", self.path / "out", "--force", "--adapter", self.path / "adapter", *flags)

    def agrees(self, tensors, *flags):
        code, _, err = self.export(*flags)
        self.assertEqual((code, err), (0, ""))
        model = ModelFolder(self.path / "out")
        np.testing.assert_allclose(model.run({"input_ids": IDS}, ["logits"])["logits"], forward(self.config, tensors, IDS), rtol=0, atol=1e-4)
        return model

    def refused(self, *words):
        code, out, err = self.export()
        self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
        for word in words:
            self.assertIn(word, err)
        self.assertFalse((self.path / "out").exists())

    def changed(self, scale=6 / 4):
        """Adapters on a fused matrix, on a square one and on one of the MLP; the tensors that stand for them."""
        tensors = {n: v.astype(np.float64) for n, v in self.tensors.items()}
        tensors["h.0.attn.c_attn.weight"] += scale * self.lora("h.0.attn.c_attn", 32, 96)
        tensors["h.1.attn.c_proj.weight"] += scale * self.lora("h.1.attn.c_proj", 32, 32)
        tensors["h.2.mlp.c_proj.weight"] += scale * self.lora("h.2.mlp.c_proj", 128, 32)
        return tensors

    def test_gpt2(self):
        model = self.agrees(self.changed())
        self.assertEqual(model.metadata["adapter"], "adapter")
        self.assertEqual(set(json.loads(model.metadata["source_sha256"])), {"model.safetensors", "adapter_model.safetensors"})
        self.assertFalse(np.allclose(model.run({"input_ids": IDS}, ["logits"])["logits"], forward(self.config, self.tensors, IDS), atol=0.1))

    def test_of_a_base_with_other_prefixes(self):
        expected = self.changed()
        self.tensors = {f"transformer.{n}": v for n, v in self.tensors.items()}
        self.agrees(expected)

    def test_scale_by_the_root_of_the_rank(self):
        self.settings["use_rslora"] = True
        self.agrees(self.changed(scale=6 / 2))

    def test_ranks_and_alphas_of_their_own(self):
        self.settings.update(rank_pattern={"h.0.mlp.c_fc": 2}, alpha_pattern={"c_fc": 10})
        tensors = self.changed()
        tensors["h.0.mlp.c_fc.weight"] += 10 / 2 * self.lora("h.0.mlp.c_fc", 32, 128, rank=2)
        self.agrees(tensors)

    def test_processing_after_merging(self):
        tensors = self.changed()
        self.assertEqual(self.export("--transformer-lens-defaults")[0], 0)
        found = ModelFolder(self.path / "out").log_probabilities({"input_ids": IDS})
        expected = forward(self.config, tensors, IDS)
        expected -= expected.max(-1, keepdims=True)
        np.testing.assert_allclose(found, expected - np.log(np.exp(expected).sum(-1, keepdims=True)), atol=1e-4)

    def test_module_saved_whole(self):
        self.config["tie_word_embeddings"] = False
        self.tensors["lm_head.weight"] = self.normal(512, 32)
        tensors = {**self.changed(), "lm_head.weight": self.normal(512, 32).astype(np.float64)}
        self.settings["modules_to_save"] = ["lm_head"]
        for name in ("base_model.model.lm_head.weight", "base_model.model.lm_head.modules_to_save.weight", "base_model.model.lm_head.modules_to_save.default.weight"):
            parts = dict(self.parts)
            self.parts[name] = tensors["lm_head.weight"].astype(np.float32)
            self.agrees(tensors)
            self.parts = parts

    def test_embedding(self):
        self.config["tie_word_embeddings"] = False
        self.tensors["lm_head.weight"] = self.normal(512, 32)
        tensors = {n: v.astype(np.float64) for n, v in self.tensors.items()}
        a, b = self.normal(4, 512), self.normal(32, 4)
        self.parts[f"{HEAD}wte.lora_embedding_A"], self.parts[f"{HEAD}wte.lora_embedding_B"] = a, b
        tensors["wte.weight"] += 6 / 4 * (b.astype(np.float64) @ a).T
        self.agrees(tensors)
        del self.tensors["lm_head.weight"]
        self.config["tie_word_embeddings"] = True
        (self.path / "out").rename(self.path / "before")
        self.refused("embedding", "tied")

    def test_of_a_matrix_stored_as_rows_of_outputs(self):
        self.config, self.tensors = json.loads((CHECKPOINTS / "llama" / "config.json").read_text()), tensors_of("llama")
        a, b = self.normal(4, 32), self.normal(16, 4)
        name = "model.layers.1.self_attn.v_proj"
        self.parts = {f"base_model.model.{name}.lora_A.weight": a, f"base_model.model.{name}.lora_B.weight": b}
        self.settings.update(fan_in_fan_out=False, target_modules=["v_proj"])
        code, _, err = self.export()
        self.assertEqual((code, err), (0, ""))
        found = ModelFolder(self.path / "out").weight("blocks.1.attn.W_V")
        expected = (self.tensors[f"{name}.weight"] + 1.5 * (b.astype(np.float64) @ a)).reshape(2, 8, 32).transpose(0, 2, 1)
        np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_whole_module_deep_in_the_model(self):
        self.config, self.tensors = json.loads((CHECKPOINTS / "llama" / "config.json").read_text()), tensors_of("llama")
        for name in ("model.embed_tokens", "model.layers.1.self_attn.v_proj"):
            for form in (f"base_model.model.{name}.weight", f"base_model.model.{name}.base_layer.weight", f"base_model.model.{name}.modules_to_save.weight"):
                self.parts = {form: self.normal(*self.tensors[f"{name}.weight"].shape)}
                code, _, err = self.export()
                self.assertEqual((code, err), (0, ""), form)
                found = ModelFolder(self.path / "out").weight("embed.W_E" if "embed" in name else "blocks.1.attn.W_V")
                expected = self.parts[form] if "embed" in name else self.parts[form].reshape(2, 8, 32).transpose(0, 2, 1)
                np.testing.assert_array_equal(found, expected)

    def test_file_of_pytorch(self):
        import torch
        tensors = self.changed()
        self.export()
        (self.path / "adapter" / "adapter_model.safetensors").unlink()
        torch.save({n: torch.from_numpy(v) for n, v in self.parts.items()}, self.path / "adapter" / "adapter_model.bin")
        code, _, err = run(self.path / "base", self.path / "out", "--force", "--adapter", self.path / "adapter")
        self.assertEqual((code, err), (0, ""))
        found = ModelFolder(self.path / "out").run({"input_ids": IDS}, ["logits"])["logits"]
        np.testing.assert_allclose(found, forward(self.config, tensors, IDS), rtol=0, atol=1e-4)

    def test_refusals(self):
        for key, value, word in (("peft_type", "IA3", "IA3"), ("use_dora", True, "use_dora"), ("bias", "all", "bias"), ("init_lora_weights", "pissa", "pissa"), ("r", 8, "rank 4"),
                                 ("lora_alpha", "6", "lora_alpha"), ("lora_alpha", None, "lora_alpha"), ("layer_replication", [[0, 2]], "layer_replication")):
            self.parts, self.settings = {}, {**SETTINGS, key: value}
            self.changed()
            self.refused(word)

    def test_adapter_of_another_base(self):
        self.changed()
        self.parts[f"{HEAD}h.7.attn.c_attn.lora_A.weight"], self.parts[f"{HEAD}h.7.attn.c_attn.lora_B.weight"] = self.normal(4, 32), self.normal(96, 4)
        self.refused("h.7.attn.c_attn", "another base")
        self.parts = {}
        self.lora("h.0.attn.c_attn", 48, 96)
        self.refused("h.0.attn.c_attn", "[32, 96]", "another base")

    def test_parts_that_do_not_belong_together(self):
        self.changed()
        self.parts.pop(f"{HEAD}h.0.attn.c_attn.lora_B.weight")
        self.refused("h.0.attn.c_attn", "lora_A")
        self.parts = {f"{HEAD}h.0.attn.c_attn.lora_magnitude_vector": self.normal(96)}
        self.refused("lora_magnitude_vector")
        self.parts = {}
        self.refused("no tensors")

    def test_folder_without_an_adapter(self):
        self.changed()
        self.export()
        (self.path / "adapter" / "adapter_model.safetensors").unlink()
        code, _, err = run(self.path / "base", self.path / "other", "--adapter", self.path / "adapter")
        self.assertEqual((code, err.count("\n")), (2, 1))
        self.assertIn("adapter_model.safetensors", err)


if __name__ == "__main__":
    unittest.main()
