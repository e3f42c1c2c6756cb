"""The embedded models, read and run in float64 from their weights alone: nothing by PluginLens."""

import functools
import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper

ROOT = Path(__file__).resolve().parents[3]
GROUPS = ["K", "V", "W_Q", "W_K", "W_V", "W_O"]


def softmax(x):
    shifted = np.exp(x - x.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def gelu_new(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))


class Model:
    """Weights and metadata of a model in models/onnx."""

    def __init__(self, name):
        self.name = name
        self.folder = ROOT / "models" / "onnx" / name
        proto = onnx.load(str(self.folder / "model.onnx"))
        self.meta = {entry.key: entry.value for entry in proto.metadata_props}
        self.weights = {tensor.name: onnx.numpy_helper.to_array(tensor).astype(np.float64) for tensor in proto.graph.initializer}
        self.sha256 = hashlib.sha256((self.folder / "model.onnx.data").read_bytes()).hexdigest()

    def __getitem__(self, name):
        return self.weights[name]

    @property
    def e(self):
        return self["embed.W_E"]


class Gpt2(Model):
    """A GPT-2, or its like without MLPs: configuration, tokenizer and forward pass."""

    def __init__(self, name):
        super().__init__(name)
        if (self.meta["architecture"], self.meta.get("act_fn"), self.meta["processing"]) not in (("gpt2", "gelu_new", "[]"), ("attn-only", None, "[]")):
            sys.exit(f"{self.folder}: expected a raw GPT-2 with gelu_new, or one without MLPs; teach the forward pass what it is.")
        self.layers, self.heads, self.width = (int(self.meta[key]) for key in ("n_layers", "n_heads", "d_head"))
        self.vocabulary = json.loads((self.folder / "vocab.json").read_text(encoding="utf-8"))
        merges = [line.split(" ") for line in (self.folder / "merges.txt").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        self.merges = {(left, right): rank for rank, (left, right) in enumerate(merges)}

    @property
    def u(self):
        return self["unembed.W_U"].T

    @property
    def b_u(self):
        return self.weights.get("unembed.b_U", np.zeros(len(self.u)))

    def tokens_of(self, group):
        """The embedding that a group's vectors are read with: W_E for what reads the stream, W_U for what writes it."""
        return self.u if group in ("V", "W_O") else self.e

    def vectors(self, group, layer):
        """Rows [n, d_model]: FFN keys and values, columns of W_Q, W_K, W_V and rows of W_O, head after head."""
        block = f"blocks.{layer}."
        if group == "K":
            return self[block + "mlp.W_in"].T
        if group == "V":
            return self[block + "mlp.W_out"]
        matrices = self[f"{block}attn.{group}"]
        return np.concatenate([matrix if group == "W_O" else matrix.T for matrix in matrices])

    def encode(self, text):
        """Byte-level BPE of ASCII text."""
        ids = []
        for word in re.findall(r"'(?:s|t|re|ve|m|ll|d)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+", text):
            pieces = list(word.replace(" ", "Ġ"))
            while len(pieces) > 1:
                pairs = list(zip(pieces, pieces[1:]))
                best = min(pairs, key=lambda pair: self.merges.get(pair, 1e9))
                if best not in self.merges:
                    break
                at = pairs.index(best)
                pieces[at:at + 2] = ["".join(best)]
            ids += [self.vocabulary[piece] for piece in pieces]
        return ids

    @functools.cached_property
    def texts(self):
        """Text of every token."""
        visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
        hidden = [byte for byte in range(256) if byte not in visible]
        byte_of = {chr(byte): byte for byte in visible} | {chr(256 + at): byte for at, byte in enumerate(hidden)}
        special = {int(self.meta[key]) for key in ("bos_id", "eos_id", "unk_id") if key in self.meta}
        return {id_: piece if id_ in special else bytes(byte_of[c] for c in piece).decode("utf-8", "replace") for piece, id_ in self.vocabulary.items()}

    def word(self, word):
        ids = self.encode(" " + word)
        if len(ids) != 1:
            sys.exit(f"' {word}' is {len(ids)} tokens of {self.name}; put a word that is one token in its place.")
        return ids[0]

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + float(self.meta["eps"])) * self[name + ".w"] + self[name + ".b"]

    def attention(self, layer, x):
        """Patterns [head, pos, pos] and values [head, pos, d_head] of the block that reads these states."""
        block = f"blocks.{layer}."
        n = self.norm(x, block + "ln1")
        q, k, v = (np.einsum("pd,hde->hpe", n, self[f"{block}attn.W_{c}"]) + self[f"{block}attn.b_{c}"][:, None] for c in "QKV")
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(self.width)
        scores[:, np.triu(np.ones(scores.shape[1:], bool), 1)] = -np.inf
        return softmax(scores), v

    def forward(self, ids=None, state=None, first=0):
        """Residual streams (before the first block run, then after each), MLP pre-activations and z of each block."""
        x = self.e[ids] + self["pos_embed.W_pos"][:len(ids)] if state is None else state
        streams, neurons, heads = [x], [], []
        for layer in range(first, self.layers):
            block = f"blocks.{layer}."
            pattern, v = self.attention(layer, x)
            z = pattern @ v
            x = x + np.einsum("hpe,hed->pd", z, self[block + "attn.W_O"]) + self[block + "attn.b_O"]
            heads.append(z.transpose(1, 0, 2).reshape(len(x), -1))
            if self.meta["architecture"] == "attn-only":
                streams.append(x)
                continue
            pre = self.norm(x, block + "ln2") @ self[block + "mlp.W_in"] + self[block + "mlp.b_in"]
            x = x + gelu_new(pre) @ self[block + "mlp.W_out"] + self[block + "mlp.b_out"]
            streams.append(x)
            neurons.append(pre)
        return streams, neurons, heads

    def logits(self, states):
        return self.norm(states, "ln_final") @ self.u.T + self.b_u

    def words(self, states):
        """States on W_E in place of W_U, where b_U does not belong."""
        return self.norm(states, "ln_final") @ self.e.T


class Bert(Model):
    """A BERT, for analyses that run nothing."""

    def __init__(self, name):
        super().__init__(name)
        self.vocabulary = {piece: id_ for id_, piece in enumerate((self.folder / "vocab.txt").read_text(encoding="utf-8").splitlines())}

    def word(self, word):
        return self.vocabulary[word]


gpt2 = functools.lru_cache(Gpt2)
bert = functools.lru_cache(Bert)
