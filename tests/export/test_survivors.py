"""Small arithmetic of the exporter that no golden checkpoint shows: each test fails for a change that once went unnoticed."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from support import ModelFolder, folder_of, read_safetensors, run, write_safetensors
from test_bugs import tensors_of

import pipeline
import processing
from processing.arithmetic import subtract_mean, times_matrix
from processing.refactor_attn import product_svd
from weight import Weight


def loaded(name):
    return pipeline.load(folder_of(name))


def given(values):
    return Weight(values.shape, lambda: values.copy(), "given")


class Padding(unittest.TestCase):
    def test_positions_of_roberta_begin_behind_its_own_padding(self):
        for pad in (0, 3):
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / "source"
                source.mkdir()
                config = json.loads((folder_of("roberta") / "config.json").read_text())
                (source / "config.json").write_text(json.dumps({**config, "pad_token_id": pad}))
                tensors = tensors_of("roberta")
                write_safetensors(source / "model.safetensors", tensors)
                code, _, err = run(source, Path(folder) / "out")
                self.assertEqual((code, err), (0, ""))
                model = ModelFolder(Path(folder) / "out")
                table = tensors["roberta.embeddings.position_embeddings.weight" if "roberta.embeddings.position_embeddings.weight" in tensors
                                else "embeddings.position_embeddings.weight"]
                self.assertEqual((json.loads(model.metadata["pos_offset"]), json.loads(model.metadata["n_ctx"])), (pad + 1, len(table) - pad - 1))
                ids = np.array([[7, 8, pad, 9]])
                found = model.run({"input_ids": ids, "attention_mask": np.ones_like(ids)}, ["hook_pos_embed"])["hook_pos_embed"][0]
                np.testing.assert_array_equal(found[[0, 1, 3]], table[pad + 1:pad + 4])  # the padding itself is not counted


class Refactoring(unittest.TestCase):
    def test_factors_of_queries_and_keys_are_balanced(self):
        _, weights = processing.STEPS["refactor_attn"](*loaded("gpt2")[:2])
        for layer in range(3):
            q, k = (np.concatenate([weights[f"blocks.{layer}.attn.W_{n}"].read(), weights[f"blocks.{layer}.attn.b_{n}"].read()[:, None]], 1).astype(np.float64) for n in "QK")
            for left, right in zip(q, k):
                np.testing.assert_allclose(left.T @ left, right.T @ right, atol=1e-5)  # both S, on a diagonal
                np.testing.assert_allclose(left.T @ left, np.diag(np.diag(left.T @ left)), atol=1e-5)

    def test_grouped_heads_are_repeated_for_the_heads_that_read_them(self):
        config, weights = loaded("gpt2")[:2]
        random, d, dh = np.random.default_rng(3), 32, 8
        config, grouped = {**config, "n_key_value_heads": 2}, dict(weights)
        for layer in range(3):
            for letter in "KV":
                grouped[f"blocks.{layer}.attn.W_{letter}"] = given(random.standard_normal((2, d, dh)).astype(np.float32))
                grouped[f"blocks.{layer}.attn.b_{letter}"] = given(random.standard_normal((2, dh)).astype(np.float32))
        facts, found = processing.STEPS["refactor_attn"](config, grouped)
        self.assertNotIn("n_key_value_heads", facts)
        for layer in range(3):
            old = {n: grouped[f"blocks.{layer}.attn.{n}"].read().astype(np.float64) for n in ("W_Q", "W_K", "W_V", "W_O", "b_Q", "b_K", "b_V", "b_O")}
            new = {n: found[f"blocks.{layer}.attn.{n}"].read().astype(np.float64) for n in old}
            for head in range(4):
                group = head // 2
                np.testing.assert_allclose(new["W_Q"][head] @ new["W_K"][head].T, old["W_Q"][head] @ old["W_K"][group].T, atol=1e-5)
                np.testing.assert_allclose(new["W_K"][head] @ new["b_Q"][head], old["W_K"][group] @ old["b_Q"][head], atol=1e-5)
                np.testing.assert_allclose(new["W_V"][head] @ new["W_O"][head], old["W_V"][group] @ old["W_O"][head], atol=1e-5)
            np.testing.assert_allclose(new["b_O"], old["b_O"] + sum(old["b_V"][h // 2] @ old["W_O"][h] for h in range(4)), atol=1e-5)

    def test_signs_of_tied_entries_are_those_of_the_lowest_index(self):
        # (1, -1) / √2: the two entries are equal but for rounding, and the first is made positive.
        for scale in (1.0, 2.0, 3.0, 0.7, 1e-3):
            _, s, v = product_svd(np.array([[2.0], [0], [0]]) * scale, np.array([[1.0], [-1]]))
            np.testing.assert_allclose(v[:, 0], [0.5 ** 0.5, -(0.5 ** 0.5)], atol=1e-12)
            np.testing.assert_allclose(s, [2 * scale * 2 ** 0.5])
        rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
        for i in range(3):
            _, _, v = product_svd(rotation[:, :1] * (i + 1), np.array([[-1.0], [1], [1 - 1e-15], [-1 + 1e-15]]))
            self.assertGreater(v[0, 0], 0)


class Folding(unittest.TestCase):
    def test_gates_are_not_centred(self):
        config, weights = loaded("llama")[:2]
        random = np.random.default_rng(4)
        config, weights = {**config, "norm": "LN"}, dict(weights)
        weights["blocks.0.ln2.b"] = given(random.standard_normal(32).astype(np.float32))
        facts, found = processing.STEPS["fold_ln"](config, weights)
        gain = weights["blocks.0.ln2.w"].read().astype(np.float64)
        for name, centred in (("W_gate", False), ("W_in", True)):
            expected = weights[f"blocks.0.mlp.{name}"].read() * gain[:, None]
            expected -= expected.mean(0) if centred else 0
            np.testing.assert_allclose(found[f"blocks.0.mlp.{name}"].read(), expected, atol=1e-6, err_msg=name)
            bias = weights["blocks.0.ln2.b"].read().astype(np.float64) @ weights[f"blocks.0.mlp.{name}"].read()
            np.testing.assert_allclose(found[f"blocks.0.mlp.b_{name[2:]}"].read(), bias, atol=1e-6)
        self.assertEqual(facts["norm"], "LNPre")


class Float64(unittest.TestCase):
    def test_products_and_means_are_summed_in_float64(self):
        # Large numbers that cancel: float32 keeps nothing of what is left.
        vector = np.array([1e8, 1, -1e8], np.float32)
        np.testing.assert_array_equal(times_matrix(vector, np.ones((3, 2), np.float32)), [1, 1])
        random = np.random.default_rng(0)
        vector, matrix = (random.standard_normal(20000) * 1e4).astype(np.float32), random.standard_normal((20000, 3)).astype(np.float32)
        exact = vector.astype(np.longdouble) @ matrix.astype(np.longdouble)
        np.testing.assert_allclose(times_matrix(vector, matrix), exact.astype(np.float64), rtol=1e-12)
        values = np.array([[3e7, 1, -3e7, 2]], np.float32)
        np.testing.assert_array_equal(subtract_mean(values, -1), np.array([[3e7 - 0.75, 0.25, -3e7 - 0.75, 1.25]], np.float32))


if __name__ == "__main__":
    unittest.main()
