"""Checkpoints as people have them (tests/Golden/bugs): right logits, or one line that names the cause. Each stands for a kind; its neighbours are tried beside it."""

import json
import shutil
import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

from support import NAMES, ROOT, ModelFolder, folder_of, read_safetensors, run, write_safetensors

BUGS = ROOT / "tests" / "Golden" / "bugs"


def tensors_of(name):
    """Every tensor of a golden checkpoint."""
    return {n: v.copy() for file in sorted(folder_of(name).glob("*.safetensors")) for n, v in read_safetensors(file).items()}


class Bugs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.source = self.path / "source"
        self.source.mkdir()

    def tearDown(self):
        self.folder.cleanup()

    def put(self, bug, tensors):
        """A checkpoint with the configuration of a bug."""
        shutil.copyfile(BUGS / bug / "config.json", self.source / "config.json")
        write_safetensors(self.source / "model.safetensors", tensors)

    def edit(self, change):
        config = json.loads((self.source / "config.json").read_text(encoding="utf-8-sig"))
        change(config)
        (self.source / "config.json").write_text(json.dumps(config))

    def exported(self, *words, flags=()):
        code, out, err = run(self.source, self.path / "out", "--force", *flags)
        self.assertEqual((code, err), (0, ""))
        for word in words:
            self.assertIn(word, out)
        return ModelFolder(self.path / "out")

    def right(self, bug, *words, atol=1e-4):
        model, truth = self.exported(*words), np.load(BUGS / bug / "truth.npz")
        np.testing.assert_allclose(model.run({"input_ids": truth["ids"]}, ["logits"])["logits"], truth["logits"], rtol=0, atol=atol)
        return model

    def refused(self, *words, flags=()):
        code, out, err = run(self.source, self.path / "refused", *flags)
        self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
        for word in words:
            self.assertIn(word, err)
        self.assertFalse((self.path / "refused").exists())

    # ------------------------------------------------ configuration

    def test_byte_order_mark(self):
        self.put("cfg-bom", tensors_of("gpt2"))
        self.assertTrue((self.source / "config.json").read_bytes().startswith(b"\xef\xbb\xbf"))
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (self.source / name).write_bytes(b"\xef\xbb\xbf" + (folder_of("gpt2") / name).read_bytes())
        self.assertEqual(self.right("cfg-bom").metadata["tokenizer_kind"], "byte-level-bpe")

    def test_no_model_type(self):
        self.put("no-model-type", tensors_of("gpt2"))
        self.right("no-model-type", "note: config.json has no 'model_type'; it is read as 'gpt2'")

    def test_class_of_every_architecture(self):
        import architectures
        for kind, (_, name) in architectures.TABLE.items():
            for ending in ("Model", "LMHeadModel", "ForCausalLM", "ForMaskedLM", "ForSequenceClassification"):
                notes = []
                self.assertEqual(architectures._of_class([name + ending], notes), kind)
                self.assertIn(kind, notes[0])

    def test_absent_soft_caps_and_window_are_those_of_the_class(self):
        self.put("gemma2-no-softcap-keys", tensors_of("gemma2"))
        metadata = self.right("gemma2-no-softcap-keys").metadata
        self.assertEqual([json.loads(metadata[k]) for k in ("attn_scores_soft_cap", "output_logits_soft_cap", "window_size")], [50, 30, [4096, None, 4096, None]])

    def test_soft_caps_that_are_null_are_none(self):
        self.put("gemma2-no-softcap-keys", tensors_of("gemma2"))
        self.edit(lambda c: c.update(attn_logit_softcapping=None, final_logit_softcapping=None, sliding_window=None))
        self.assertTrue({"attn_scores_soft_cap", "output_logits_soft_cap", "window_size"}.isdisjoint(self.exported().metadata))

    def test_absent_rope_theta_is_that_of_the_class(self):
        self.put("mixtral-no-rope-theta", tensors_of("mixtral"))
        self.right("mixtral-no-rope-theta")

    def test_rope_scaling_with_keys_that_its_type_does_not_use(self):
        self.put("rope-default-factor", tensors_of("llama"))
        inv_freq = self.right("rope-default-factor").metadata["inv_freq"]
        for scaling in ({"type": "default"}, {"rope_type": "default", "factor": 4.0, "low_freq_factor": 2.0, "short_factor": [2.0], "beta_fast": 32}, {"factor": 3.0},
                        {"type": "dynamic", "factor": 2.0}, {"rope_type": "dynamic", "factor": 8, "original_max_position_embeddings": 64, "attention_factor": None}):
            self.edit(lambda c, s=scaling: c.update(rope_scaling=s))
            metadata = self.exported().metadata
            self.assertEqual((metadata["inv_freq"], metadata["rope_attention_factor"]), (inv_freq, "1.0"), scaling)
        self.edit(lambda c: c.update(rope_scaling={"rope_type": "linear", "factor": 2.0, "original_max_position_embeddings": 32}))
        np.testing.assert_allclose(json.loads(self.exported().metadata["inv_freq"]), np.array(json.loads(inv_freq)) / 2, rtol=1e-6)

    def test_rope_values_that_contradict_each_other(self):
        self.put("rope-default-factor", tensors_of("llama"))
        for values, word in (({"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}, "rope_scaling": None}, "rope_theta"),
                             ({"rope_parameters": {"rope_type": "linear", "factor": 2.0}}, "rope_scaling"),
                             ({"rope_scaling": {"rope_type": "linear", "factor": 2.0, "twist": 1}}, "twist")):
            shutil.copyfile(BUGS / "rope-default-factor" / "config.json", self.source / "config.json")
            self.edit(lambda c, v=values: c.update(v))
            self.refused("config.json", word)

    def test_text_part_of_a_model_of_images_and_text(self):
        text = tensors_of("gemma3")
        images = {"vision_tower.vision_model.post_layernorm.weight": np.ones(8, np.float32), "multi_modal_projector.mm_soft_emb_norm.weight": np.ones(8, np.float32)}
        for rename, wrap in ((lambda n: f"language_model.{n}", ""), (lambda n: n.replace("model.", "model.language_model."), "model.")):
            self.put("gemma3-multimodal", {**{rename(n): v for n, v in text.items() if n != "lm_head.weight"}, **{wrap + n: v for n, v in images.items()}})
            self.right("gemma3-multimodal", "note: only the text part")
        self.edit(lambda c: c.pop("text_config"))
        self.refused("text_config")
        self.edit(lambda c: c.update(model_type="llava", text_config={"model_type": "llama"}))
        self.refused("'llava'", "text part")

    # ------------------------------------------------ weights

    def test_index_that_lists_buffers_that_nothing_needs(self):
        for file in folder_of("llama").glob("model*"):
            shutil.copyfile(file, self.source / file.name)
        shutil.copyfile(BUGS / "index-lists-absent-buffer" / "config.json", self.source / "config.json")
        index = self.source / "model.safetensors.index.json"
        listed = json.loads(index.read_text())
        shard = next(iter(listed["weight_map"].values()))
        listed["weight_map"].update({f"model.layers.{l}.self_attn.rotary_emb.inv_freq": shard for l in range(3)})
        index.write_text(json.dumps(listed))
        self.right("index-lists-absent-buffer")
        for name in ("model.layers.1.self_attn.q_proj.bias", "model.layers.1.mlp.gate_proj.bias", "lm_head.bias", "model.layers.9.mlp.up_proj.weight"):
            index.write_text(json.dumps({**listed, "weight_map": {**listed["weight_map"], name: shard}}))
            self.refused(name, shard)

    def test_float64(self):
        self.put("st-f64", {n: v.astype(np.float64) for n, v in tensors_of("gpt2").items()})
        self.right("st-f64", "note: weights in float64")

    def test_experts_fused_into_two_tensors(self):
        tensors, fused = tensors_of("mixtral"), {}
        for l in range(2):
            here, there = f"model.layers.{l}.block_sparse_moe", f"model.layers.{l}.mlp"
            part = {w: np.stack([widened(tensors.pop(f"{here}.experts.{e}.{w}.weight")) for e in range(4)]) for w in ("w1", "w2", "w3")}
            fused[f"{there}.gate.weight"] = tensors.pop(f"{here}.gate.weight")
            fused[f"{there}.experts.gate_up_proj"], fused[f"{there}.experts.down_proj"] = np.concatenate([part["w1"], part["w3"]], 1), part["w2"]
        self.put("mixtral-fused-experts", {**tensors, **fused})
        self.right("mixtral-fused-experts")
        fused["model.layers.0.mlp.experts.gate_up_proj"] = np.ascontiguousarray(fused["model.layers.0.mlp.experts.gate_up_proj"].transpose(0, 2, 1))
        self.put("mixtral-fused-experts", {**tensors, **fused})
        self.refused("gate_up_proj", "[4, 80, 32]", "[4, 32, 80]")

    def test_prefix_of_a_training_wrapper(self):
        for prefix in ("model.transformer.", "model.", "_forward_module.module.", "module.transformer.", "base_model.model.transformer."):
            self.put("wrapper-prefix", {prefix + n: v for n, v in tensors_of("gpt2").items()})
            self.right("wrapper-prefix")

    def test_prefix_of_some_tensors_is_named(self):
        tensors = tensors_of("gpt2")
        self.put("wrapper-prefix", {("student." if n.startswith("w") else "") + n: v for n, v in tensors.items()})
        self.refused("'wte.weight'", "'student.wte.weight'", "'student.'")

    def test_adapter_that_is_not_merged(self):
        tensors = tensors_of("llama")
        for l in range(3):
            name = f"model.layers.{l}.self_attn.q_proj"
            tensors[f"{name}.base_layer.weight"] = tensors.pop(f"{name}.weight")
            tensors.update({f"{name}.lora_A.default.weight": np.zeros((2, 32), np.float32), f"{name}.lora_B.default.weight": np.zeros((32, 2), np.float32)})
        self.put("lora-wrapped", tensors)
        self.refused("base_layer", "LoRA", "merge")
        self.put("lora-wrapped", {**tensors_of("llama"), "model.layers.0.self_attn.q_proj.lora_A.weight": np.zeros((2, 32), np.float32)})
        self.refused("q_proj.lora_A.weight", "LoRA")

    def test_adapter_given_as_a_model(self):
        write_safetensors(self.source / "adapter_model.safetensors", {"base_model.model.x.lora_A.weight": np.zeros((2, 32), np.float32)})
        (self.source / "adapter_config.json").write_text('{"peft_type": "LORA"}')
        self.refused("adapter", "--adapter")

    # ------------------------------------------------ safetensors

    def rewrite(self, change, tail=b""):
        """The header changed, the data as they were."""
        self.put("st-overlap", tensors_of("gpt2"))
        data = (self.source / "model.safetensors").read_bytes()
        length = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + length])
        change(header)
        text = json.dumps(header).encode()
        (self.source / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length:] + tail)

    def test_tensors_that_overlap(self):
        def onto(header):
            begin, end = header["h.0.ln_1.weight"]["data_offsets"]
            header["h.0.ln_1.bias"]["data_offsets"] = [begin - 64, end - 64]
        self.rewrite(onto)
        self.refused("overlap", "h.0.ln_1")
        self.rewrite(lambda header: header["h.0.ln_1.bias"].update(data_offsets=header["h.0.ln_1.weight"]["data_offsets"]))
        self.refused("h.0.ln_1")

    def test_gaps_and_early_ends(self):
        self.rewrite(lambda header: header.pop("h.1.ln_1.bias"))
        self.refused("leave a gap")
        self.rewrite(lambda header: None, tail=b"\0" * 16)
        self.refused("16 bytes behind its last tensor")
        self.rewrite(lambda header: header.update(first=header.pop(min(header, key=lambda n: header[n]["data_offsets"]))))
        self.refused("'first'")

    # ------------------------------------------------ tokenizer

    def test_one_id_more_than_rows(self):
        self.put("tok-one-id-too-many", tensors_of("gemma3"))
        shutil.copyfile(BUGS / "tok-one-id-too-many" / "tokenizer.json", self.source / "tokenizer.json")
        model = self.exported("note: the embedding has 533 rows, the tokenizer also knows '<image_soft_token>' = 533")
        self.assertEqual((model.metadata["tokenizer_size"], list(json.loads(model.metadata["tokenizer_files"]))), ("533", ["tokenizer.json"]))

    def test_tokenizer_of_another_model_stays_behind(self):
        self.put("cfg-bom", tensors_of("gpt2"))
        tokenizer = json.loads((folder_of("gpt2") / "tokenizer.json").read_text())
        tokenizer["model"]["vocab"]["extra"] = 512
        (self.source / "tokenizer.json").write_text(json.dumps(tokenizer))
        model = self.exported("note: no tokenizer is exported", "512", "another model")
        self.assertEqual(model.metadata["tokenizer_files"], "{}")

    def test_class_that_only_config_json_tells(self):
        self.put("cfg-bom", tensors_of("gpt2"))
        shutil.copyfile(folder_of("gpt2") / "tokenizer.json", self.source / "tokenizer.json")
        self.assertEqual(self.exported().metadata["tokenizer_class"], "gpt2")
        self.edit(lambda c: c.update(tokenizer_class="BertTokenizer"))
        self.assertEqual(self.exported().metadata["tokenizer_class"], "BertTokenizer")
        (self.source / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
        self.assertNotIn("tokenizer_class", self.exported().metadata)

    def test_ids_of_a_class_that_came_from_fairseq(self):
        from folder import tokenizer_files
        facts = tokenizer_files.describe(BUGS / "tok-xlmr-spm-only", 532, [])
        self.assertEqual([facts[k] for k in ("tokenizer_size", "bos_id", "pad_id", "eos_id", "unk_id", "mask_id")], [532, 0, 1, 2, 3, 531])

    def test_vocabulary_of_a_tokenizer_that_cannot_be_read_goes_along(self):
        self.put("cfg-bom", tensors_of("gpt2"))
        (self.source / "tokenizer.json").write_text('{"model": {"type": "Rune", "vocab": {"a": 0}}}')
        metadata = self.exported("note: the tokenizer's model is of a type that is not known").metadata
        self.assertEqual((list(json.loads(metadata["tokenizer_files"])), "tokenizer_kind" in metadata), (["tokenizer.json"], False))

    def test_special_id_beyond_the_rows_is_none(self):
        self.put("cfg-bom", tensors_of("gpt2"))
        tokenizer = json.loads((folder_of("gpt2") / "tokenizer.json").read_text())
        tokenizer["added_tokens"].append({"id": 512, "content": "<s>", "special": True})
        (self.source / "tokenizer.json").write_text(json.dumps(tokenizer))
        (self.source / "tokenizer_config.json").write_text('{"bos_token": "<s>"}')
        self.assertEqual(self.exported("'<s>' = 512").metadata["bos_id"], "511")  # that of config.json


def widened(values):
    """bfloat16 as float32."""
    return (values.astype(np.uint32) << 16).view(np.float32) if values.dtype == np.uint16 else values


class Inventory(unittest.TestCase):
    def test_every_bug_has_its_test(self):
        text = Path(__file__).read_text() + (ROOT / "tests" / "PluginLens.Tokenizers.Tests" / "BugTests.cs").read_text()
        for folder in (f for f in BUGS.iterdir() if (f / "expect.txt").exists() and (f / "config.json").exists()):
            self.assertIn(f'"{folder.name}"', text)
        self.assertEqual(len(NAMES), 15)


if __name__ == "__main__":
    unittest.main()
