"""Golden values of the analyses that decompose the matrices of heads and MLPs, as make.py makes those of the others: products formed, numpy's own decompositions.

    python3 tests/Golden/embedded/make_circuits.py
"""

import itertools
import sys

import numpy as np

from lists import EXACT, ROUNDED, case, cosines, joined, listed
from models import gpt2

MATRICES = ["W_Q", "W_K", "W_QK", "W_V", "W_O", "W_OV"]


class Folded:
    """Matrices of a model with the norms around them put in: the gain before what reads, no mean in what is read and written."""

    def __init__(self, m, fold):
        self.m, self.fold = m, fold

    def read(self, matrix, norm):
        gained = matrix if self.fold == "none" else self.m[norm + ".w"][:, None] * matrix
        return gained - gained.mean(0) if self.fold == "full" else gained

    def written(self, matrix):
        return matrix - matrix.mean(1, keepdims=True) if self.fold == "full" else matrix

    def head(self, layer, head, name):
        block = f"blocks.{layer}."
        if name == "W_QK":
            return self.head(layer, head, "W_Q") @ self.head(layer, head, "W_K").T
        if name == "W_OV":
            return self.head(layer, head, "W_V") @ self.head(layer, head, "W_O")
        matrix = self.m[f"{block}attn.{name}"][head]
        return self.written(matrix) if name == "W_O" else self.read(matrix, block + "ln1")

    def tokens(self, writes):
        tokens = self.m.u if writes else self.m.e
        if writes and self.fold != "none":
            tokens = tokens * self.m["ln_final.w"]
        return tokens - tokens.mean(1, keepdims=True) if self.fold == "full" else tokens


def effective_rank(fold):
    m, layers = gpt2("tiny-gpt2"), [0, 3]
    weights, rows, values = Folded(m, fold), [], []
    for layer, head, name in itertools.product(layers, range(m.heads), MATRICES):
        matrix = weights.head(layer, head, name)
        spectrum = np.linalg.svd(matrix, compute_uv=False)[:m.width]
        energy = spectrum ** 2 / np.sum(spectrum ** 2)
        held = np.cumsum(energy)
        rows.append({
            "layer": layer, "head": head, "matrix": name, "rank99": int(np.sum(held < 0.99)) + 1, "rank999": int(np.sum(held < 0.999)) + 1, "stable_rank": 1 / energy[0],
            "entropy_rank": np.exp(-np.sum(energy * np.log(energy))), "numeric_rank": int(np.sum(spectrum > spectrum[0] * max(matrix.shape) * 2.0 ** -23)),
            "largest_singular_value": spectrum[0], "norm": np.linalg.norm(matrix)})
        values += [{"layer": layer, "head": head, "matrix": name, "rank": at + 1, "value": value, "energy_share": held[at]} for at, value in enumerate(spectrum)]
    tolerance = EXACT if fold == "none" else ROUNDED
    case(f"effective-rank{'' if fold == 'none' else '-' + fold}", [m], ["effective-rank", "--layer", joined(layers), "--fold", fold, "--values", "true"], tolerance, {"singular_values": 32},
         effective_rank=rows, singular_values=values)


def composition(model, fold):
    m, k = gpt2(model), 12
    weights, rows = Folded(m, fold), []
    heads = list(itertools.product(range(m.layers), range(m.heads)))
    circuits = {(layer, head, name): weights.head(layer, head, name) for layer, head in heads for name in ("W_QK", "W_OV")}
    pairs = [(one, other) for one in heads for other in heads if one[0] < other[0]]
    for kind in "qkv":
        scores = []
        for one, other in pairs:
            x, y = circuits[(*one, "W_OV")], circuits[(*other, "W_OV" if kind == "v" else "W_QK")]
            y = y.T if kind == "k" else y
            scores.append(np.linalg.norm(x @ y) / np.linalg.norm(x) / np.linalg.norm(y))
        ids, best = listed(np.array(scores), k, ROUNDED)
        for rank, (at, score) in enumerate(zip(ids, best), 1):
            (layer, head), (later, other) = (("?", "?"), ("?", "?")) if at == "?" else pairs[at]
            rows.append({"kind": kind, "rank": rank, "from_layer": layer, "from_head": head, "to_layer": later, "to_head": other, "score": score, "excess": score - 1 / np.sqrt(m.e.shape[1])})
    case(f"composition-scores-{model}", [m], ["composition-scores", "--k", k, "--fold", fold, "--baseline", "rotation"], ROUNDED, composition_scores=rows)


def circuit_svd(name, model, matrix, layer, head, fold, score):
    m, count, k = gpt2(model), 2, 4
    weights, mlp = Folded(m, fold), matrix in ("in", "out")
    if mlp:
        block = f"blocks.{layer}."
        formed = weights.written(m[block + "mlp.W_out"]) if matrix == "out" else weights.read(m[block + "mlp.W_in"], block + "ln2").T
    else:
        formed = weights.head(layer, head, "W_" + matrix.upper())
    u, s, vt = np.linalg.svd(formed, full_matrices=False)
    if np.min(-np.diff(s[:count + 1])) < 1e-4 * s[0]:
        sys.exit(f"make_circuits.py: {name}: two singular values are too near each other; choose another matrix.")
    shares = s ** 2 / np.sum(s ** 2)
    directions, words, neurons = [], [], []
    for at in range(count):
        sign = np.sign(vt[at, np.argmax(np.abs(vt[at]))])
        left, right = sign * u[:, at], sign * vt[at]
        common = {"matrix": matrix, "layer": layer} | ({} if mlp else {"head": head})
        directions.append(common | {"direction": at + 1, "singular_value": s[at], "energy_share": shares[at], "cumulative": shares[:at + 1].sum()})
        for end, turn in (("plus", 1), ("minus", -1)):
            def side(x, writes):
                tokens = weights.tokens(writes)
                return zip(*listed(cosines(turn * x, tokens) if score == "cosine" else tokens @ (turn * x), k, ROUNDED))

            lists = {}
            if matrix != "out":
                lists["from"] = side(right if matrix == "in" else left, False)
            if matrix != "in":
                lists["to"] = side(right, matrix != "qk")
            for rank, row in enumerate(zip(*lists.values()), 1):
                words.append(common | {"direction": at + 1, "end": end, "rank": rank} | {f"{key}_{column}": value for key, pair in zip(lists, row) for column, value in zip(("id", "score"), pair)})
            if mlp:
                neurons += [{"matrix": matrix, "layer": layer, "direction": at + 1, "end": end, "rank": rank, "neuron": neuron, "component": value}
                            for rank, (neuron, value) in enumerate(zip(*listed(turn * left, k, ROUNDED)), 1)]
    arguments = ["circuit-svd", "--matrix", matrix, "--layer", layer, *([] if mlp else ["--head", head]), "--directions", count, "--k", k, "--fold", fold, "--score", score]
    case(name, [m], arguments, ROUNDED, circuit_svd=directions, words=words, **({"neurons": neurons} if mlp else {}))


if __name__ == "__main__":
    for how in ("none", "full"):
        effective_rank(how)
    composition("tiny-gpt2", "none")
    composition("tiny-attn-2l", "full")
    # Not tied: the two sides are two matrices.
    circuit_svd("circuit-svd-ov", "tiny-attn-2l", "ov", 1, 1, "full", "cosine")
    circuit_svd("circuit-svd-qk", "tiny-gpt2", "qk", 1, 2, "none", "dot")
    circuit_svd("circuit-svd-in", "tiny-gpt2", "in", 2, None, "gain", "cosine")
    circuit_svd("circuit-svd-out", "tiny-gpt2", "out", 2, None, "gain", "dot")
