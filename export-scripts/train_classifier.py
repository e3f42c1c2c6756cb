#!/usr/bin/env python3
"""Fine-tunes the top layers of a GPT-2 checkpoint and a classifier on negative and positive texts, one a line."""

import argparse
import csv
import os
import time

import torch

from training.bpe import Tokenizer
from training.checkpoint import save_checkpoint
from training.classifier import Classifier, encode_labelled, evaluate, fine_tune
from training.command import guarded
from training.corpus import held_out, read_documents


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True, metavar="FOLDER", help="written by train_model.py, kind gpt2")
    parser.add_argument("--negative", required=True, metavar="FILE", help="texts of label 0, NEG")
    parser.add_argument("--positive", required=True, metavar="FILE", help="texts of label 1, POS")
    parser.add_argument("--output", required=True, metavar="FOLDER")
    parser.add_argument("--last-layers", type=int, default=2, help="how many blocks learn (default: 2)")
    parser.add_argument("--epochs", type=int, default=1, help="default: 1")
    parser.add_argument("--batch", type=int, default=8, help="texts of equal length a step (default: 8)")
    parser.add_argument("--rate", type=float, default=2e-4, help="learning rate at the start (default: 2e-4)")
    parser.add_argument("--dropout", type=float, default=0.1, help="on the input of each block that learns (default: 0.1)")
    parser.add_argument("--sample", metavar="FILE.csv", help="writes held-out texts with their labels there")
    parser.add_argument("--sample-size", type=int, default=200, help="default: 200")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is an accelerator (default: cpu)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def split(arguments):
    """((texts, labels) to learn from, (texts, labels) held out); what train_model.py held out stays held out."""
    parts = ([], []), ([], [])
    for label, path in enumerate((arguments.negative, arguments.positive)):
        for i, text in enumerate(read_documents(path, lines=True)):
            texts, labels = parts[held_out(i)]
            texts.append(text)
            labels.append(label)
    return parts


def write_sample(path, texts, labels, size):
    """Labels take turns, so that any head of the file is balanced."""
    by_label = [[t for t, l in zip(texts, labels) if l == label][:size // 2] for label in (0, 1)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("text", "label"))
        for negative, positive in zip(*by_label):
            writer.writerows(((negative, 0), (positive, 1)))


def main():
    arguments = parse()
    torch.set_num_threads(1)
    start = time.monotonic()
    tokenizer = Tokenizer.load(arguments.checkpoint)
    (texts, labels), (held_texts, held_labels) = split(arguments)
    if arguments.sample:
        write_sample(arguments.sample, held_texts, held_labels, arguments.sample_size)
    model = Classifier(arguments.checkpoint, arguments.last_layers, arguments.seed, arguments.device)
    n_ctx = model.body.shape["n_ctx"]
    # Every other text after an end of text, so that both ways of reading a prompt work afterwards.
    with_start, without = (encode_labelled(tokenizer, texts, n_ctx, b) for b in (True, False))
    mixed = [a if i % 2 else b for i, (a, b) in enumerate(zip(with_start, without))]
    fine_tune(model, mixed, labels, arguments.epochs, arguments.batch, arguments.rate, arguments.dropout, arguments.seed,
              lambda epoch, loss: print(f"epoch={epoch} train_loss={loss:.4f} seconds={time.monotonic() - start:.0f}", flush=True))
    for name, bos in (("without", False), ("with", True)):
        for part, t, l in (("train", texts[::20], labels[::20]), ("held out", held_texts, held_labels)):
            accuracy, loss = evaluate(model, encode_labelled(tokenizer, t, n_ctx, bos), l)
            print(f"{part} ({len(l)} texts, {name} end of text in front): accuracy={accuracy:.4f} loss={loss:.4f}")
    save_checkpoint(model.body, "gpt2", arguments.checkpoint, arguments.output,
                    {"classifier.weight": model.head.weight.detach(), "classifier.bias": model.head.bias.detach()},
                    {"num_labels": 2, "id2label": {"0": "NEG", "1": "POS"}, "label2id": {"NEG": 0, "POS": 1}})


if __name__ == "__main__":
    guarded("train_classifier", main)
