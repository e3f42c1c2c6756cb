#!/usr/bin/env python3
"""Writes a GPT-2 checkpoint folder of any size with random weights, for benchmarks: opening, reading, pairing.

  python3 benchmarks/synthetic_checkpoint.py FOLDER                     GPT-2 small: 12 layers, d_model 768, vocabulary 50,257
  python3 benchmarks/synthetic_checkpoint.py FOLDER --layers 2 --width 64 --heads 4 --vocabulary 1000
  python3 benchmarks/synthetic_checkpoint.py FOLDER --norms 0.3 --spectrum 0.5     tokens of lognormal(0.3) norms, dimension i of a head times i^-0.5
The tokenizer is made of the 256 bytes and words t0, t1, ...: as many ids as the vocabulary has, no meaning.
"""

import argparse
import json
import struct
from pathlib import Path

import numpy as np


def byte_characters():
    """GPT-2's printable stand-ins for the 256 bytes."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in kept]
    return [chr(b) for b in kept] + [chr(256 + i) for i in range(len(others))]


def shapes(layers, d, vocabulary, context):
    yield "wte.weight", (vocabulary, d), 0.02
    yield "wpe.weight", (context, d), 0.01
    for l in range(layers):
        for name, shape in (("ln_1.weight", (d,)), ("ln_1.bias", (d,)), ("attn.c_attn.weight", (d, 3 * d)), ("attn.c_attn.bias", (3 * d,)),
                            ("attn.c_proj.weight", (d, d)), ("attn.c_proj.bias", (d,)), ("ln_2.weight", (d,)), ("ln_2.bias", (d,)),
                            ("mlp.c_fc.weight", (d, 4 * d)), ("mlp.c_fc.bias", (4 * d,)), ("mlp.c_proj.weight", (4 * d, d)), ("mlp.c_proj.bias", (d,))):
            yield f"h.{l}.{name}", shape, 0.02
    yield "ln_f.weight", (d,), 0.02
    yield "ln_f.bias", (d,), 0.02


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--vocabulary", type=int, default=50257)
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--norms", type=float, default=0, help="norms of the token vectors are spread by exp(this * normal)")
    parser.add_argument("--spectrum", type=float, default=0, help="dimension i = 1, 2, ... of each head's values (in W_V and in W_O) times i to the minus this")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)

    header, offset = {}, 0
    tensors = list(shapes(options.layers, options.width, options.vocabulary, options.context))
    for name, shape, _ in tensors:
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    random = np.random.default_rng(0)
    decay = np.tile(np.arange(1, options.width // options.heads + 1, dtype=np.float32) ** -options.spectrum, options.heads)
    with open(options.folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape, deviation in tensors:
            values = random.standard_normal(shape, dtype=np.float32) * deviation
            if name == "wte.weight" and options.norms:
                values *= np.exp(options.norms * random.standard_normal((shape[0], 1), dtype=np.float32))
            if name.endswith("attn.c_attn.weight"):
                values[:, 2 * options.width :] *= decay
            if name.endswith("attn.c_proj.weight"):
                values *= decay[:, None]
            file.write((values + 1 if name.endswith(("ln_1.weight", "ln_2.weight", "ln_f.weight")) else values).tobytes())

    end = options.vocabulary - 1
    config = {"model_type": "gpt2", "n_layer": options.layers, "n_embd": options.width, "n_head": options.heads, "vocab_size": options.vocabulary,
              "n_positions": options.context, "n_ctx": options.context, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
              "bos_token_id": end, "eos_token_id": end, "architectures": ["GPT2LMHeadModel"]}
    (options.folder / "config.json").write_text(json.dumps(config, indent=1))
    words = byte_characters() + [f"t{i}" for i in range(options.vocabulary - 257)] + ["<|endoftext|>"]
    (options.folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (options.folder / "merges.txt").write_text("#version: 0.2\n")
    special = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "tokenizer_class": "GPT2Tokenizer"}
    (options.folder / "tokenizer_config.json").write_text(json.dumps(special))


if __name__ == "__main__":
    main()
