#!/usr/bin/env python3
"""Gives tokens that training hardly saw the mean embedding, so that lists of words show what was learned.

A byte-level vocabulary holds bytes and pieces of words that its own merges hide: they never stand in the text, no gradient but "not this one" ever reaches them, and
their rows drift together to lengths that no real word has. Every list over the vocabulary then begins with them. With the mean row they predict nothing and
stand out nowhere; the loss on held-out text hardly moves, and this prints by how much.

  python3 train_settle.py CHECKPOINT --cache corpus.npz --below 60
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from training.checkpoint import load_model, read_safetensors, write_safetensors
from training.loop import validation_loss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="a GPT-2 checkpoint folder of train_model.py; its model.safetensors is rewritten")
    parser.add_argument("--cache", required=True, type=Path, help="the encoded text that train_model.py kept")
    parser.add_argument("--below", type=int, default=60, help="tokens that occur less often in the training text are settled (default: 60)")
    options = parser.parse_args()
    text = np.load(options.cache)
    path = str(options.checkpoint / "model.safetensors")
    tensors = dict(read_safetensors(path))
    name = next(n for n in tensors if n.endswith("wte.weight"))
    embedding = np.array(tensors[name])
    rare = np.bincount(text["train"].astype(np.int64), minlength=len(embedding))[:len(embedding)] < options.below
    rare[-1] = False  # <|endoftext|> stands at the edge of documents
    before = loss(options.checkpoint, text["validation"])
    embedding[rare] = embedding[~rare].mean(axis=0)
    tensors[name] = embedding
    write_safetensors(path, tensors)
    after = loss(options.checkpoint, text["validation"])
    print(f"{int(rare.sum())} of {len(rare)} tokens occur fewer than {options.below} times and have the mean embedding; held-out loss {before:.4f} before, {after:.4f} after")


def loss(folder, stream):
    torch.set_num_threads(1)
    model = load_model(str(folder))
    return validation_loss(model.eval(), stream, model.shape["vocabulary"] - 1, model.shape["n_ctx"], 256)


if __name__ == "__main__":
    main()
