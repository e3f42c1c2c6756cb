"""Weight processing: within 1e-5 of the references, the same log-probabilities, and refused where it would not be."""

import json
import unittest

import numpy as np

from support import CHECKPOINTS, FURTHER, NAMES, Workspace, inputs_of, reference, run

FLAGS = {
    "fold_ln": ["--fold-ln"],
    "fold_ln+center_writing_weights": ["--center-writing-weights", "--fold-ln"],
    "transformer_lens_defaults": ["--transformer-lens-defaults"],
    "transformer_lens_defaults+refactor": ["--transformer-lens-defaults", "--refactor-attn"],
}
FACTORED = ("W_Q", "W_K", "W_V", "W_O", "b_Q", "b_K", "b_V")


class Processing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = Workspace()

    @classmethod
    def tearDownClass(cls):
        cls.workspace.folder.cleanup()

    def same_probabilities(self, name, *flags):
        raw, processed = self.workspace.exported(name), self.workspace.exported(name, *flags)
        inputs = inputs_of(reference(name, "activations.safetensors"), raw)
        away = np.abs(raw.log_probabilities(inputs) - processed.log_probabilities(inputs)).max()
        self.assertLessEqual(away, 1e-5, f"{name} {flags}")

    def test_every_step_alone_keeps_log_probabilities(self):
        for step in ("--fold-ln", "--center-writing-weights", "--center-unembed", "--fold-value-biases", "--refactor-attn"):
            self.same_probabilities("gpt2", step)

    def test_defaults_keep_log_probabilities_of_every_model(self):
        for name in NAMES + FURTHER:
            self.same_probabilities(name, "--transformer-lens-defaults")

    def test_center_writing_weights_of_a_post_norm_encoder_is_exact(self):
        self.same_probabilities("bert", "--center-writing-weights")

    def test_steps_are_recorded_in_order(self):
        metadata = self.workspace.exported("gpt2", *FLAGS["transformer_lens_defaults+refactor"]).metadata
        self.assertEqual(json.loads(metadata["processing"]), ["fold_ln", "center_writing_weights", "center_unembed", "fold_value_biases", "refactor_attn"])
        self.assertEqual(metadata["norm"], "LNPre")
        self.assertNotIn("tied", metadata)
        self.assertEqual(self.workspace.exported("gpt2", "--fold-value-biases").metadata["tied"], "true")

    def test_defaults_leave_out_what_is_not_valid(self):
        for name, expected in (("gemma2", ["fold_ln", "fold_value_biases"]), ("llama", ["fold_ln", "center_unembed", "fold_value_biases"]),
                               ("attn-only-shortformer", ["center_unembed", "fold_value_biases"])):
            self.assertEqual(json.loads(self.workspace.exported(name, "--transformer-lens-defaults").metadata["processing"]), expected, name)

    def test_folding_twice_changes_nothing(self):
        import processing
        from pipeline import load
        config, weights = load(CHECKPOINTS / "gpt2")[:2]
        once = processing.STEPS["fold_ln"](config, weights)
        twice = processing.STEPS["fold_ln"](*once)
        self.assertEqual(once[0], twice[0])
        for name, weight in once[1].items():
            np.testing.assert_allclose(twice[1][name].read(), weight.read(), rtol=0, atol=1e-7, err_msg=name)

    def test_structure_of_folded_weights(self):
        weights = self.workspace.exported("gpt2", "--transformer-lens-defaults").weights()
        for name, values in weights.items():
            if name.endswith(("W_Q", "W_K", "W_V", "W_in")):
                self.assertLess(np.abs(values.mean(-2)).max(), 1e-6, name)
            if name.endswith(("W_E", "W_pos", "W_O", "W_out", "b_O", "b_out", "W_U", "b_U")):
                self.assertLess(np.abs(values.mean(-1)).max(), 1e-6, name)
            if name.endswith("b_V"):
                self.assertFalse(values.any(), name)

    def test_refactored_output_rows_are_orthonormal_with_fixed_signs(self):
        for heads in (v for n, v in self.workspace.exported("gpt2", "--refactor-attn").weights().items() if n.endswith("W_O")):
            for rows in heads:
                np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-5)
                self.assertTrue((rows[np.arange(len(rows)), np.abs(rows).argmax(1)] > 0).all())

    def test_tied_entries_of_singular_vectors_are_decided_by_the_first(self):
        from processing.refactor_attn import product_svd
        u, s, v = product_svd(np.array([[2.0], [0.0], [0.0]]), np.array([[1.0], [-1.0]]))
        np.testing.assert_allclose(v[:, 0], [np.sqrt(0.5), -np.sqrt(0.5)], rtol=0, atol=1e-15)
        np.testing.assert_allclose(u[:, 0], [1, 0, 0], rtol=0, atol=1e-15)
        random = np.random.default_rng(1)
        for _ in range(50):
            signs = random.choice([-0.3, 0.3], int(random.integers(2, 40)))
            _, _, v = product_svd(random.standard_normal((7, 1)), signs[:, None])
            np.testing.assert_allclose(v[:, 0], np.sign(signs) * np.sign(signs[0]) / np.sqrt(len(signs)), rtol=0, atol=1e-12)

    def test_invalid_steps_are_refused_with_the_reason(self):
        for name, flag, reason in (
                ("bert", "--fold-ln", "post-LN"), ("openai-gpt", "--fold-ln", "post-LN"), ("openai-gpt", "--center-writing-weights", "embedding itself"),
                ("llama", "--center-writing-weights", "RMS"), ("gemma2", "--center-unembed", "soft-cap"), ("gemma2", "--center-writing-weights", "RMS"),
                ("attn-only-shortformer", "--fold-ln", "shortformer"), ("attn-only-shortformer", "--center-writing-weights", "shortformer"),
                ("llama", "--refactor-attn", "rotate"), ("gpt_neox", "--refactor-attn", "rotate")):
            code, out, err = run(CHECKPOINTS / name, self.workspace.path / "refused", flag)
            self.assertEqual((code, out, err.count("\n")), (2, "", 1), f"{name} {flag}")
            self.assertIn(f"{flag} is not valid", err)
            self.assertIn(reason, err, f"{name} {flag}")
            self.assertFalse((self.workspace.path / "refused").exists())


def products(weights, layer):
    """Query-key and value-output products of all heads, biases included, in float64."""
    part = {n: weights[f"blocks.{layer}.attn.{n}"].astype(np.float64) for n in FACTORED}
    q, k = (np.concatenate([part[f"W_{n}"], part[f"b_{n}"][:, None]], 1) for n in "QK")
    return q @ k.transpose(0, 2, 1), part["W_V"] @ part["W_O"], part["b_V"]


def add(name, steps):
    def matches_reference(self):
        found, expected = self.workspace.exported(name, *FLAGS[steps]).weights(), reference(name, f"weights.{steps}.safetensors")
        self.assertEqual(found.keys(), expected.keys())
        for key, value in expected.items():
            if "refactor" not in steps or not key.endswith(FACTORED):
                np.testing.assert_allclose(found[key], value, rtol=0, atol=1e-5, err_msg=key)
        for layer in range(int(self.workspace.exported(name).metadata["n_layers"]) if "refactor" in steps else 0):
            for a, b in zip(products(found, layer), products(expected, layer)):
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-5, err_msg=f"layer {layer}")
    setattr(Processing, f"test_{steps.replace('+', '_')}_of_{name.replace('-', '_')}_matches_reference", matches_reference)


for _name in NAMES:
    for _steps in FLAGS:
        if (CHECKPOINTS / _name / "reference" / f"weights.{_steps}.safetensors").exists():
            add(_name, _steps)

if __name__ == "__main__":
    unittest.main()
