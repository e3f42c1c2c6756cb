#!/usr/bin/env python3
"""Trains a byte-level BPE tokenizer in GPT-2's file format on text files."""

import argparse

from training.bpe import Tokenizer
from training.command import guarded
from training.corpus import read_split


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", nargs="*", default=[], metavar="FILE", help="texts of paragraphs separated by blank lines")
    parser.add_argument("--lines", nargs="*", default=[], metavar="FILE", help="texts with one document a line, after an optional id and tab")
    parser.add_argument("--vocabulary", type=int, default=4096, help="number of tokens, <|endoftext|> included (default: 4096)")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="where vocab.json, merges.txt and the configuration go")
    arguments = parser.parse_args()
    if not arguments.books and not arguments.lines:
        parser.error("no text: name files with --books or --lines")
    if arguments.vocabulary <= 257:
        parser.error(f"--vocabulary {arguments.vocabulary} leaves no room for merges: the 256 bytes and the end of text come first")
    train, _ = read_split(arguments.books, arguments.lines)
    tokenizer = Tokenizer.train(train, arguments.vocabulary)
    tokenizer.save(arguments.output)
    print(f"{len(tokenizer.vocab)} tokens from {len(train)} documents in {arguments.output}")


if __name__ == "__main__":
    guarded("train_tokenizer", main)
