"""The trainer on a tiny corpus: python3 -m unittest discover -s tests/export -p "test_training*.py"."""

import collections
import os
import subprocess
import sys
import tempfile
import types
import unittest

import numpy as np
import torch
from torch.nn import functional as F

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "export-scripts")
sys.path.insert(0, SCRIPTS)

from train_measure import whole_words  # noqa: E402
from training.bpe import Tokenizer, train_merges  # noqa: E402
from training.checkpoint import load_model, read_safetensors, write_safetensors  # noqa: E402
from training.classifier import Classifier, batches_of_equal_length, encode_labelled, evaluate, fine_tune  # noqa: E402
from training.corpus import Batches, clean, encode_split, held_out, read_documents, read_split  # noqa: E402
from training.loop import Run, learning_rate  # noqa: E402
from training.measure import measure_repeats, ov_pairs  # noqa: E402
from training.model import AttentionOnly, Gpt2, mean_loss  # noqa: E402
from training.optimizer import WEIGHT_DECAY, optimizer  # noqa: E402

SENTENCES = ["The cat's tail isn't long, it's 12 inches.", "A dog barked at the café; the cat ran away!",
             "“Where is the cat?” she asked — nobody knew.", "They’ve seen the dog, the cat and the bird."]


def corpus(folder, repeats=60):
    path = os.path.join(folder, "text.txt")
    with open(path, "w", encoding="utf-8") as file:
        for i in range(repeats):
            file.write(f"id{i}\t{SENTENCES[i % 4]} {SENTENCES[(i * i) % 4]}\n")
    return path


def settings(**changes):
    chosen = dict(kind="gpt2", layers=2, width=16, heads=2, context=24, batch=3, tokens=3 * 24 * 6, minutes=None,
                  rate=1e-2, repeat_share=0.3, seed=5)
    return dict(chosen, **changes)


class WithFolder(unittest.TestCase):
    def setUp(self):
        torch.set_num_threads(1)
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.text = corpus(self.folder)
        documents, _ = read_split([], [self.text])
        self.tokenizer = Tokenizer.train(documents, 300)
        self.tokenizer_folder = os.path.join(self.folder, "tokenizer")
        self.tokenizer.save(self.tokenizer_folder)

    def tearDown(self):
        self.temporary.cleanup()

    def run_of(self, name, **changes):
        train, validation = encode_split(self.tokenizer, [], [self.text], None)
        return Run(settings(**changes), self.tokenizer_folder, len(self.tokenizer.vocab), train, validation, os.path.join(self.folder, name))


class TokenizerTests(WithFolder):
    def test_training_twice_gives_the_same_files(self):
        again = os.path.join(self.folder, "again")
        Tokenizer.train(read_split([], [self.text])[0], 300).save(again)
        for name in sorted(os.listdir(self.tokenizer_folder)):
            with open(os.path.join(self.tokenizer_folder, name), "rb") as a, open(os.path.join(again, name), "rb") as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_merges_equal_those_of_recounting_everything(self):
        counts = collections.Counter({tuple(w): n for w, n in [("abab", 3), ("abc", 3), ("bcbc", 2), ("aaaa", 4), ("cab", 1), ("aab", 2)]})
        words, expected = [(list(w), n) for w, n in counts.items()], []
        for _ in range(8):
            pairs = collections.Counter()
            for word, n in words:
                for pair in zip(word, word[1:]):
                    pairs[pair] += n
            if not pairs:
                break
            best = min(pairs, key=lambda p: (-pairs[p], p))
            expected.append(best)
            for word, _ in words:
                i = 0
                while i + 1 < len(word):
                    if (word[i], word[i + 1]) == best:
                        word[i:i + 2] = [word[i] + word[i + 1]]
                    i += 1
        self.assertEqual(train_merges(counts, 8), expected)

    def test_saved_files_give_back_the_tokenizer(self):
        loaded = Tokenizer.load(self.tokenizer_folder)
        self.assertEqual((loaded.vocab, loaded.merges), (self.tokenizer.vocab, self.tokenizer.merges))
        self.assertEqual(sorted(loaded.vocab.values()), list(range(300)))
        self.assertEqual(loaded.end_of_text, 299)

    def test_decode_undoes_encode_for_text_never_seen(self):
        loaded = Tokenizer.load(self.tokenizer_folder)
        for text in SENTENCES + ["", "  two  spaces \n\n lines\t", "naïve — 東京 🙂 ½ x²", "we'll won't 'S"]:
            self.assertEqual(loaded.decode(loaded.encode(text)), text)

    def test_pieces_follow_gpt2s_pattern(self):
        self.assertEqual(self.tokenizer.pattern.findall("it's  two½ cats, 3d!\n x"), ["it", "'s", " ", " two", "½", " cats", ",", " 3", "d", "!", "\n", " x"])

    def test_too_little_text_says_what_to_do(self):
        with self.assertRaisesRegex(ValueError, "smaller --vocabulary"):
            Tokenizer.train(["ab"], 300)


class CorpusTests(WithFolder):
    def test_clean_straightens_and_lowers(self):
        self.assertEqual(clean("“It’s — _SO_”"), "\"it's -- so\"")

    def test_held_out_documents_are_not_trained_on(self):
        documents = read_documents(self.text, lines=True)
        train, validation = read_split([], [self.text])
        self.assertEqual(train, [d for i, d in enumerate(documents) if not held_out(i)])
        self.assertEqual(len(validation), 3)
        self.assertFalse(documents[0].startswith("id0"))

    def test_a_cache_of_other_text_is_not_used(self):
        cache = os.path.join(self.folder, "cache.npz")
        first = encode_split(self.tokenizer, [], [self.text], cache)
        for found in (encode_split(self.tokenizer, [], [self.text], cache), encode_split(self.tokenizer, [], [], cache)):
            np.testing.assert_array_equal(found[0], first[0])
            np.testing.assert_array_equal(found[1], first[1])
        with open(self.text, "a", encoding="utf-8") as file:
            file.write("one more line\n")
        self.assertGreater(len(encode_split(self.tokenizer, [], [self.text], cache)[0]), len(first[0]))

    def test_a_repeat_is_silent_on_its_first_copy_unless_that_is_text(self):
        batches = Batches(np.arange(4000, dtype=np.uint16), 5000, 60, 30, 0, repeat_share=1.0)
        ids, targets = batches[0]
        loud = 0
        for row, target in zip(ids, targets):
            silent = np.flatnonzero(target == -1)
            if len(silent) == 0:
                loud += 1
                jumps = np.flatnonzero(np.diff(row[1:]) != 1)  # text counts upwards here: it breaks where a copy begins
                self.assertGreater(len(jumps), 0)
                if len(jumps) > 2:
                    self.assertEqual(len(set(np.diff(jumps))), 1)
                continue
            first, length = silent[0] + 1, len(silent)
            np.testing.assert_array_equal(silent, np.arange(first - 1, first - 1 + length))
            later = np.arange(first + length, len(row))
            np.testing.assert_array_equal(row[later], row[later - length])
        self.assertTrue(0 < loud < 30)

    def test_an_epoch_sees_every_chunk_once(self):
        batches = Batches(np.arange(1000, dtype=np.uint16), 1000, 10, 1, 3, repeat_share=0)
        starts = [batches.row_start(n) for n in range(batches.per_epoch)]
        self.assertEqual(len(set(starts)), batches.per_epoch)
        self.assertLess(max(starts) + 11, 1000 + 1)
        self.assertNotEqual(starts, [batches.row_start(batches.per_epoch + n) for n in range(batches.per_epoch)])


class ModelTests(WithFolder):
    def test_the_loss_and_its_gradients_equal_the_plain_ones(self):
        for make in (Gpt2, AttentionOnly):
            torch.manual_seed(0)
            model = make(300, 24, 16, 2, 2)
            ids = torch.randint(0, 300, (30, 24))
            targets = torch.randint(-1, 300, (30, 24))
            targets[0] = -1
            mean_loss(model, ids, targets).backward()
            found = {n: p.grad.clone() for n, p in model.named_parameters()}
            model.zero_grad()
            x, _ = model(ids)
            w_u, b_u = model.unembedding()
            logits = x @ w_u + (0 if b_u is None else b_u)
            plain = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)
            plain.backward()
            self.assertAlmostEqual(float(mean_loss(model, ids, targets)), float(plain), places=5)
            for name, p in model.named_parameters():
                torch.testing.assert_close(found[name], p.grad, rtol=1e-4, atol=1e-7, msg=name)

    def test_a_later_token_changes_nothing_before_it(self):
        for make in (Gpt2, AttentionOnly):
            model = make(300, 24, 16, 2, 2)
            ids = torch.randint(0, 300, (1, 24))
            other = ids.clone()
            other[0, 12] = (other[0, 12] + 1) % 300
            a, b = model(ids)[0], model(other)[0]
            torch.testing.assert_close(a[:, :12], b[:, :12], rtol=0, atol=0)
            self.assertGreater(float((a[:, 12:] - b[:, 12:]).abs().max()), 0)


class OptimizerTests(unittest.TestCase):
    def test_matrices_alone_decay(self):
        for make in (Gpt2, AttentionOnly):
            model = make(300, 24, 16, 2, 2)
            before = {name: p.detach().clone() for name, p in model.named_parameters()}
            for p in model.parameters():
                p.grad = torch.zeros_like(p)
            found = optimizer(model)
            for group in found.param_groups:
                group["lr"] = 0.5
            found.step()
            for name, p in model.named_parameters():
                inner = p.ndim >= 2 and not any(part in name for part in ("wte", "wpe", "W_E", "W_U", "W_pos", "b_Q", "b_K", "b_V"))
                torch.testing.assert_close(p.detach(), before[name] * (1 - 0.5 * WEIGHT_DECAY if inner else 1))


class RunTests(WithFolder):
    def test_training_lowers_the_loss(self):
        run = self.run_of("falls", tokens=3 * 24 * 120)
        before = run.save()["validation_loss"]
        run.finish(1e9, lambda row: None)
        self.assertLess(float(run.curve[-1][4]), float(before) - 1)
        self.assertEqual(run.step, 120)

    def test_resuming_equals_an_uninterrupted_run(self):
        for kind in ("gpt2", "attn-only"):
            whole = self.run_of(kind + "-whole", kind=kind)
            whole.finish(1e9, lambda row: None)
            first = self.run_of(kind + "-parts", kind=kind)
            for _ in range(3):
                first.train_step(*(torch.from_numpy(a) for a in first.batches[first.step]))
            first.save()
            second = self.run_of(kind + "-parts", kind=kind)
            self.assertEqual(second.step, 3)
            second.finish(1e9, lambda row: None)
            for name, value in whole.model.state_dict().items():
                self.assertTrue(torch.equal(value, second.model.state_dict()[name]), name)

    def test_resuming_with_other_settings_is_refused(self):
        self.run_of("fixed").save()
        with self.assertRaisesRegex(ValueError, "seed 5, this run asks for 6"):
            self.run_of("fixed", seed=6)

    def test_another_seed_is_another_model(self):
        a, b = self.run_of("a"), self.run_of("b", seed=6)
        self.assertFalse(torch.equal(a.model.wte.weight, b.model.wte.weight))
        self.assertFalse(np.array_equal(a.batches[0][0], b.batches[0][0]))

    def test_the_learning_rate_rises_and_ends_at_nothing(self):
        self.assertAlmostEqual(learning_rate(1.0, 0.0, 99), 0.5)
        self.assertAlmostEqual(learning_rate(1.0, 1.0, 5000), 0.0)
        self.assertAlmostEqual(learning_rate(1.0, 1.7, 5000), 0.0)

    def test_time_ends_a_run_as_tokens_do(self):
        run = self.run_of("timed", tokens=1e9, minutes=0.5)
        run.elapsed = 30.0
        self.assertEqual(run.progress(), 1.0)

    def test_a_checkpoint_gives_back_the_model(self):
        for kind in ("gpt2", "attn-only"):
            run = self.run_of(kind, kind=kind)
            run.save()
            loaded = load_model(run.folder)
            self.assertEqual(set(loaded.state_dict()), set(run.model.state_dict()))
            for name, value in run.model.state_dict().items():
                self.assertTrue(torch.equal(value, loaded.state_dict()[name]), name)

    def test_safetensors_hold_what_was_written(self):
        path = os.path.join(self.folder, "x.safetensors")
        tensors = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.float32([[np.pi]]), "empty": np.zeros((0, 2), np.float32)}
        write_safetensors(path, tensors)
        found = read_safetensors(path)
        self.assertEqual(set(found), set(tensors))
        for name, value in tensors.items():
            np.testing.assert_array_equal(found[name], value)
        with open(path, "rb") as file:
            self.assertEqual(int.from_bytes(file.read(8), "little") % 8, 0)


class ClassifierTests(WithFolder):
    def test_only_the_weights_of_the_last_layers_and_the_classifier_learn(self):
        run = self.run_of("base")
        run.save()
        model = Classifier(run.folder, 1, 0)
        before = {n: p.clone() for n, p in model.named_parameters()}
        texts = ["the cat ran away", "a dog barked", "the bird"] * 20
        labels = [0, 1, 1] * 20
        sequences = encode_labelled(self.tokenizer, texts, 24, True)
        start = evaluate(model, sequences, labels)[1]
        fine_tune(model, sequences, labels, 4, 4, 1e-2, 0.0, 0, lambda *_: None)
        self.assertLess(evaluate(model, sequences, labels)[1], start)
        changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
        expected = {f"body.h.1.{n}" for n, _ in run.model.h[1].named_parameters() if n.endswith(".weight")} | {"head.weight"}
        self.assertEqual(changed, expected)

    def test_a_batch_holds_one_length_and_every_text_is_in_one_batch(self):
        sequences = [np.zeros(n) for n in (3, 5, 3, 3, 5, 7)]
        groups = batches_of_equal_length(sequences, 2, np.random.default_rng(0))
        self.assertEqual(sorted(i for g in groups for i in g), list(range(6)))
        for group in groups:
            self.assertLessEqual(len(group), 2)
            self.assertEqual(len({len(sequences[i]) for i in group}), 1)


class MeasureTests(WithFolder):
    def test_scores_are_means_of_attention(self):
        model = self.run_of("measured", context=128).model
        scores = measure_repeats(model, length=10, count=4)
        for name in ("induction", "previous", "duplicate"):
            self.assertEqual(np.array(scores[name]).shape, (2, 2))
            self.assertTrue((np.array(scores[name]) > 0).all() and (np.array(scores[name]) < 1).all())

    def test_ov_pairs_are_the_largest_of_the_naive_product(self):
        model = Gpt2(300, 24, 16, 2, 2)
        torch.nn.init.normal_(model.ln_f.weight)
        candidates = [7, 20, 21, 50]
        found = ov_pairs(model, candidates, top=3)[1][1]
        e = model.wte.weight.detach().double()[candidates].numpy()
        w_v = model.h[1].attn.c_attn.weight.detach().double().numpy()[:, 32 + 8:48]
        w_o = model.h[1].attn.c_proj.weight.detach().double().numpy()[8:]
        target = model.ln_f.weight.detach().double().numpy()[:, None] * e.T
        scores = (e - e.mean(1, keepdims=True)) @ w_v @ w_o @ (target - target.mean(0))
        scores -= scores.mean(1, keepdims=True)
        expected = sorted(((scores[i, j], candidates[i], candidates[j]) for i in range(4) for j in range(4) if i != j), reverse=True)[:3]
        self.assertEqual([(s, t) for s, t, _ in found], [(s, t) for _, s, t in expected])

    def test_whole_words_leaves_out_stems(self):
        tokens = types.SimpleNamespace(tokens=["Ġlong", "er", "Ġwords", "Ġby", ",", "Ġrare"])
        stream = np.array([0, 1, 2, 3, 0, 4, 2, 4] * 20 + [5, 4])
        self.assertEqual(whole_words(tokens, stream), [2])  # "long" goes on as "longer" half the time, "by" is short, "rare" is rare


class CommandTests(WithFolder):
    def call(self, *arguments):
        script = os.path.join(SCRIPTS, arguments[0])
        return subprocess.run([sys.executable, script, *arguments[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)

    def test_from_text_to_checkpoint(self):
        tokenizer, model = os.path.join(self.folder, "t"), os.path.join(self.folder, "m")
        self.assertEqual(self.call("train_tokenizer.py", "--lines", self.text, "--vocabulary", "300", "--output", tokenizer).returncode, 0)
        done = self.call("train_model.py", "--lines", self.text, "--tokenizer", tokenizer, "--output", model,
                         "--layers", "1", "--width", "16", "--heads", "2", "--context", "24", "--batch", "2", "--tokens", "200")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(load_model(model).shape["layers"], 1)
        with open(os.path.join(model, "curve.csv"), encoding="utf-8") as file:
            self.assertEqual(len(file.read().splitlines()), 2)

    def test_bad_input_is_one_line_and_exit_code_2(self):
        with open(os.path.join(self.folder, "latin.txt"), "wb") as file:
            file.write(b"caf\xe9\n")
        done = self.call("train_tokenizer.py", "--lines", file.name, "--output", os.path.join(self.folder, "x"))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn("is not UTF-8", done.stderr)


if __name__ == "__main__":
    unittest.main()
