#!/usr/bin/env python3
"""Trains a small language model on text files. An interrupted run, started again, goes on from its last saved state."""

import argparse

import torch

from training.bpe import Tokenizer
from training.command import guarded
from training.corpus import encode_split
from training.loop import KINDS, Run

SETTINGS = ("kind", "layers", "width", "heads", "context", "batch", "tokens", "minutes", "rate", "repeat_share", "seed", "start")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", nargs="*", default=[], metavar="FILE", help="texts of paragraphs separated by blank lines")
    parser.add_argument("--lines", nargs="*", default=[], metavar="FILE", help="texts with one document a line, after an optional id and tab")
    parser.add_argument("--tokenizer", required=True, metavar="FOLDER", help="written by train_tokenizer.py")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="the checkpoint, the curve and the state to resume from")
    parser.add_argument("--start", metavar="FOLDER", help="an earlier checkpoint to begin from: the next stage of a model (default: random weights)")
    parser.add_argument("--cache", metavar="FILE.npz", help="keeps the encoded text for the next run, which may then leave the files out")
    parser.add_argument("--kind", choices=sorted(KINDS), default="gpt2")
    parser.add_argument("--layers", type=int, default=4, help="default: 4")
    parser.add_argument("--width", type=int, default=128, help="d_model (default: 128)")
    parser.add_argument("--heads", type=int, default=4, help="a divisor of the width (default: 4)")
    parser.add_argument("--context", type=int, default=128, help="positions (default: 128)")
    parser.add_argument("--batch", type=int, default=16, help="sequences a step (default: 16)")
    parser.add_argument("--tokens", type=float, default=20e6, help="tokens to train on (default: 20e6)")
    parser.add_argument("--minutes", type=float, help="end, with the learning rate decayed, after this much time of training even so")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate (default: 2e-3)")
    parser.add_argument("--repeat-share", type=float, default=0.12, help="share of sequences that repeat a random segment, for induction heads")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=float, default=120, metavar="SECONDS", help="default: 120")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is an accelerator, whose sums are in another order at each run (default: cpu)")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare sequences ahead (default: 0)")
    parser.add_argument("--threads", type=int, default=1, help="default: 1, which is also what makes a run repeatable")
    arguments = parser.parse_args()
    if not (arguments.books or arguments.lines or arguments.cache):
        parser.error("no text: name files with --books or --lines, or the --cache of an earlier run")
    if arguments.width % arguments.heads:
        parser.error(f"--width {arguments.width} is no multiple of --heads {arguments.heads}")
    return arguments


def main():
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    tokenizer = Tokenizer.load(arguments.tokenizer)
    train, validation = encode_split(tokenizer, arguments.books, arguments.lines, arguments.cache)
    print(f"{len(train)} tokens to train on, {len(validation)} to validate on", flush=True)
    settings = {name: getattr(arguments, name) for name in SETTINGS}
    run = Run(settings, arguments.tokenizer, len(tokenizer.vocab), train, validation, arguments.output, arguments.device)
    run.finish(arguments.save_every, lambda row: print(" ".join(f"{k}={v}" for k, v in row.items()), flush=True), arguments.workers)


if __name__ == "__main__":
    guarded("train_model", main)
