"""Keys that config.json lacks: every entry of the table of defaults, on a checkpoint of its architecture."""

import json
import unittest

import resolution
from support import ROOT

from architectures.defaults import ALIASES, DEFAULTS, NULL
from architectures.reader import Config

RECORDED = json.loads((ROOT / "tests" / "Golden" / "config-defaults.json").read_text())
OTHER = {  # a value that is not the default and that the checkpoint could have, where doubling or flipping the default gives none
    "hidden_act": "relu", "hidden_activation": "relu", "activation_function": "relu", "activation": "relu", "afn": "relu", "act_fn": "relu", "normalization": "LNPre",
    "position_embedding_type": "relative_key", "attention_dir": "bidirectional", "positional_embedding_type": "shortformer", "rope_scaling": {"type": "linear", "factor": 2.0},
    "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}, "attention_types": [[["local"], 4]], "attention_layers": ["local"] * 4,
    "pad_token_id": 5, "type_vocab_size": 3, "attn_scale": 3.0, "attn_scores_soft_cap": 30.0, "output_logits_soft_cap": 30.0, "num_ln_in_parallel_attn": 1, "n_inner": 96,
    "intermediate_size": 96, "ffn_hidden_size": 96, "head_dim": 6, "num_key_value_heads": 1, "num_kv_heads": 1, "n_key_value_heads": 1, "word_embed_proj_dim": 16, "d_mlp": 96,
    "quantization_config": {"bits": 4}, "pruned_heads": {"0": [1]}, "id2label": {"0": "x"}, "use_bidirectional_attention": True, "sliding_window": 7, "partial_rotary_factor": 0.75, "max_window_layers": 1,
    "attn_logit_softcapping": 20.0, "final_logit_softcapping": 20.0, "rotary_dim": 4, "sliding_window_pattern": 2, "rope_theta": 500.0, "rope_local_base_freq": 77.0}
# Keys that matter only beside others, or whose other value the checkpoint cannot show.
BESIDE = {"original_max_position_embeddings": {"rope_scaling": {"type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}},
          "sliding_window": {"use_sliding_window": True, "max_window_layers": 1}, "max_window_layers": {"use_sliding_window": True, "sliding_window": 7},
          "use_sliding_window": {"max_window_layers": 1}, "window_size": {"attention_layers": ["local"] * 4}, "d_mlp": {"attn_only": False}, "act_fn": {"attn_only": False, "d_mlp": 128},
          "num_kv_heads": {"new_decoder_architecture": True}, "num_ln_in_parallel_attn": {"new_decoder_architecture": True}, "hidden_act": {"hidden_activation": None},
          "attention_types": {"attention_layers": None}, "attention_layers": {}}
UNSEEN = {"id2label",  # names of a classifier's classes, and no golden checkpoint is one
          "reorder_and_upcast_attn",  # the same product in another order
          "mlp_bias", "attention_bias", "use_qkv_bias", "enable_bias", "bias", "use_bias"}  # shown by Biases below
UNSEEN_OF = {("stablelm", "rope_theta"), ("gpt_neox", "rope_theta"),  # one frequency, which is 1
             ("transformer-lens", "d_mlp"), ("transformer-lens", "act_fn")}  # of models with an MLP


def cases():
    for kind in DEFAULTS:
        for key in Config({}, kind).defaults:
            yield kind, key


def fixture(kind, key):
    """A golden checkpoint that the key is for."""
    return "falcon-new" if kind == "falcon" and key in ("num_kv_heads", "num_ln_in_parallel_attn") else resolution.FIXTURES[kind]


def base(kind, key):
    """The configuration of the checkpoint without the key, under its every name, and with what the key needs beside it."""
    values = {**resolution.values(fixture(kind, key)), **{k: v for k, v in BESIDE.get(key, {}).items() if k in DEFAULTS[kind] or k == "rope_scaling" and "rope_scaling" in DEFAULTS[kind]}}
    if kind != "transformer-lens":
        values["model_type"] = kind
    for name in (key, *ALIASES.get(kind, {}).get(key, ())):
        values.pop(name, None)
    return values


def another(kind, key, own, values):
    """A value that is neither the default nor the checkpoint's own."""
    default = RECORDED[kind][key]
    if key == "layer_types":
        return ["sliding_attention"] + ["full_attention"] * (values["num_hidden_layers"] - 1)
    candidates = [OTHER.get(key), "gelu", not default if isinstance(default, bool) else None, not own if isinstance(own, bool) else None]
    candidates += [2 * n for n in (default, own, OTHER.get(key)) if isinstance(n, (int, float)) and not isinstance(n, bool)] + [64]
    return next(c for c in candidates if c is not None and c not in (default, own) and (c != "gelu" or isinstance(default, str)))


class Defaults(unittest.TestCase):
    def test_table_is_that_of_the_library(self):
        self.assertEqual({kind: Config({}, kind).defaults for kind in DEFAULTS}, {k: v for k, v in RECORDED.items() if k != "_"})
        self.assertEqual(set(DEFAULTS), set(resolution.FIXTURES))

    def test_well_known_values(self):
        for kind, key, value in (("mixtral", "rope_theta", 1e6), ("gemma2", "attn_logit_softcapping", 50), ("gemma2", "final_logit_softcapping", 30), ("gemma2", "sliding_window", 4096),
                                 ("mistral", "sliding_window", 4096), ("mistral", "num_key_value_heads", 8), ("gemma3_text", "rope_theta", 1e6), ("gpt_neox", "partial_rotary_factor", 0.25),
                                 ("phi", "partial_rotary_factor", 0.5), ("stablelm", "partial_rotary_factor", 0.25), ("starcoder2", "num_key_value_heads", 2), ("bert", "layer_norm_eps", 1e-12),
                                 ("olmo2", "rms_norm_eps", 1e-5), ("llama", "rms_norm_eps", 1e-6), ("cohere", "logit_scale", 0.0625), ("gptj", "rotary_dim", 64), ("qwen3", "head_dim", 128)):
            self.assertEqual(DEFAULTS[kind][key], value)

    def test_absent_is_as_good_as_the_default(self):
        for kind, key in cases():
            with self.subTest(f"{kind} {key}"):
                absent, name = base(kind, key), fixture(kind, key)
                found, expected = resolution.of(name, absent), resolution.of(name, {**absent, key: RECORDED[kind][key]})
                self.assertEqual(resolution.facts_of(found), resolution.facts_of(expected))

    def test_every_key_is_read(self):
        for kind, key in cases():
            if key in UNSEEN or (kind, key) in UNSEEN_OF:
                continue
            with self.subTest(f"{kind} {key}"):
                absent, name, own = base(kind, key), fixture(kind, key), resolution.values(fixture(kind, key))
                names = (key, *ALIASES.get(kind, {}).get(key, ()))
                other = another(kind, key, next((own[n] for n in names if n in own), None), absent)
                before, after = (resolution.facts_of(resolution.of(name, c)) for c in (absent, {**absent, key: other}))
                if before == after and before[0] == "error":  # a size that is not this checkpoint's: its own is changed instead
                    absent = {**absent, **{n: own[n] for n in names if n in own}}
                    before, after = (resolution.facts_of(resolution.of(name, c)) for c in (absent, {**{k: v for k, v in absent.items() if k not in names}, key: other}))
                    self.assertNotEqual(before[0], "error")
                if before == after:
                    before, after = (resolution.numbers_of(resolution.of(name, c)) for c in (absent, {**absent, key: other}))
                self.assertNotEqual(before, after)

    def test_key_without_a_default_is_named(self):
        config = base("cohere", "rope_theta")
        outcome, message = resolution.of("cohere", config)
        self.assertEqual(outcome, "error")
        self.assertIn("'rope_theta'", message)
        self.assertEqual(resolution.of("attn-only-2l", {k: v for k, v in resolution.values("attn-only-2l").items() if k != "d_head"}),
                         ("error", "config.json has no 'd_head', and the class of a 'transformer-lens' model has no default for it"))

    def test_null_is_not_absent(self):
        for kind, key in cases():
            default, name = RECORDED[kind][key], fixture(kind, key)
            if default is None or key in NULL.get(kind, ()):
                continue
            outcome = resolution.of(name, {**base(kind, key), key: None})
            same = resolution.of(name, base(kind, key))
            with self.subTest(f"{kind} {key}"):
                if outcome[0] != "error":  # a key that is only allowed one value, or read only beside others
                    self.assertEqual(resolution.facts_of(outcome), resolution.facts_of(same))
                elif same[0] != "error":
                    self.assertIn(f"'{key}'", outcome[1])

    def test_names_of_older_files(self):
        for kind, names in ALIASES.items():
            for key, others in names.items():
                name = fixture(kind, key)
                whole = {**base(kind, key), key: {**RECORDED[kind], **resolution.values(name)}.get(key, resolution.values(name).get(others[0]))}
                for other in others:
                    renamed = {**{k: v for k, v in whole.items() if k != key}, other: whole[key]}
                    with self.subTest(f"{kind} {other}"):
                        self.assertEqual(resolution.facts_of(resolution.of(name, renamed)), resolution.facts_of(resolution.of(name, whole)))
                        if other != "n_ctx":
                            outcome, message = resolution.of(name, {**whole, other: "LNPre" if key == "normalization" else whole[key] * 2})
                            self.assertEqual(outcome, "error")
                            self.assertIn(other, message)


class Biases(unittest.TestCase):
    def test_biases_that_the_class_would_not_load_are_refused(self):
        class Bias:
            dtype, label = "F32", "tensor 'bias'"

            def __init__(self, name):
                self.name = name

            def weight(self):
                from weight import zeros
                return zeros(self.width)

        for kind, flag, name, width in (("llama", "attention_bias", "model.layers.0.self_attn.o_proj.bias", 32), ("llama", "mlp_bias", "model.layers.1.mlp.up_proj.bias", 88),
                                        ("granite", "mlp_bias", "model.layers.0.mlp.down_proj.bias", None), ("qwen3", "attention_bias", "model.layers.0.self_attn.o_proj.bias", None),
                                        ("gemma2", "attention_bias", "model.layers.0.self_attn.o_proj.bias", None), ("olmo2", "attention_bias", "model.layers.0.self_attn.o_proj.bias", None),
                                        ("cohere", "attention_bias", "model.layers.0.self_attn.o_proj.bias", None), ("mistral", None, "model.layers.0.self_attn.o_proj.bias", None),
                                        ("mixtral", None, "model.layers.0.self_attn.o_proj.bias", None), ("qwen2", None, "model.layers.0.self_attn.o_proj.bias", None)):
            import pipeline
            from errors import ExportError
            extra = Bias(name)
            extra.width = width or resolution.values(kind)["hidden_size"]
            tensors, values = {**resolution.tensors(kind), name: extra}, resolution.values(kind)
            with self.subTest(f"{kind} {name}"):
                with self.assertRaisesRegex(ExportError, "not read"):
                    pipeline.resolve({**values, **({flag: False} if flag else {})}, tensors)
                if flag:
                    self.assertTrue(any(n.endswith((".b_O", ".b_in", ".b_out")) for n in pipeline.resolve({**values, flag: True}, tensors)[1]))

    def test_biases_of_checkpoints_that_have_them(self):
        for kind, flag in (("starcoder2", "use_bias"), ("opt", "enable_bias"), ("gpt_neox", "attention_bias"), ("stablelm", "use_qkv_bias")):
            values = resolution.values(kind)
            on, off = (resolution.of(kind, {**values, flag: state}) for state in (True, False))
            with self.subTest(kind):
                self.assertNotEqual(on[0], "error")
                biased = any(n.endswith("b_Q") for n in on[1])
                self.assertEqual(off[0] == "error", biased)


if __name__ == "__main__":
    unittest.main()
