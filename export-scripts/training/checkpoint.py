"""Checkpoints in the layouts that the world reads: GPT-2's folder, and TransformerLens's for attention-only models."""

import json
import os
import shutil

import numpy as np
import torch

from training.bpe import write
from training.model import AttentionOnly, Gpt2

TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")


def write_safetensors(path, tensors):
    """float32 arrays by name: 8 bytes of header length, the header as JSON, the data."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    arrays = {name: np.ascontiguousarray(a, dtype="<f4") for name, a in sorted(tensors.items())}
    for name, a in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        offset += a.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the data starts aligned
    with open(path + ".new", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for a in arrays.values():
            file.write(a.tobytes())
    os.replace(path + ".new", path)


def read_safetensors(path):
    """The float32 tensors of a file written above."""
    with open(path, "rb") as file:
        data = file.read()
    n = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"'{name}' in '{path}' has type {entry['dtype']}: expected F32")
        start, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[8 + n + start:8 + n + end], "<f4").reshape(entry["shape"])
    return tensors


def gpt2_config(model, end_of_text):
    shape = model.shape
    return {
        "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.0,
        "bos_token_id": end_of_text, "embd_pdrop": 0.0, "eos_token_id": end_of_text, "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-5, "model_type": "gpt2", "n_ctx": shape["n_ctx"], "n_embd": shape["d"],
        "n_head": shape["heads"], "n_inner": None, "n_layer": shape["layers"], "n_positions": shape["n_ctx"],
        "resid_pdrop": 0.0, "scale_attn_weights": True, "tie_word_embeddings": True, "torch_dtype": "float32",
        "vocab_size": shape["vocabulary"],
    }


def attention_only_config(model):
    shape = model.shape
    return {
        "d_model": shape["d"], "n_layers": shape["layers"], "d_mlp": 4 * shape["d"], "d_head": shape["d"] // shape["heads"],
        "n_heads": shape["heads"], "n_ctx": shape["n_ctx"], "d_vocab": shape["vocabulary"], "act_fn": "gelu_new",
        "attn_only": True, "normalization": "LN", "shortformer_pos": False, "final_rms": False,
    }


def save_checkpoint(model, kind, tokenizer_folder, folder, extra_tensors=None, extra_config=None):
    """Writes the model and its tokenizer into the folder."""
    os.makedirs(folder, exist_ok=True)
    for name in TOKENIZER_FILES:
        shutil.copyfile(os.path.join(tokenizer_folder, name), os.path.join(folder, name))
    state = {name: t.detach().cpu() for name, t in model.state_dict().items()}
    if kind == "gpt2":
        config = dict(gpt2_config(model, model.shape["vocabulary"] - 1), **(extra_config or {}))
        write_safetensors(os.path.join(folder, "model.safetensors"), {n: t.cpu().numpy() for n, t in {**state, **(extra_tensors or {})}.items()})
    else:
        config = attention_only_config(model)
        torch.save(state, os.path.join(folder, "model_final.pth"))
    write(folder, "config.json", json.dumps(config, indent=2) + "\n")


def load_gpt2(folder):
    """The model of a folder written above."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if config.get("model_type") != "gpt2":
        raise ValueError(f"'{folder}' holds a model of type '{config.get('model_type')}': expected 'gpt2'")
    model = Gpt2(config["vocab_size"], config["n_positions"], config["n_embd"], config["n_layer"], config["n_head"])
    tensors = read_safetensors(os.path.join(folder, "model.safetensors"))
    model.load_state_dict({name: torch.from_numpy(tensors[name].copy()) for name in model.state_dict()})
    return model


def load_attention_only(folder):
    """The attention-only model of a folder written above."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    model = AttentionOnly(config["d_vocab"], config["n_ctx"], config["d_model"], config["n_layers"], config["n_heads"])
    model.load_state_dict(torch.load(os.path.join(folder, "model_final.pth")))
    return model


def load_model(folder):
    """The model of a folder, of either kind."""
    return (load_attention_only if os.path.exists(os.path.join(folder, "model_final.pth")) else load_gpt2)(folder)
