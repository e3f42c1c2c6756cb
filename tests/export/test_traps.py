"""Damaged, hostile and unknown checkpoints: one line that names the cause, exit code 2, nothing written."""

import json
import shutil
import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

from support import CHECKPOINTS, ModelFolder, read_safetensors, run, write_safetensors


class Traps(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def copy(self, name="gpt2"):
        source = self.path / "source"
        shutil.copytree(CHECKPOINTS / name, source, ignore=shutil.ignore_patterns("reference"), dirs_exist_ok=True)
        return source

    def refused(self, *words, source=None, flags=()):
        destination = self.path / "out"
        code, out, err = run(source or self.path / "source", destination, *flags)
        self.assertEqual((code, out), (2, ""), err)
        self.assertTrue(err.startswith("error: ") and err.count("\n") == 1 and len(err) < 600, err)
        for word in words:
            self.assertIn(word, err)
        self.assertFalse(destination.exists())
        self.assertEqual([p.name for p in self.path.iterdir() if p.name.startswith(".")], [])

    def set(self, name="gpt2", **values):
        source = self.copy(name)
        config = {**json.loads((source / "config.json").read_text()), **values}
        (source / "config.json").write_text(json.dumps(config))

    def change(self, change, name="gpt2"):
        file = self.copy(name) / "model.safetensors"
        tensors = {n: v.copy() for n, v in read_safetensors(file).items()}
        change(tensors)
        write_safetensors(file, tensors)

    def header(self, change):
        file = self.copy() / "model.safetensors"
        data = file.read_bytes()
        length = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + length])
        change(header)
        text = json.dumps(header).encode()
        file.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length:])

    # ------------------------------------------------ tensors

    def test_unread_tensor(self):
        self.change(lambda t: t.update({"h.0.attn.mystery": np.zeros(3, np.float32)}))
        self.refused("h.0.attn.mystery", "not read")

    def test_layer_beyond_config(self):
        self.change(lambda t: t.update({"h.3.ln_1.weight": np.ones(32, np.float32)}))
        self.refused("h.3.ln_1.weight")

    def test_missing_tensor(self):
        self.change(lambda t: t.pop("h.1.mlp.c_fc.weight"))
        self.refused("h.1.mlp.c_fc.weight")

    def test_wrong_shape(self):
        self.change(lambda t: t.update({"wpe.weight": np.zeros((47, 32), np.float32)}))
        self.refused("wpe.weight", "[48, 32]", "[47, 32]")

    def test_transposed_fused_matrix(self):
        self.change(lambda t: t.update({"h.0.attn.c_attn.weight": np.zeros((96, 32), np.float32)}))
        self.refused("h.0.attn.c_attn.weight")

    def test_nan_and_infinity(self):
        for value, word in ((np.nan, "nan"), (np.inf, "inf")):
            def spoil(tensors):
                tensors["h.1.mlp.c_proj.weight"][7, 5] = value
            self.change(spoil)
            self.refused("h.1.mlp.c_proj.weight", word, "[7, 5]")

    def test_float64_beyond_float32(self):
        self.change(lambda t: t.update({"ln_f.bias": np.full(32, 1e39)}))
        self.refused("ln_f.bias", "1e+39", "float32")

    def test_both_prefixed_and_not(self):
        self.change(lambda t: t.update({"transformer.wte.weight": t["wte.weight"]}))
        self.refused("wte.weight", "twice")

    def test_head_that_differs_though_tied(self):
        self.change(lambda t: t.update({"lm_head.weight": t["wte.weight"] + 1}))
        self.refused("lm_head.weight", "tie_word_embeddings")

    def test_value_too_large_for_float16(self):
        def spoil(tensors):
            tensors["wte.weight"][3, 4] = 1e6
        self.change(spoil)
        self.refused("embed.W_E", "float16", "bfloat16", flags=["--dtype", "float16"])

    # ------------------------------------------------ safetensors

    def test_cut_off_at_many_places(self):
        file = self.copy() / "model.safetensors"
        data = file.read_bytes()
        for length in (0, 5, 8, 100, 2000, len(data) // 2, len(data) - 1):
            file.write_bytes(data[:length])
            self.refused("model.safetensors")

    def test_header_length_beyond_the_file(self):
        file = self.copy() / "model.safetensors"
        data = file.read_bytes()
        for length in (1 << 63, 1 << 40, len(data)):
            file.write_bytes(struct.pack("<Q", length) + data[8:])
            self.refused("header")

    def test_header_is_not_json(self):
        file = self.copy() / "model.safetensors"
        for text in (b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"a": 1, "a": 2}', b'{"x": 3}', b'{"x": {"dtype": "F32"}}'):
            file.write_bytes(struct.pack("<Q", len(text)) + text)
            self.refused("model.safetensors")

    def test_hostile_entries(self):
        for values in ({"data_offsets": [0, 1 << 40]}, {"data_offsets": [-8, 0]}, {"shape": [1 << 62, 1 << 62]}, {"shape": [-1]}, {"dtype": "Q7"},
                       {"shape": [2.5]}, {"data_offsets": [0]}, {"shape": [[1]]}, {"data_offsets": [8, 0]}):
            self.header(lambda h, values=values: h["ln_f.bias"].update(values))
            self.refused("ln_f.bias")

    def test_lfs_pointer(self):
        (self.copy() / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
        self.refused("LFS")

    # ------------------------------------------------ shards

    def index(self, weight_map):
        source = self.copy("llama")
        index = json.loads((source / "model.safetensors.index.json").read_text())
        weight_map(index["weight_map"])
        (source / "model.safetensors.index.json").write_text(json.dumps(index))

    def test_shard_paths_that_leave_the_folder(self):
        for name in ("../secret.safetensors", "/etc/passwd", "a/b.safetensors", "..", ""):
            self.index(lambda m, name=name: m.update({"model.norm.weight": name}))
            self.refused("model.safetensors.index.json")

    def test_missing_shard(self):
        (self.copy("llama") / "model-00002-of-00003.safetensors").unlink()
        self.refused("model-00002-of-00003.safetensors", "missing")

    def test_index_that_names_another_shard(self):
        self.index(lambda m: m.update({"model.norm.weight": "model-00001-of-00003.safetensors"}))
        self.refused("model.norm.weight")

    # ------------------------------------------------ configuration

    def test_unknown_architecture(self):
        self.set(model_type="mamba")
        self.refused("'mamba'", "known: ")
        self.set(model_type=None, architectures=None)
        self.refused("'model_type'")
        self.set(model_type=None, architectures=["MambaForCausalLM"])
        self.refused("'model_type'", "MambaForCausalLM")
        self.set(model_type=["gpt2"])
        self.refused("known: ")

    def test_mathematics_that_is_not_handled(self):
        for name, key, value in (
                ("gpt2", "activation_function", "quick_gelu"), ("gpt2", "add_cross_attention", True), ("gpt2", "quantization_config", {"bits": 4}),
                ("gpt2", "pruned_heads", {"0": [1]}), ("bert", "position_embedding_type", "relative_key"), ("bert", "is_decoder", True),
                ("llama", "rope_scaling", {"rope_type": "ntk", "factor": 4.0}), ("llama", "rope_scaling", {"type": "dynamic", "factor": 2.0, "original_max_position_embeddings": 32}),
                ("llama", "rope_scaling", {"rope_type": "linear", "factor": 2.0, "twist": 1}), ("llama3", "rope_scaling", {"rope_type": "llama3", "factor": 8.0}),
                ("llama", "hidden_act", "xielu"), ("llama", "pretraining_tp", 2), ("opt", "do_layer_norm_before", False), ("opt", "word_embed_proj_dim", 16),
                ("opt", "_remove_final_layer_norm", True), ("attn-only-2l", "final_rms", True), ("attn-only-2l", "normalization", "RMS"),
                ("gemma2", "layer_types", ["chunked_attention"] * 4), ("mistral", "layer_types", ["sliding_attention"]),
                ("gpt_neo", "attention_layers", ["global", "strided", "global", "local"])):
            shutil.rmtree(self.path / "source", ignore_errors=True)
            self.set(name, **{key: value})
            self.refused("rope_scaling" if key == "rope_scaling" else key)

    def test_values_of_the_wrong_kind(self):
        for key, values in {"n_embd": ("32", 0, -4, 32.0, True, None, 1 << 40, [32]), "n_head": (5, 0), "layer_norm_epsilon": ("small", None.__class__.__name__),
                            "n_inner": ("x", -1), "vocab_size": (513,), "n_positions": (49,)}.items():
            for value in values:
                self.set(**{key: value})
                self.refused()

    def test_odd_objects_in_rope_scaling(self):
        for value in ("linear", [1], {"rope_type": []}, {"rope_type": "linear"}, {"rope_type": "linear", "factor": "two"}, {"rope_type": "linear", "factor": 0}):
            self.set("llama", rope_scaling=value)
            self.refused()

    def test_config_is_not_an_object(self):
        source = self.copy()
        for text in ("", "[]", "{", "null", "\x00"):
            (source / "config.json").write_text(text)
            self.refused("config.json")

    # ------------------------------------------------ folders and arguments

    def test_folder_without_weights_or_config(self):
        (self.copy() / "model.safetensors").unlink()
        self.refused("no weights", "model.safetensors")
        (self.path / "source" / "config.json").unlink()
        self.refused("config.json")
        self.refused("not a folder", source=self.path / "nowhere")

    def test_destination_that_exists(self):
        source = self.copy()
        destination = self.path / "out"
        destination.mkdir()
        (destination / "precious.txt").write_text("mine")
        for flags in ([], ["--force"]):
            code, _, err = run(source, destination, *flags)
            self.assertEqual((code, err.count("\n")), (2, 1))
            self.assertEqual((destination / "precious.txt").read_text(), "mine")

    def test_destination_that_is_the_checkpoint(self):
        source = self.copy()
        (source / "model.onnx").write_text("somebody's")
        for destination in (source, self.path):
            code, _, err = run(source, destination, "--force")
            self.assertEqual(code, 2, err)
            self.assertTrue((source / "model.safetensors").exists())

    def test_force_replaces_a_model_folder(self):
        source = self.copy()
        for flags in ([], ["--force"]):
            code, out, err = run(source, self.path / "out", *flags)
            self.assertEqual(code, 0, err)
        self.assertEqual(sorted(p.name for p in self.path.iterdir()), ["out", "source"])

    def test_unknown_flag_and_missing_arguments(self):
        for arguments in (["--fold"], [], ["a"], ["a", "b", "--dtype", "int8"]):
            code, _, err = run(*arguments)
            self.assertEqual((code, err.count("\n")), (2, 1))

    def test_tokenizer_files_that_are_damaged(self):
        source = self.copy()
        for text in ("{", "[]", '{"model": 3}', '{"model": {"type": "Rune"}}', '{"model": {"type": "BPE", "vocab": {"a": "b"}}}', '{"added_tokens": [1]}'):
            (source / "tokenizer.json").write_text(text)
            code, out, err = run(source, self.path / "out", "--force")
            self.assertEqual((code, err), (0, ""))
            self.assertIn("note: no tokenizer is exported", out)
            model = ModelFolder(self.path / "out")
            self.assertEqual([model.metadata[k] for k in ("tokenizer_files", "bos_id")], ["{}", "511"])
            self.assertNotIn("tokenizer_kind", model.metadata)
            self.assertEqual([p.name for p in model.path.iterdir() if not p.name.startswith("model.onnx")], [])


if __name__ == "__main__":
    unittest.main()
