"""Golden values of the embedding-space analyses on the embedded models: naive float64 from the weights, by the formulas of the paper, nothing by PluginLens.

    python3 tests/Golden/embedded/make.py

Run it again after models/onnx changes. It writes one JSON file a case beside itself: the arguments of `pluginlens run`, the hashes of the weights they are for, the
tolerance, the number of rows of each table, and all or the first of them (the columns worth comparing). "?" stands for a value that rounding decides: an id whose
score ties with its neighbour's within the tolerance. Tolerances are relative to the largest value of a column; what was seen is less than a fifth of them:
  1e-9  weights alone, scored in float64 by the program too
  1e-6  one intermediate rounded to float32 (a difference of weights, a row divided by its length)
  1e-5  float32 forward passes and products: 2^-24 times the square root of a few thousand operations
reviews.csv holds the sentences of models/data/reviews-sample.csv (source and licence there) whose class no rounding decides. Needs numpy and onnx.
"""

import csv
import functools
import hashlib
import itertools
import json
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
REVIEWS = ROOT / "models" / "data" / "reviews-sample.csv"
LEXICON = ROOT / "src" / "Plugins" / "FinetuneDiff" / "opinion-lexicon.txt"
SENTENCES = [
    "she looked at her mother and said that the old man had been very kind to them all .",
    "he went down to the sea in the morning and never came back to the house .",
    "it was a long time before the captain of the ship could speak to his men again .",
    "a good film with a great story , but the last half of it is far too slow .",
]
EXACT, ROUNDED, FORWARD = 1e-9, 1e-6, 1e-5
OPTION_OF = {"K": "k", "V": "v", "W_Q": "wq", "W_K": "wk", "W_V": "wv", "W_O": "wo"}
GROUPS = list(OPTION_OF)


class Model:
    """Weights, configuration, tokenizer and forward pass of a GPT-2, or of its like without MLPs, in models/onnx."""

    def __init__(self, name):
        self.name = name
        folder = ROOT / "models" / "onnx" / name
        proto = onnx.load(str(folder / "model.onnx"))
        self.meta = {entry.key: entry.value for entry in proto.metadata_props}
        if (self.meta["architecture"], self.meta.get("act_fn"), self.meta["processing"]) not in (("gpt2", "gelu_new", "[]"), ("attn-only", None, "[]")):
            sys.exit(f"make.py: expected a raw GPT-2 with gelu_new, or one without MLPs, in {folder}; teach the forward pass what it is.")
        self.weights = {tensor.name: onnx.numpy_helper.to_array(tensor).astype(np.float64) for tensor in proto.graph.initializer}
        self.layers, self.heads, self.width = (int(self.meta[key]) for key in ("n_layers", "n_heads", "d_head"))
        self.sha256 = hashlib.sha256((folder / "model.onnx.data").read_bytes()).hexdigest()
        self.vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        merges = [line.split(" ") for line in (folder / "merges.txt").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        self.merges = {(left, right): rank for rank, (left, right) in enumerate(merges)}

    def __getitem__(self, name):
        return self.weights[name]

    @property
    def e(self):
        return self["embed.W_E"]

    @property
    def u(self):
        return self["unembed.W_U"].T

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
            sys.exit(f"make.py: ' {word}' is {len(ids)} tokens of {self.name}; put a word that is one token in its place.")
        return ids[0]

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + float(self.meta["eps"])) * self[name + ".w"] + self[name + ".b"]

    def forward(self, ids=None, state=None, first=0):
        """Residual streams (before the first block run, then after each), MLP pre-activations and z of each block."""
        x = self.e[ids] + self["pos_embed.W_pos"][:len(ids)] if state is None else state
        streams, neurons, heads = [x], [], []
        for layer in range(first, self.layers):
            block = f"blocks.{layer}."
            n = self.norm(x, block + "ln1")
            q, k, v = (np.einsum("pd,hde->hpe", n, self[f"{block}attn.W_{c}"]) + self[f"{block}attn.b_{c}"][:, None] for c in "QKV")
            scores = q @ k.transpose(0, 2, 1) / np.sqrt(self.width)
            scores[:, np.triu(np.ones(scores.shape[1:], bool), 1)] = -np.inf
            pattern = np.exp(scores - scores.max(-1, keepdims=True))
            z = pattern / pattern.sum(-1, keepdims=True) @ v
            x = x + np.einsum("hpe,hed->pd", z, self[block + "attn.W_O"]) + self[block + "attn.b_O"]
            heads.append(z.transpose(1, 0, 2).reshape(len(x), -1))
            if self.meta["architecture"] == "attn-only":
                streams.append(x)
                continue
            pre = self.norm(x, block + "ln2") @ self[block + "mlp.W_in"] + self[block + "mlp.b_in"]
            post = 0.5 * pre * (1 + np.tanh(np.sqrt(2 / np.pi) * (pre + 0.044715 * pre ** 3)))
            x = x + post @ self[block + "mlp.W_out"] + self[block + "mlp.b_out"]
            streams.append(x)
            neurons.append(pre)
        return streams, neurons, heads

    def logits(self, states):
        return self.norm(states, "ln_final") @ self.u.T + (self["unembed.b_U"] if "unembed.b_U" in self.weights else 0)

    def words(self, states):
        """States on W_E in place of W_U, where b_U does not belong."""
        return self.norm(states, "ln_final") @ self.e.T


model = functools.lru_cache(Model)


def top(scores, k):
    """Ids of the k largest, the lower id first where equal."""
    return np.lexsort((np.arange(len(scores)), -scores))[:k]


def listed(scores, k, tolerance):
    """Of the k largest: ids, "?" for those that tie with a neighbour in rank, and scores."""
    order = top(scores, k + 1)
    best = scores[order]
    gap = 4 * tolerance * np.abs(best).max()
    near = np.append(np.abs(np.diff(best)) < gap, False)
    unsure = near | np.insert(near[:-1], 0, False)
    return ["?" if unsure[at] else int(order[at]) for at in range(min(k, len(order)))], best[:k].tolist()


def clear(scores, k):
    """Whether the k largest are beyond doubt for a program that computes in float32."""
    best = scores[top(scores, k + 1)]
    return best[k - 1] - best[k] > 4 * FORWARD * np.abs(best).max()


def jaccard(a, b):
    return len(a & b) / len(a | b)


def case(name, models, arguments, tolerance, first=None, **tables):
    """Writes one case; names of tables with underscores for hyphens. Of tables in `first` only that many rows are kept."""
    options = [str(argument) for argument in arguments]
    plugin, rest = options[0], options[1:]
    content = {
        "made_by": "make.py; do not edit",
        "arguments": ["--plugin", plugin, *(argument for m in models for argument in ("--model", m.name)), *rest],
        "weights": {m.name: m.sha256 for m in models},
        "tolerance": tolerance,
        "rows": {table.replace("_", "-"): len(rows) for table, rows in tables.items()},
    }
    for table, count in (first or {}).items():
        tables[table] = tables[table][:count]
    lines = ",\n".join(
        f'    {json.dumps(table.replace("_", "-"))}: [\n' + ",\n".join(f"      {json.dumps(row, ensure_ascii=False, default=lambda value: value.item())}" for row in rows) + "\n    ]" for table, rows in tables.items())
    head = json.dumps(content, indent=2)[:-2]
    (HERE / f"{name}.json").write_text(f'{head},\n  "tables": {{\n{lines}\n  }}\n}}\n', encoding="utf-8")
    print(f"{name}: {sum(map(len, tables.values()))} rows")


def joined(values):
    return ",".join(map(str, values))


def prompt(m, fits=lambda ids: True):
    """Ids of the first sentence that the check accepts: one without near-ties, where a case counts members of sets."""
    for sentence in SENTENCES:
        ids = m.encode(sentence)
        if fits(ids):
            return ids
    sys.exit("make.py: every sentence has near-ties; add one to SENTENCES.")


def ffn_keys_values():
    m, layers, neurons, k = model("tiny-gpt2"), [1, 3], [0, 7, 100], 6
    overlaps, words = [], []
    for layer, neuron in itertools.product(layers, neurons):
        key, value = (m.tokens_of(group) @ m.vectors(group, layer)[neuron] for group in "KV")
        shared = len(set(top(key, 100)) & set(top(value, 100)))
        overlaps.append({"layer": layer, "neuron": neuron, "overlap": shared, "jaccard": shared / (200 - shared)})
        for rank, row in enumerate(zip(*listed(key, k, EXACT), *listed(value, k, EXACT)), 1):
            words.append({"layer": layer, "neuron": neuron, "rank": rank} | dict(zip(("key_id", "key_score", "value_id", "value_score"), row)))
    case("ffn-keys-values", [m], ["ffn-keys-values", "--layer", joined(layers), "--neuron", joined(neurons), "--k", k], EXACT, neurons=overlaps, ffn_keys_values=words)


def subheads():
    m, layer, head, dimensions, k = model("tiny-gpt2"), 2, 1, [0, 5, 31], 5
    rows = []
    for dimension in dimensions:
        lists = [listed(m.tokens_of(group) @ m.vectors(group, layer)[head * m.width + dimension], k, EXACT)[0] for group in ("W_Q", "W_K", "W_V", "W_O")]
        rows += [{"layer": layer, "head": head, "dimension": dimension, "rank": rank} | dict(zip(("query_id", "key_id", "value_id", "output_id"), ids)) for rank, ids in enumerate(zip(*lists), 1)]
    case("subheads", [m], ["subheads", "--layer", layer, "--head", head, "--dimension", joined(dimensions), "--k", k], EXACT, subheads=rows)


def knowledge_words():
    m, words, count, k = model("tiny-gpt2"), ["mother", "father", "sister"], 4, 5
    query = m.u[[m.word(word) for word in words]].mean(0) - m.u.mean(0)
    scores = np.concatenate([m.vectors("V", layer) @ query for layer in range(m.layers)])
    size = len(m.vectors("V", 0))
    ids, best = listed(scores, count, ROUNDED)
    if "?" in ids:
        sys.exit("make.py: two neurons tie for the seed words; choose other words.")
    neurons = [{"rank": rank, "layer": at // size, "neuron": at % size, "score": score} for rank, (at, score) in enumerate(zip(ids, best), 1)]
    listing = []
    for row in neurons:
        for rank, (token, score) in enumerate(zip(*listed(m.u @ m.vectors("V", row["layer"])[row["neuron"]], k, EXACT)), 1):
            listing.append({"neuron_rank": row["rank"], "layer": row["layer"], "neuron": row["neuron"], "rank": rank, "token_id": token, "score": score})
    case("knowledge-lookup-words", [m], ["knowledge-lookup", "--words", ",".join(words), "--neurons", count, "--k", k], ROUNDED, neurons=neurons, knowledge_lookup=listing)


def knowledge_promotes():
    m, word, count = model("tiny-gpt2"), "mother", 6
    target = m.u[m.word(word)]
    values = [{"layer": layer, "neuron": at, "score": score} for layer in range(m.layers) for at, score in enumerate(m.vectors("V", layer) @ target)]
    heads = []
    for layer in range(m.layers):
        for head, pushes in enumerate((m.vectors("W_O", layer) @ target).reshape(m.heads, m.width)):
            strongest = int(np.argmax(np.abs(pushes)))
            heads.append({"layer": layer, "head": head, "score": np.linalg.norm(pushes), "dimension": strongest, "dimension_score": pushes[strongest]})
    chosen = {}
    for table, rows, tolerance in (("promoting_neurons", values, EXACT), ("promoting_heads", heads, FORWARD)):
        ids, _ = listed(np.array([row["score"] for row in rows]), count, tolerance)
        if "?" in ids:
            sys.exit("make.py: two parameters tie for the word; choose another.")
        chosen[table] = [{"rank": rank} | rows[at] for rank, at in enumerate(ids, 1)]
    case("knowledge-lookup-promotes", [m], ["knowledge-lookup", "--promotes", word, "--neurons", count], FORWARD, **chosen)


def knowledge_maps():
    m, read, written = model("tiny-gpt2"), "king", "queen"
    x, y = m.word(read), m.word(written)
    found = []
    for layer, head in itertools.product(range(m.layers), range(m.heads)):
        scores = m.e[x] @ m[f"blocks.{layer}.attn.W_V"][head] @ m[f"blocks.{layer}.attn.W_O"][head] @ m.u.T
        near = np.sum(np.abs(scores - scores[y]) < 4 * FORWARD * np.abs(scores).max()) > 1
        found.append((scores[y], layer, head, "?" if near else int(np.sum(scores > scores[y])) + 1))
    found.sort(key=lambda row: -row[0])
    rows = [{"rank": rank, "layer": layer, "head": head, "score": score, "output_rank": place} for rank, (score, layer, head, place) in enumerate(found, 1)]
    case("knowledge-lookup-from-to", [m], ["knowledge-lookup", "--from", read, "--to", written], FORWARD, mappings=rows)


def pairs(name, left, right, columns):
    """The whole V x V matrix of one head, sorted."""
    m, layer, head, k = model("tiny-gpt2"), 1, 2, 15
    a, b = left(m, f"blocks.{layer}.attn.", head), right(m, f"blocks.{layer}.attn.", head)
    scores = (a @ b.T).ravel()
    few = np.argpartition(-scores, 4 * k)[:4 * k]
    few = few[np.lexsort((few, -scores[few]))]
    ids, best = listed(scores[few], k, ROUNDED)
    rows = []
    for rank, (at, score) in enumerate(zip(ids, best), 1):
        row, column = ("?", "?") if at == "?" else divmod(int(few[at]), len(b))
        rows.append({"layer": layer, "head": head, "rank": rank, columns[0]: row, columns[1]: column, "score": score})
    case(name, [m], [name, "--layer", layer, "--head", head, "--k", k], ROUNDED, **{name.replace("-", "_"): rows})


def rk(name, state_layer):
    m, k, count = model("tiny-gpt2"), 20, 3

    def active(values):
        return [top(row, count) for row in values]

    def fits(ids):
        streams, neurons, heads = m.forward(ids)
        return all(clear(row, k) for stream in streams[1:] for row in m.logits(stream)) and all(clear(row, count) for values in neurons + heads for row in values)

    ids = prompt(m, fits)
    streams, neurons, heads = m.forward(ids)
    rows = []
    for layer in range(m.layers):
        states = [set(top(row, k)) for row in m.logits(streams[state_layer(layer, m) + 1])]
        for group, values in (("K", neurons), ("V", neurons), ("W_V", heads), ("W_O", heads)):
            lists = [set(top(row, k)) for row in m.vectors(group, layer) @ m.tokens_of(group).T]
            unions = [set().union(*(lists[at] for at in ids_)) for ids_ in active(values[layer])]
            pairs = np.array([[len(state & union) / k for union in unions] for state in states])
            rows.append({"layer": layer, "group": group, "rk": pairs.diagonal().mean(), "random": pairs.mean(), "positions": len(ids)})
    case(name, [m], [name, "--ids", joined(ids), "--k", k, "--m", count], EXACT, **{name.replace("-", "_"): rows})


def sim_k():
    m, k, layers = model("tiny-gpt2"), 100, [1, 2]
    rows = []
    for layer in layers:
        for first, second in (("K", "V"), ("W_V", "W_O"), ("W_Q", "W_K")):
            a, b = ([set(top(np.abs(row), k)) for row in m.vectors(group, layer) @ m.tokens_of(group).T] for group in (first, second))
            every = np.mean([jaccard(x, y) for x in a for y in b])
            rows.append({"layer": layer, "pair": f"{first}-{second}", "sim": np.mean([jaccard(x, y) for x, y in zip(a, b)]), "random": every})
    case("sim-k", [m], ["sim-k", "--layer", joined(layers), "--k", k], EXACT, sim_k=rows)


def finetune_diff():
    m, tuned, k, pool, good, sample, changed = model("tiny-gpt2"), model("tiny-gpt2-reviews"), 4, 30, 0.25, 1, 6
    layer = m.layers - 1
    lexicon = {line.strip().lower() for line in LEXICON.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith(";")}
    hit = np.array([m.texts.get(token, "").strip().lower() in lexicon for token in range(len(m.e))])
    summary, words, moved = [], [], []

    def share(scores):
        return max(hit[top(scores, pool)].mean(), hit[top(-scores, pool)].mean())

    for group in GROUPS:
        before, after = m.vectors(group, layer), tuned.vectors(group, layer)
        delta, tokens = after - before, m.tokens_of(group)
        norms = np.linalg.norm(delta, axis=1)
        shares = np.array([share(tokens @ row) for row in delta])
        original = np.mean([share(tokens @ row) for row in before])
        summary.append({"group": group, "layer": layer, "moved": int(np.sum(norms > 0)), "mean_norm": norms.mean(), "lexicon_share": shares.mean(), "original_share": original, "good": int(np.sum(shares >= good))})
        for at in top(norms, sample):
            for rank, row in enumerate(zip(*listed(tokens @ delta[at], k, ROUNDED), *listed(tokens @ -delta[at], k, ROUNDED)), 1):
                words.append({"group": group, "layer": layer, "index": int(at), "rank": rank} | dict(zip(("diff_id", "diff_score", "negative_id", "negative_score"), row)))
        moved += [{"group": group, "layer": layer, "index": at, "norm": norm} for at, norm in enumerate(norms)]
    moved.sort(key=lambda row: -row["norm"])
    rows = tuned["classifier.W"].T
    classifier = []
    for label, name in ((1, "positive"), (0, "negative")):
        classifier += [{"label": name, "rank": rank, "token_id": token, "score": score} for rank, (token, score) in enumerate(zip(*listed(tuned.e @ rows[label], pool, EXACT)), 1)]
    case("finetune-diff", [m, tuned], ["finetune-diff", "--layer", layer, "--k", k, "--sample", sample, "--changed", changed], ROUNDED,
         groups=summary, finetune_diff=words, classifier=classifier, changed=[{"rank": rank} | row for rank, row in enumerate(moved[:changed], 1)])


def standardised(rows):
    """Rows with mean 0 and length 1: products are correlations."""
    centred = rows - rows.mean(1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def align_layers(space, asked):
    one, two = model("tiny-gpt2"), model("tiny-gpt2-b")
    groups, assignment, similarities = [], [], []
    for group in asked:
        a, b = ([standardised(rows @ m.e.T if space == "embedding" else rows) for rows in (m.vectors(group, layer) for layer in range(m.layers))] for m in (one, two))
        s = np.array([[np.abs(x @ y.T).mean() for y in b] for x in a])
        best = max(itertools.permutations(range(len(b)), len(a)), key=lambda order: sum(s[i, j] for i, j in enumerate(order)))
        groups.append({"group": group, "assigned": len(a), "on_diagonal": sum(i == j for i, j in enumerate(best)), "assigned_mean": np.mean([s[i, j] for i, j in enumerate(best)]), "overall_mean": s.mean()})
        assignment += [{"group": group, "layer": i, "other_layer": j, "similarity": s[i, j], "row_mean": s[i].mean()} for i, j in enumerate(best)]
        similarities += [{"group": group, "layer": i, "other_layer": j, "similarity": s[i, j], "assigned": best[i] == j} for i in range(len(a)) for j in range(len(b))]
    case(f"align-layers-{space}", [one, two], ["align-layers", "--space", space, "--group", joined(OPTION_OF[group] for group in asked)], EXACT, {"align_layers": 16}, groups=groups, assignment=assignment, align_layers=similarities)


def stitch():
    donor, receiver, last, count = model("tiny-gpt2-wide"), model("tiny-gpt2-reviews"), 3, 10
    kernel = np.linalg.pinv(receiver.e) @ donor.e  # E_B⁺ E_A = ((E_Aᵀ (E_Bᵀ)⁺))ᵀ
    blocks = range(donor.layers + 1)

    def classes(streams):
        return streams[-1].mean(0) @ receiver["classifier.W"] + receiver["classifier.b"]

    chosen, right, agree, own = [], np.zeros(len(blocks)), np.zeros(len(blocks)), 0
    with REVIEWS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            ids = donor.encode(row["text"])
            if not row["text"].isascii() or len(ids) > 30 or ids != receiver.encode(row["text"]):
                continue
            alone = classes(receiver.forward(ids)[0])
            streams = donor.forward(ids)[0]
            answers = [classes(receiver.forward(state=streams[n] @ kernel.T, first=receiver.layers - last)[0]) for n in blocks]
            if min(abs(answer[0] - answer[1]) for answer in [alone, *answers]) < 1e-3:
                continue  # Rounding would decide the class.
            chosen.append(row)
            label = int(row["label"])
            own += alone.argmax() == label
            right += [answer.argmax() == label for answer in answers]
            agree += [answer.argmax() == alone.argmax() for answer in answers]
            if len(chosen) == count:
                break
    with (HERE / "reviews.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["text", "label"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)
    rows = [{"blocks": n, "accuracy": right[n] / count, "agreement": agree[n] / count, "receiver": own / count, "judged": count} for n in blocks]
    case("stitch", [donor, receiver], ["stitch", "--last", last, "--prompts", "tests/Golden/embedded/reviews.csv"], EXACT, stitch=rows)


def keep_k():
    m, sizes = model("tiny-gpt2"), [10, 100, 1000, 4096]
    ids = prompt(m)[:8]
    x = np.concatenate(m.forward(ids)[0][1:])

    def keep(rows, k):
        kept = np.zeros_like(rows)
        for at, row in enumerate(rows):
            order = top(np.abs(row), k)
            kept[at, order] = row[order]
        return kept

    def cosine(a, b):
        return np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b)

    direct, inverse = x @ m.u.T, x @ np.linalg.pinv(m.u)
    rows = [{"k": k, "transpose": cosine(x @ x.T, keep(direct, k) @ keep(direct, k).T), "pseudo_inverse": cosine(x @ x.T, keep(direct, k) @ keep(inverse, k).T)} for k in sizes]
    case("keep-k", [m], ["keep-k", "--x", "hidden", "--ids", joined(ids), "--k", joined(sizes)], FORWARD, keep_k=rows)


def isotropy():
    m = model("tiny-gpt2")
    rows, spectrum = [], []
    for name, e in (("W_E", m.e), ("W_U", m.u)):
        gram, (n, d) = e.T @ e, e.shape
        alpha = np.trace(gram) / d
        values = np.linalg.svd(e, compute_uv=False)
        rows.append({
            "matrix": name, "tokens": n, "width": d, "alpha": alpha, "deviation": np.linalg.norm(gram - alpha * np.eye(d)) / alpha / np.sqrt(d), "cosine": np.trace(gram) / np.linalg.norm(gram) / np.sqrt(d),
            "mean_share": n * np.sum(e.mean(0) ** 2) / np.sum(e ** 2), "largest_singular_value": values[0], "smallest_singular_value": values[-1]})
        shares = np.cumsum(values ** 2) / np.sum(values ** 2)
        spectrum += [{"matrix": name, "rank": at + 1, "value": values[at], "energy_share": shares[at]} for at in range(d)]
    case("isotropy", [m], ["isotropy"], EXACT, {"singular_values": 10}, isotropy=rows, singular_values=spectrum)


def hidden_projection(name, model_name, scores_of, options=()):
    m, k = model(model_name), 4
    ids = prompt(m)[:6]
    streams = m.forward(ids)[0]
    layers = [0, m.layers - 1]
    rows = []
    for state_name, state in [("embed", streams[0])] + [(str(layer), streams[layer + 1]) for layer in layers]:
        for position, scores in enumerate(scores_of(m, state)):
            for rank, (token, score) in enumerate(zip(*listed(scores, k, FORWARD)), 1):
                rows.append({"prompt": 0, "layer": state_name, "position": position, "input_id": ids[position], "rank": rank, "token_id": token, "score": score})
    case(name, [m], ["hidden-projection", "--ids", joined(ids), "--position", "all", "--layer", joined(layers), "--k", k, *options], FORWARD, hidden_projection=rows)


class Encoder:
    """Weights and vocabulary of a BERT in models/onnx, for analyses that run nothing."""

    def __init__(self, name):
        self.name = name
        folder = ROOT / "models" / "onnx" / name
        proto = onnx.load(str(folder / "model.onnx"))
        self.weights = {tensor.name: onnx.numpy_helper.to_array(tensor).astype(np.float64) for tensor in proto.graph.initializer}
        self.sha256 = hashlib.sha256((folder / "model.onnx.data").read_bytes()).hexdigest()
        self.vocabulary = {piece: id_ for id_, piece in enumerate((folder / "vocab.txt").read_text(encoding="utf-8").splitlines())}

    def __getitem__(self, name):
        return self.weights[name]

    @property
    def e(self):
        return self["embed.W_E"]

    def word(self, word):
        return self.vocabulary[word]


encoder = functools.lru_cache(Encoder)


def cosines(x, rows):
    """0 with a zero vector."""
    lengths = np.linalg.norm(x) * np.linalg.norm(rows, axis=-1)
    return np.divide(rows @ x, lengths, out=np.zeros(len(rows)), where=lengths > 0)


def patterns_static(name, m, words, layers, heads, k, flag):
    """W_Q W_K^T formed, as the original does."""
    rows = []
    for layer, head, word in itertools.product(layers, heads, words):
        circuit = m[f"blocks.{layer}.attn.W_Q"][head] @ m[f"blocks.{layer}.attn.W_K"][head].T
        for rank, (token, score) in enumerate(zip(*listed(cosines(m.e[m.word(word)] @ circuit, m.e), k, ROUNDED)), 1):
            rows.append({"layer": layer, "head": head, "word_id": m.word(word), "rank": rank, "token_id": token, "score": score} | flag)
    case(name, [m], ["patterns-static", "--words", joined(words), "--layer", joined(layers), "--head", joined(heads), "--k", k], ROUNDED, patterns_static=rows)


def head_probe():
    m, layer, head, groups, k = encoder("all-minilm-l6-v2"), 0, 8, [["dog", "cat"], ["red", "blue", "green"]], 5
    circuit = m[f"blocks.{layer}.attn.W_Q"][head] @ m[f"blocks.{layer}.attn.W_K"][head].T
    rows = []
    for group, words in enumerate(groups):
        for word in words:
            for rank, (token, score) in enumerate(zip(*listed(cosines(m.e[m.word(word)] @ circuit, m.e), k, ROUNDED)), 1):
                rows.append({"layer": layer, "head": head, "group": group, "word_id": m.word(word), "rank": rank, "token_id": token, "score": score})
    case("head-probe", [m], ["head-probe", "--layer", layer, "--head", head, "--words", "/".join(map(joined, groups)), "--k", k], ROUNDED, head_probe=rows)


def text_patterns():
    """Key side, with b_K, against the vocabulary under the layer's own norm: the normed copy is made."""
    m, k = model("tiny-gpt2"), 3
    ids = prompt(m)[:5]
    streams, rows = m.forward(ids)[0], []
    for layer in (0, 3):
        block = f"blocks.{layer}."
        vocabulary, x = m.norm(m.e, block + "ln1"), m.norm(streams[layer], block + "ln1")
        for head in range(m.heads):
            made = (x @ m[block + "attn.W_K"][head] + m[block + "attn.b_K"][head]) @ m[block + "attn.W_Q"][head].T
            for position, pattern in enumerate(made):
                for rank, (token, score) in enumerate(zip(*listed(cosines(pattern, vocabulary), k, FORWARD)), 1):
                    rows.append({"prompt": 0, "layer": layer, "head": head, "position": position, "input_id": ids[position], "rank": rank, "token_id": token, "score": score})
    case("patterns", [m], ["patterns", "--ids", joined(ids), "--layer", "0,3", "--k", k], FORWARD, patterns=rows)


def text_messages():
    """With b_V, scaled by the final norm's gain without its bias, against W_U."""
    m, k = model("tiny-gpt2"), 3
    ids = prompt(m)[:5]
    streams, rows = m.forward(ids)[0], []
    for layer in (0, 3):
        block = f"blocks.{layer}."
        x = m.norm(streams[layer], block + "ln1")
        for head in range(m.heads):
            made = (x @ m[block + "attn.W_V"][head] + m[block + "attn.b_V"][head]) @ m[block + "attn.W_O"][head]
            for position, message in enumerate(made):
                for rank, (token, score) in enumerate(zip(*listed(m.u @ ((message - message.mean()) * m["ln_final.w"]), k, FORWARD)), 1):
                    rows.append({"prompt": 0, "layer": layer, "head": head, "position": position, "input_id": ids[position], "rank": rank, "token_id": token, "score": score})
    case("messages", [m], ["messages", "--ids", joined(ids), "--layer", "0,3", "--k", k], FORWARD, messages=rows)


def messages_static(name, m, words, layers, heads, k):
    """W_V W_O formed."""
    rows = []
    for layer, head, word in itertools.product(layers, heads, words):
        circuit = m[f"blocks.{layer}.attn.W_V"][head] @ m[f"blocks.{layer}.attn.W_O"][head]
        for rank, (token, score) in enumerate(zip(*listed(cosines(m.e[m.word(word)] @ circuit, m.e), k, ROUNDED)), 1):
            rows.append({"layer": layer, "head": head, "word_id": m.word(word), "rank": rank, "token_id": token, "score": score})
    case(name, [m], ["messages-static", "--words", joined(words), "--layer", joined(layers), "--head", joined(heads), "--k", k], ROUNDED, messages_static=rows)


def vocab_bias():
    m, k = model("tiny-gpt2"), 8
    bias = m.u @ m["ln_final.b"] + (m["unembed.b_U"] if "unembed.b_U" in m.weights else 0)
    bias -= bias.mean()
    rows = [{"end": end, "rank": rank, "token_id": token, "bias": sign * value}
            for end, sign in (("highest", 1), ("lowest", -1)) for rank, (token, value) in enumerate(zip(*listed(sign * bias, k, EXACT)), 1)]
    case("vocab-bias", [m], ["vocab-bias", "--k", k], EXACT, vocab_bias=rows)


def components(points, count):
    """Coordinates along the directions of largest variance, the largest entry of each direction positive."""
    centred = points - points.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])
    return (centred @ (axes * signs[:, None]).T)[:, :count]


def t_sne(points, count, perplexity, rate, steps):
    """Exact t-SNE from principal components; Student's t with count - 1 degrees of freedom (1 at least)."""
    n, freedom = len(points), max(count - 1, 1)
    squared = ((points[:, None] - points[None]) ** 2).sum(-1)
    conditional = np.zeros((n, n))
    for i in range(n):
        low, high = -20.0, 20.0
        others = np.where(np.arange(n) == i, np.inf, squared[i])
        for _ in range(200):
            p = np.exp(-np.exp((low + high) / 2) * (others - others.min()))
            p /= p.sum()
            entropy = -np.sum(p[p > 0] * np.log(p[p > 0]))
            low, high = ((low + high) / 2, high) if entropy > np.log(perplexity) else (low, (low + high) / 2)
        conditional[i] = p
    p = (conditional + conditional.T) / (2 * n)
    y = components(points, count)
    y *= 1e-4 / y[:, 0].std()
    velocity, gains = np.zeros_like(y), np.ones_like(y)
    for step in range(steps):
        difference = y[:, None] - y[None]
        closeness = 1 / (1 + (difference ** 2).sum(-1) / freedom)
        q = closeness ** ((freedom + 1) / 2)
        np.fill_diagonal(q, 0)
        q /= q.sum()
        force = 2 * (freedom + 1) / freedom * ((12 if step < 250 else 1) * p - q) * closeness
        gradient = (force[:, :, None] * difference).sum(1)
        gains = np.maximum(0.01, np.where(velocity * gradient > 0, gains * 0.8, gains + 0.2))
        velocity = (0.5 if step < 250 else 0.8) * velocity - rate * gains * gradient
        y = y + velocity
    return y


def embedding_map(name, group, index, sign, k, options, coordinates, tolerance, normalised=False):
    m = model("tiny-gpt2")
    layer, tokens = m.layers - 1, m.tokens_of(group)
    ids, scores = listed(sign * tokens @ m.vectors(group, layer)[index], k, EXACT)
    if "?" in ids:
        sys.exit(f"make.py: {name}: two tokens tie; choose another vector.")
    points = tokens[ids] / (np.linalg.norm(tokens[ids], axis=1, keepdims=True) if normalised else 1)
    places = coordinates(points)
    if np.abs(coordinates(points * (1 + 1e-12 * np.arange(len(points))[:, None])) - places).max() > tolerance / 10 * np.abs(places).max():
        sys.exit(f"make.py: {name}: the last bit decides where the tokens lie; choose another vector or fewer steps.")
    axes = "xyz"[:places.shape[1]]
    rows = [{"rank": rank, "token_id": token, "score": score} | dict(zip(axes, place)) for rank, (token, score, place) in enumerate(zip(ids, scores, places.tolist()), 1)]
    case(name, [m], ["embedding-map", "--group", OPTION_OF[group], "--index", index, "--coefficient", sign, "--k", k, *options], tolerance, embedding_map=rows)


if __name__ == "__main__":
    pairs("ov-pairs", lambda m, block, head: m.e @ m[block + "W_V"][head], lambda m, block, head: m.u @ m[block + "W_O"][head].T, ("input_id", "output_id"))
    pairs("qk-pairs", lambda m, block, head: m.e @ m[block + "W_Q"][head], lambda m, block, head: m.e @ m[block + "W_K"][head], ("query_id", "key_id"))
    ffn_keys_values()
    subheads()
    knowledge_words()
    knowledge_promotes()
    knowledge_maps()
    rk("rk-overlap", lambda layer, m: layer)
    rk("rk-final", lambda layer, m: m.layers - 1)
    sim_k()
    finetune_diff()
    align_layers("embedding", GROUPS)
    align_layers("raw", ["V", "W_Q"])
    stitch()
    keep_k()
    isotropy()
    hidden_projection("hidden-projection", "tiny-gpt2", Model.logits)
    # Not tied, and with b_U.
    hidden_projection("hidden-projection-untied", "tiny-attn-2l", Model.logits)
    hidden_projection("hidden-projection-input", "tiny-attn-2l", Model.words, ["--embedding", "input"])
    patterns_static("patterns-static", model("tiny-gpt2"), ["mother", "father", "run"], [0, 1, 3], [0, 3], 5, {})
    patterns_static("patterns-static-bert", encoder("all-minilm-l6-v2"), ["couch", "dog", "run", "happy"], [0, 1], [4, 8], 5, {"high_bias": None})
    head_probe()
    text_patterns()
    text_messages()
    vocab_bias()
    messages_static("messages-static", model("tiny-gpt2"), ["mother", "man"], [0, 3], [0, 1], 5)
    messages_static("messages-static-bert", encoder("all-minilm-l6-v2"), ["dog", "happy"], [0, 1], [4, 8], 5)
    embedding_map("embedding-map-pca", "V", 3, 1, 12, ["--method", "pca"], lambda points: components(points, 3), EXACT)
    embedding_map("embedding-map-pca-normalised", "W_K", 40, -1, 10, ["--method", "pca", "--components", 2, "--normalised"], lambda points: components(points, 2), ROUNDED, normalised=True)
    # Few and small steps: later the map depends on the last bit of its affinities.
    embedding_map("embedding-map-tsne", "V", 3, -1, 12, ["--learning-rate", 1, "--steps", 40], lambda points: t_sne(points, 3, 3, 1, 40), ROUNDED)
