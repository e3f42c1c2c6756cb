#!/usr/bin/env python3
"""Measures what a trained checkpoint has learned and prints it as Markdown, for the model card."""

import argparse

import numpy as np
import torch

from training.bpe import Tokenizer
from training.checkpoint import load_model
from training.command import guarded
from training.corpus import encode_split
from training.loop import validation_loss
from training.measure import measure_repeats, ov_pairs


def table(name, rows):
    lines = [f"| {name} | " + " | ".join(f"head {h}" for h in range(len(rows[0]))) + " |", "|" + "---|" * (len(rows[0]) + 1)]
    lines += [f"| layer {l} | " + " | ".join(f"{v:.2f}" for v in row) + " |" for l, row in enumerate(rows)]
    return "\n".join(lines)


def whole_words(tokenizer, stream):
    """Ids of tokens that are words of four letters or more, and in the stream are hardly ever followed by the rest of a longer one."""
    letter = np.array([t[:1].isalpha() and not t.startswith("Ġ") for t in tokenizer.tokens])
    size = len(letter)
    total = np.bincount(stream[:-1], minlength=size)
    cut = np.bincount(stream[:-1][letter[stream[1:]]], minlength=size)
    return [i for i, t in enumerate(tokenizer.tokens)
            if t.startswith("Ġ") and len(t) > 4 and t[1:].isascii() and t[1:].isalpha() and total[i] >= 10 and cut[i] < 0.2 * total[i]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", metavar="FOLDER", help="written by train_model.py")
    parser.add_argument("--books", nargs="*", default=[], metavar="FILE", help="the text, as for train_model.py: its held-out part is measured on")
    parser.add_argument("--lines", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--cache", metavar="FILE.npz", help="the encoded text that train_model.py kept, instead of the files")
    parser.add_argument("--pairs", type=int, default=10, help="OV pairs a head (default: 10)")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if not (arguments.books or arguments.lines or arguments.cache):
        parser.error("no text: name files with --books or --lines, or the --cache of a training run")
    torch.set_num_threads(arguments.threads)
    tokenizer = Tokenizer.load(arguments.checkpoint)
    model = load_model(arguments.checkpoint)
    _, validation = encode_split(tokenizer, arguments.books, arguments.lines, arguments.cache)
    loss = validation_loss(model, validation, tokenizer.end_of_text, model.shape["n_ctx"], 10 ** 9)
    print(f"Loss on {len(validation)} held-out tokens: {loss:.4f}\n")
    scores = measure_repeats(model)
    print(f"Random segments of 50 tokens, twice: loss {scores['first_loss']:.2f} on the first copy, {scores['second_loss']:.2f} on the second.\n")
    for name in ("induction", "previous", "duplicate"):
        print(table(name, scores[name]) + "\n")
    words = whole_words(tokenizer, validation)
    for l, row in enumerate(ov_pairs(model, words, arguments.pairs)):
        for h, pairs in enumerate(row):
            print(f"* layer {l} head {h}: " + ", ".join(f"{tokenizer.tokens[s][1:]} -> {tokenizer.tokens[t][1:]}" for s, t, _ in pairs))


if __name__ == "__main__":
    guarded("train_measure", main)
