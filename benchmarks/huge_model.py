#!/usr/bin/env python3
"""Writes a model folder that is larger than memory is meant to hold: GPT-2's shape, sparse on disk, random where ov-pairs of layer 0 reads.

  python3 benchmarks/huge_model.py FOLDER               6 GB: 26 layers, d_model 2,048, vocabulary 50,257
  python3 benchmarks/huge_model.py FOLDER --layers 2    a small one
Only embed.W_E, unembed.W_U and the attention of layer 0 hold numbers; everything else is zeros that take no room.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "export-scripts"))
import canonical  # noqa: E402
from folder import onnx_file  # noqa: E402
from graph import TEMPLATE  # noqa: E402
from graph.interpreter import interpret  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=26)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--vocabulary", type=int, default=50257)
    options = parser.parse_args()
    d, heads = options.width, options.width // 64
    config = {"architecture": "gpt2", "d_model": d, "n_heads": heads, "n_layers": options.layers, "d_vocab": options.vocabulary, "attention_dir": "causal", "norm": "LN",
              "norm_placement": "pre", "positions": "learned", "final_norm": True, "d_head": 64, "attn_scale": 8.0, "n_ctx": 1024, "eps": 1e-5, "act_fn": "gelu_new", "d_mlp": 4 * d}
    absent = ("embed.ln", "token_type", "q_norm", "k_norm", "ln1_post", "ln2_post", "W_gate", "b_gate", "mlm_head", "classifier", "unembed.b_U")
    shapes = {n: s for n, s in canonical.shapes(config).items() if not any(a in n for a in absent)}
    options.folder.mkdir(parents=True, exist_ok=True)
    entries, end = {}, 0
    random = np.random.default_rng(0)
    with open(options.folder / onnx_file.DATA, "wb") as file:
        for name, shape in shapes.items():
            offset, length = (end + 63) // 64 * 64, 4 * int(np.prod(shape))
            entries[name], end = (shape, offset, length), offset + length
            if name in ("embed.W_E", "unembed.W_U") or name.startswith("blocks.0.attn.W"):
                file.seek(offset)
                for start in range(0, shape[0], 64):
                    rows = (min(64, shape[0] - start), *shape[1:])
                    file.write((random.standard_normal(rows, dtype=np.float32) * 0.05).tobytes())
        file.truncate(end)
    facts = {"pluginlens.format": "1", "pluginlens.exporter": "huge_model.py", "name": options.folder.name, "dtype": "float32", **config, "processing": []}
    graph = interpret(TEMPLATE.read_text(encoding="utf-8"), facts, shapes, False)
    facts.update({"hooks": graph.hooks, "tokenizer_files": {}, "source": "random numbers", "source_sha256": {}, "weights_sha256": ""})
    onnx_file.save(onnx_file.build(graph, entries, "float32", facts), options.folder / onnx_file.NAME)
    print(f"{options.folder}: {end / 1e9:.1f} GB, {options.layers} layers")


if __name__ == "__main__":
    main()
