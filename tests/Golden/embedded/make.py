"""Golden values of the analyses that read weights alone: naive float64, by the formulas of the papers, nothing by PluginLens. make_prompts.py makes the others.

    python3 tests/Golden/embedded/make.py

Run both again after models/onnx changes. Needs numpy and onnx. lists.py says what a case holds and what "?" means.
"""

import itertools
import sys

import numpy as np

from lists import EXACT, FORWARD, ROUNDED, case, cosines, joined, listed, place, top, word_rows
from maps import components, t_sne, u_map
from models import GROUPS, ROOT, bert, gpt2

LEXICON = ROOT / "src" / "Plugins" / "FinetuneDiff" / "opinion-lexicon.txt"
OPTION_OF = {"K": "k", "V": "v", "W_Q": "wq", "W_K": "wk", "W_V": "wv", "W_O": "wo"}


def pairs(name, left, right, columns):
    """The whole V x V matrix of one head, sorted."""
    m, layer, head, k = gpt2("tiny-gpt2"), 1, 2, 15
    a, b = left(m, f"blocks.{layer}.attn.", head), right(m, f"blocks.{layer}.attn.", head)
    scores = (a @ b.T).ravel()
    few = np.argpartition(-scores, 4 * k)[:4 * k]
    few = few[np.lexsort((few, -scores[few]))]
    ids, best = listed(scores[few], k, ROUNDED)
    rows = []
    for rank, (at, score) in enumerate(zip(ids, best), 1):
        row, column = ("?", "?") if at == "?" else divmod(int(few[at]), len(b))
        rows.append({"layer": layer, "head": head, "rank": rank, columns[0]: row, columns[1]: column, "score": score})
    case(name, [m], [name, "--layer", layer, "--head", head, "--tokens", "all", "--k", k], ROUNDED, **{name.replace("-", "_"): rows})


def subheads():
    m, layer, head, dimensions, k = gpt2("tiny-gpt2"), 2, 1, [0, 5, 31], 5
    rows = []
    for dimension in dimensions:
        lists = [listed(m.tokens_of(group) @ m.vectors(group, layer)[head * m.width + dimension], k, EXACT)[0] for group in ("W_Q", "W_K", "W_V", "W_O")]
        rows += [{"layer": layer, "head": head, "dimension": dimension, "rank": rank} | dict(zip(("query_id", "key_id", "value_id", "output_id"), ids)) for rank, ids in enumerate(zip(*lists), 1)]
    case("subheads", [m], ["subheads", "--layer", layer, "--head", head, "--dimension", joined(dimensions), "--k", k], EXACT, subheads=rows)


def ffn_keys_values():
    m, layers, neurons, k = gpt2("tiny-gpt2"), [1, 3], [0, 7, 100], 6
    overlaps, words = [], []
    for layer, neuron in itertools.product(layers, neurons):
        key, value = (m.tokens_of(group) @ m.vectors(group, layer)[neuron] for group in "KV")
        shared = len(set(top(key, 100)) & set(top(value, 100)))
        overlaps.append({"layer": layer, "neuron": neuron, "overlap": shared, "jaccard": shared / (200 - shared)})
        for rank, row in enumerate(zip(*listed(key, k, EXACT), *listed(value, k, EXACT)), 1):
            words.append({"layer": layer, "neuron": neuron, "rank": rank} | dict(zip(("key_id", "key_score", "value_id", "value_score"), row)))
    case("ffn-keys-values", [m], ["ffn-keys-values", "--layer", joined(layers), "--neuron", joined(neurons), "--k", k], EXACT, neurons=overlaps, ffn_keys_values=words)


def knowledge_words():
    m, words, count, k = gpt2("tiny-gpt2"), ["mother", "father", "sister"], 4, 5
    query = m.u[[m.word(word) for word in words]].mean(0) - m.u.mean(0)
    scores = np.concatenate([m.vectors("V", layer) @ query for layer in range(m.layers)])
    size = len(m.vectors("V", 0))
    ids, best = listed(scores, count, ROUNDED)
    if "?" in ids:
        sys.exit("make.py: two neurons tie for the seed words; choose other words.")
    neurons = [{"rank": rank, "layer": at // size, "neuron": at % size, "score": score} for rank, (at, score) in enumerate(zip(ids, best), 1)]
    listing = []
    for row in neurons:
        value = m.vectors("V", row["layer"])[row["neuron"]]
        listing += [{"neuron_rank": row["rank"], "layer": row["layer"], "neuron": row["neuron"]} | word for word in word_rows(m.u @ value, k, EXACT)]
    case("knowledge-lookup-words", [m], ["knowledge-lookup", "--words", ",".join(words), "--neurons", count, "--k", k], ROUNDED, neurons=neurons, knowledge_lookup=listing)


def knowledge_promotes():
    m, word, count = gpt2("tiny-gpt2"), "mother", 6
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
    m, read, written = gpt2("tiny-gpt2"), "king", "queen"
    x, y = m.word(read), m.word(written)
    found = []
    for layer, head in itertools.product(range(m.layers), range(m.heads)):
        scores = m.e[x] @ m[f"blocks.{layer}.attn.W_V"][head] @ m[f"blocks.{layer}.attn.W_O"][head] @ m.u.T
        found.append((scores[y], layer, head, place(scores, y)))
    found.sort(key=lambda row: -row[0])
    rows = [{"rank": rank, "layer": layer, "head": head, "score": score, "output_rank": at} for rank, (score, layer, head, at) in enumerate(found, 1)]
    case("knowledge-lookup-from-to", [m], ["knowledge-lookup", "--from", read, "--to", written], FORWARD, mappings=rows)


def jaccard(a, b):
    return len(a & b) / len(a | b)


def sim_k():
    m, k, layers = gpt2("tiny-gpt2"), 100, [1, 2]
    rows = []
    for layer in layers:
        for first, second in (("K", "V"), ("W_V", "W_O"), ("W_Q", "W_K")):
            a, b = ([set(top(np.abs(row), k)) for row in m.vectors(group, layer) @ m.tokens_of(group).T] for group in (first, second))
            every = np.mean([jaccard(x, y) for x in a for y in b])
            rows.append({"layer": layer, "pair": f"{first}-{second}", "sim": np.mean([jaccard(x, y) for x, y in zip(a, b)]), "random": every})
    case("sim-k", [m], ["sim-k", "--layer", joined(layers), "--k", k], EXACT, sim_k=rows)


def isotropy():
    m = gpt2("tiny-gpt2")
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


def embedding_map(name, group, index, sign, k, options, coordinates, tolerance, normalised=False):
    m = gpt2("tiny-gpt2")
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


def finetune_diff():
    m, tuned, k, pool, good, sample, changed = gpt2("tiny-gpt2"), gpt2("tiny-gpt2-reviews"), 4, 30, 0.25, 1, 6
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
        classifier += [{"label": name} | word for word in word_rows(tuned.e @ rows[label], pool, EXACT)]
    case("finetune-diff", [m, tuned], ["finetune-diff", "--layer", layer, "--k", k, "--sample", sample, "--changed", changed], ROUNDED,
         groups=summary, finetune_diff=words, classifier=classifier, changed=[{"rank": rank} | row for rank, row in enumerate(moved[:changed], 1)])


def standardised(rows):
    """Rows with mean 0 and length 1: products are correlations."""
    centred = rows - rows.mean(1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def align_layers(space, asked):
    one, two = gpt2("tiny-gpt2"), gpt2("tiny-gpt2-b")
    groups, assignment, similarities = [], [], []
    for group in asked:
        a, b = ([standardised(rows @ m.e.T if space == "embedding" else rows) for rows in (m.vectors(group, layer) for layer in range(m.layers))] for m in (one, two))
        s = np.array([[np.abs(x @ y.T).mean() for y in b] for x in a])
        best = max(itertools.permutations(range(len(b)), len(a)), key=lambda order: sum(s[i, j] for i, j in enumerate(order)))
        groups.append({"group": group, "assigned": len(a), "on_diagonal": sum(i == j for i, j in enumerate(best)), "assigned_mean": np.mean([s[i, j] for i, j in enumerate(best)]), "overall_mean": s.mean()})
        assignment += [{"group": group, "layer": i, "other_layer": j, "similarity": s[i, j], "row_mean": s[i].mean()} for i, j in enumerate(best)]
        similarities += [{"group": group, "layer": i, "other_layer": j, "similarity": s[i, j], "assigned": best[i] == j} for i in range(len(a)) for j in range(len(b))]
    case(f"align-layers-{space}", [one, two], ["align-layers", "--space", space, "--group", joined(OPTION_OF[group] for group in asked)], EXACT, {"align_layers": 16}, groups=groups, assignment=assignment, align_layers=similarities)


def reached(m, word, circuit, k):
    """The word's embedding through a circuit [d_model, d_model] that is formed, as the original does, against all others."""
    return word_rows(cosines(m.e[m.word(word)] @ circuit, m.e), k, ROUNDED)


def qk(m, layer, head):
    return m[f"blocks.{layer}.attn.W_Q"][head] @ m[f"blocks.{layer}.attn.W_K"][head].T


def ov(m, layer, head):
    return m[f"blocks.{layer}.attn.W_V"][head] @ m[f"blocks.{layer}.attn.W_O"][head]


def words_of_heads(name, analysis, circuit, m, words, layers, heads, flag=()):
    k = 5
    rows = [{"layer": layer, "head": head, "word_id": m.word(word)} | row | dict(flag)
            for layer, head, word in itertools.product(layers, heads, words) for row in reached(m, word, circuit(m, layer, head), k)]
    case(name, [m], [analysis, "--words", joined(words), "--layer", joined(layers), "--head", joined(heads), "--k", k], ROUNDED, **{analysis.replace("-", "_"): rows})


def head_probe():
    m, layer, head, groups, k = bert("all-minilm-l6-v2"), 0, 8, [["dog", "cat"], ["red", "blue", "green"]], 5
    rows = [{"layer": layer, "head": head, "group": group, "word_id": m.word(word)} | row
            for group, words in enumerate(groups) for word in words for row in reached(m, word, qk(m, layer, head), k)]
    case("head-probe", [m], ["head-probe", "--layer", layer, "--head", head, "--words", "/".join(map(joined, groups)), "--k", k], ROUNDED, head_probe=rows)


def vocab_bias():
    m, k = gpt2("tiny-gpt2"), 8
    bias = m.u @ m["ln_final.b"] + m.b_u
    bias -= bias.mean()
    rows = [{"end": end, "rank": rank, "token_id": token, "bias": sign * value}
            for end, sign in (("highest", 1), ("lowest", -1)) for rank, (token, value) in enumerate(zip(*listed(sign * bias, k, EXACT)), 1)]
    case("vocab-bias", [m], ["vocab-bias", "--k", k], EXACT, vocab_bias=rows)


if __name__ == "__main__":
    pairs("ov-pairs", lambda m, block, head: m.e @ m[block + "W_V"][head], lambda m, block, head: m.u @ m[block + "W_O"][head].T, ("input_id", "output_id"))
    pairs("qk-pairs", lambda m, block, head: m.e @ m[block + "W_Q"][head], lambda m, block, head: m.e @ m[block + "W_K"][head], ("query_id", "key_id"))
    ffn_keys_values()
    subheads()
    knowledge_words()
    knowledge_promotes()
    knowledge_maps()
    sim_k()
    finetune_diff()
    align_layers("embedding", GROUPS)
    align_layers("raw", ["V", "W_Q"])
    isotropy()
    words_of_heads("patterns-static", "patterns-static", qk, gpt2("tiny-gpt2"), ["mother", "father", "run"], [0, 1, 3], [0, 3])
    words_of_heads("patterns-static-bert", "patterns-static", qk, bert("all-minilm-l6-v2"), ["couch", "dog", "run", "happy"], [0, 1], [4, 8], {"high_bias": None})
    head_probe()
    vocab_bias()
    words_of_heads("messages-static", "messages-static", ov, gpt2("tiny-gpt2"), ["mother", "man"], [0, 3], [0, 1])
    words_of_heads("messages-static-bert", "messages-static", ov, bert("all-minilm-l6-v2"), ["dog", "happy"], [0, 1], [4, 8])
    embedding_map("embedding-map-pca", "V", 3, 1, 12, ["--method", "pca"], lambda points: components(points, 3), EXACT)
    embedding_map("embedding-map-pca-normalised", "W_K", 40, -1, 10, ["--method", "pca", "--components", 2, "--normalised"], lambda points: components(points, 2), ROUNDED, normalised=True)
    # Few and small steps: later the map depends on the last bit of its affinities.
    embedding_map("embedding-map-tsne", "V", 3, -1, 12, ["--learning-rate", 1, "--steps", 40], lambda points: t_sne(points, 3, 3, 1, 40), ROUNDED)
    embedding_map("embedding-map-umap", "V", 5, 1, 20, ["--method", "umap", "--components", 2, "--neighbours", 8, "--epochs", 5, "--seed", 3], lambda points: u_map(points, 2, 8, 0.1, 5, 3), ROUNDED)
