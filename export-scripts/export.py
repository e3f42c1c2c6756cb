#!/usr/bin/env python3
"""Turns a checkpoint folder into a model folder: ONNX with every intermediate named. See --help."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from errors import ExportError  # noqa: E402

EXAMPLES = """
examples:
  as published ("raw"; what papers on weights use):
    python3 export-scripts/export.py checkpoints/gpt2 models/onnx/gpt2
  the way TransformerLens loads it: norms folded, weights centred, value biases folded:
    python3 export-scripts/export.py checkpoints/gpt2 models/onnx/gpt2-folded --transformer-lens-defaults
  a base with a LoRA adapter merged into it:
    python3 export-scripts/export.py checkpoints/llama models/onnx/llama-tuned --adapter checkpoints/llama-lora
  half the size on disk and in memory:
    python3 export-scripts/export.py checkpoints/pythia models/onnx/pythia --dtype bfloat16

CHECKPOINT_FOLDER holds config.json, the weights (model.safetensors, pytorch_model.bin, shards with their index, or
TransformerLens's model_final.pth) and the tokenizer's files, as they are published. MODEL_FOLDER is written whole or not at all.
The format of the model folder is described in docs/model-folder.md. Exit code: 0, or 2 for bad input.
"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise ExportError(f"{message}; see --help")


def arguments(argv):
    parser = Parser(prog="export.py", description="Turn a checkpoint folder into a model folder.", epilog=EXAMPLES,
                    formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("checkpoint", metavar="CHECKPOINT_FOLDER", type=Path)
    parser.add_argument("destination", metavar="MODEL_FOLDER", type=Path)
    steps = parser.add_argument_group("weight processing (default: none; applied in this order, whatever the order of the flags)")
    steps.add_argument("--fold-ln", action="store_true", help="fold the norms' gains and biases into the weights that read them")
    steps.add_argument("--center-writing-weights", action="store_true", help="remove the mean over d_model of what is written into the stream (LayerNorm only)")
    steps.add_argument("--center-unembed", action="store_true", help="remove the mean over the vocabulary from W_U and b_U")
    steps.add_argument("--fold-value-biases", action="store_true", help="move b_V through W_O into b_O")
    steps.add_argument("--refactor-attn", action="store_true", help="replace W_Q, W_K and W_V, W_O by balanced and orthonormal factors of the same products (not for rotary models)")
    steps.add_argument("--transformer-lens-defaults", action="store_true",
                       help="fold_ln, center_writing_weights, center_unembed and fold_value_biases, each where it is valid")
    parser.add_argument("--adapter", metavar="FOLDER", type=Path, help="merge the LoRA adapter of this folder (adapter_config.json, adapter_model.safetensors) into the checkpoint")
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), default="float32", help="how the weights are stored (default: float32)")
    parser.add_argument("--name", help="the model's name (default: the destination's)")
    parser.add_argument("--source-name", metavar="NAME", help="what the model folder calls its source (default: the name of CHECKPOINT_FOLDER)")
    parser.add_argument("--force", action="store_true", help="replace an existing MODEL_FOLDER")
    return parser.parse_args(argv)


def elsewhere(module):
    """Runs this program in another python3 of the PATH that has what this one lacks, where there is one."""
    if __name__ != "__main__" or os.environ.get("PLUGINLENS_EXPORT") or module not in ("numpy", "onnx", "google"):
        return
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin"]:
        python = os.path.join(folder, "python3")
        if os.access(python, os.X_OK) and subprocess.run([python, "-c", "import numpy, onnx"], capture_output=True).returncode == 0:
            sys.exit(subprocess.run([python, *sys.argv], env={**os.environ, "PLUGINLENS_EXPORT": "1"}).returncode)


def main(argv=None):
    try:
        options = arguments(argv)
        try:
            from pipeline import export
        except ModuleNotFoundError as error:
            elsewhere(error.name)
            raise ExportError(f"{sys.executable} has no module '{error.name}': install numpy and onnx (Debian: apt install python3-numpy python3-onnx), "
                              "or call the python3 that has them") from None
        print(export(options))
        print(f"next:  pluginlens inspect {options.destination}")
        return 0
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", file=sys.stderr)
    except KeyboardInterrupt:
        print("error: interrupted; nothing was written", file=sys.stderr)
        return 130
    except MemoryError:
        print("error: out of memory; a weight does not fit", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
