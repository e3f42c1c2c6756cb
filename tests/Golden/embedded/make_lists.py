"""Golden values of lists whose tokens are normed, centred, divided by lengths, or left out, as make.py makes those of the others: vectors made whole, in float64.

    python3 tests/Golden/embedded/make_lists.py
"""

import numpy as np

from lists import FORWARD, case, joined, listed, word_rows
from models import gpt2

LEADING, LARGE = ["--bpe-filter", "leading-space"], ["--drop-flagged", "--large-norm", "1.2"]


def centred(rows):
    return rows - rows.mean(0)


def scaled(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def words(m):
    """Ids that start a word and are not long."""
    norms = np.linalg.norm(m.e, axis=1)
    start = np.zeros(len(m.e), bool)
    start[[id_ for piece, id_ in m.vocabulary.items() if piece.startswith("Ġ")]] = True
    return np.flatnonzero(start & (norms <= 1.2 * np.median(norms)))


def read(m, norm):
    """Tokens under a norm, its bias left out (it is the same for all: centred, it is gone)."""
    return m.norm(m.e, norm) - m[norm + ".b"]


def written(m):
    """What a vector's product is to each token as the final norm reads it: gain, and no mean."""
    gained = m.u * m["ln_final.w"]
    return gained - gained.mean(1, keepdims=True)


def pairs(name, plugin, rows, columns, names, options):
    m, layer, head, k = gpt2("tiny-gpt2"), 1, 2, 12
    kept = words(m)
    scores = rows(m, f"blocks.{layer}.attn.", head)[kept] @ columns(m)[kept].T
    flat = scores.ravel()
    few = np.argpartition(-flat, 4 * k)[:4 * k]
    few = few[np.lexsort((few, -flat[few]))]
    ids, best = listed(flat[few], k, FORWARD)
    table = []
    for rank, (at, score) in enumerate(zip(ids, best), 1):
        row, column = ("?", "?") if at == "?" else (int(kept[place]) for place in divmod(int(few[at]), len(kept)))
        table.append({"layer": layer, "head": head, "rank": rank, names[0]: row, names[1]: column, "score": score})
    case(name, [m], [plugin, "--layer", layer, "--head", head, "--tokens", "all", "--k", k, *LEADING, *LARGE, *options], FORWARD, **{plugin.replace("-", "_"): table})


def through(m, block, head):
    return centred(read(m, block.replace("attn.", "ln1"))) @ m[block + "W_V"][head] @ m[block + "W_O"][head]


def looked_for(m, block, head):
    return centred(m.e) @ m[block + "W_Q"][head] @ m[block + "W_K"][head].T


def neurons():
    m, layer, numbers, k = gpt2("tiny-gpt2"), 2, [0, 7, 100], 6
    kept, rows = words(m), []
    keys, values = (scaled(centred(side)) for side in (read(m, f"blocks.{layer}.ln2"), written(m)))
    for neuron in numbers:
        lists = []
        for side, group in ((keys, "K"), (values, "V")):
            ids, scores = listed(side[kept] @ m.vectors(group, layer)[neuron], k, FORWARD)
            lists += [["?" if at == "?" else int(kept[at]) for at in ids], scores]
        rows += [{"layer": layer, "neuron": neuron, "rank": rank} | dict(zip(("key_id", "key_score", "value_id", "value_score"), row)) for rank, row in enumerate(zip(*lists), 1)]
    case("ffn-keys-values-compared", [m], ["ffn-keys-values", "--layer", layer, "--neuron", joined(numbers), "--k", k, "--normed", "--center", "--cosine", "output", *LEADING, *LARGE], FORWARD, ffn_keys_values=rows)


def states():
    m, k, sentence = gpt2("tiny-gpt2"), 6, "she looked at her mother"
    ids = m.encode(sentence)
    streams, _, _ = m.forward(ids)
    large = np.linalg.norm(m.e, axis=1) > 1.2 * np.median(np.linalg.norm(m.e, axis=1))
    rows = []
    for layer, stream in zip([None, *range(m.layers)], streams):
        state = m.norm(stream[-1], "ln_final")
        scores = scaled(centred(m.u)) @ (state / np.linalg.norm(state))
        rows += [{"kind": "embed" if layer is None else "block", "layer": layer, "position": len(ids) - 1} | row | {"large_norm": "?" if row["token_id"] == "?" else bool(large[row["token_id"]])} for row in word_rows(scores, k, FORWARD)]
    case("hidden-projection-cosine", [m], ["hidden-projection", "--ids", joined(ids), "--k", k, "--center", "--cosine", "both", "--flags", "--large-norm", "1.2"], FORWARD, hidden_projection=rows)


if __name__ == "__main__":
    ov, qk = ("input_id", "output_id"), ("query_id", "key_id")
    pairs("ov-pairs-cosine", "ov-pairs", lambda m, block, head: scaled(through(m, block, head)), lambda m: scaled(centred(written(m))), ov, ["--normed", "--center", "--cosine", "both"])
    pairs("ov-pairs-output", "ov-pairs", through, lambda m: scaled(centred(written(m))), ov, ["--normed", "--center", "--cosine", "output"])
    pairs("ov-pairs-centred", "ov-pairs", through, lambda m: centred(written(m)), ov, ["--normed", "--center"])
    pairs("qk-pairs-cosine", "qk-pairs", lambda m, block, head: scaled(looked_for(m, block, head)), lambda m: scaled(centred(m.e)), qk, ["--center", "--cosine", "both"])
    neurons()
    states()
