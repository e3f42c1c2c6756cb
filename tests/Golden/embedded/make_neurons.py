"""Golden values of the analyses of neurons and of the stream's terms, as make.py makes those of the others: naive float64 from the weights.

    python3 tests/Golden/embedded/make_neurons.py
"""

import sys

import numpy as np

from lists import FORWARD, case, cosines, joined, top, word_rows
from make_prompts import SENTENCES, inside, prompt
from models import gpt2


def activations(m, ids):
    """[layer][pos, d_mlp]"""
    return inside(m, ids)[3]


def ranked(values, k):
    """Places of the k largest; rounding must not decide."""
    order = np.lexsort((np.arange(len(values)), -values))[: k + 1]
    if np.abs(np.diff(values[order])).min() < 4 * FORWARD * np.abs(values).max():
        sys.exit("make_neurons.py: two of the largest tie; choose another text.")
    return order[:k]


def input_words(m, layer, neuron):
    return cosines(m[f"blocks.{layer}.mlp.W_in"][:, neuron], m.norm(m.e, f"blocks.{layer}.ln2"))


def output_words(m, layer, neuron):
    written = m[f"blocks.{layer}.mlp.W_out"][neuron]
    return m.u @ ((written - written.mean()) * m["ln_final.w"])


def ffn_neurons(name, m, ids, by, options=()):
    active, k, count = activations(m, ids), 3, 5
    largest = np.concatenate([np.abs(one[1:]).max(0) * (np.linalg.norm(m[f"blocks.{layer}.mlp.W_out"], axis=1) if by == "written" else 1) for layer, one in enumerate(active)])
    width = len(largest) // m.layers
    chosen = [(int(at) // width, int(at) % width) for at in ranked(largest, count)]
    rows, each, words = [], [], []
    for layer, neuron in chosen:
        own = active[layer][1:, neuron]
        best = int(np.abs(own).argmax())
        rows.append({"prompt": 0, "layer": layer, "neuron": neuron, "position": best + 1, "input_id": ids[best + 1], "activation": own[best], "mean": own.mean()})
        for position, value in enumerate(own, 1):
            each.append({"prompt": 0, "layer": layer, "neuron": neuron, "position": position, "input_id": ids[position], "activation": value, "shown": "--" if abs(value) < 0.05 else f"{value:.1f}"})
    for layer, neuron in sorted(chosen):
        written = output_words(m, layer, neuron)
        for side, sign, scores in (("input", 1, input_words(m, layer, neuron)), ("output", 1, written), ("lowered", -1, -written)):
            words += [{"layer": layer, "neuron": neuron, "side": side} | word | {"score": sign * word["score"]} for word in word_rows(scores, k, FORWARD)]
    arguments = ["ffn-neurons", "--ids", joined(ids), "--most-active", count, "--position", "1--1", "--k", k, "--lowered", "--by", by, *options]
    case(name, [m], arguments, FORWARD, ffn_neurons=rows, words=words, activations=each)


def bos_neurons(m, ids, at_least, elsewhere):
    active, rows, layers = activations(m, ids), [], []
    for layer, one in enumerate(active):
        first, later = one[0], one[1:].max(0)
        if min(np.abs(first - at_least).min(), np.abs(later - elsewhere).min()) < 1e-4:
            sys.exit("make_neurons.py: rounding decides at a threshold; choose another.")
        found = [neuron for neuron in range(len(first)) if first[neuron] >= at_least and later[neuron] <= elsewhere]
        rows += [{"prompt": 0, "layer": layer, "neuron": neuron, "first_id": ids[0], "activation": first[neuron], "elsewhere": later[neuron]} for neuron in found]
        layers.append({"prompt": 0, "layer": layer, "found": len(found), "neurons": len(first), "largest": first[found].max() if found else None})
    rows.sort(key=lambda row: -row["activation"])
    case("bos-neurons", [m], ["bos-neurons", "--ids", joined(ids), "--at-least", at_least, "--elsewhere", elsewhere], FORWARD, {"bos_neurons": 40}, bos_neurons=rows, layers=layers)


def neuron_texts(m, texts, neurons):
    active, rows, places = [activations(m, ids) for ids in texts], [], []
    for layer, neuron in neurons:
        own = [(prompt_, position, one[layer][position, neuron]) for prompt_, one in enumerate(active) for position in range(len(texts[prompt_]))]
        values = np.array([value for _, _, value in own])
        rows.append({
            "layer": layer, "neuron": neuron, "tokens": len(values), "density": float((np.abs(values) >= 0.05).mean()), "largest": values.max(), "smallest": values.min(), "mean": values.mean()})
        if np.abs(np.abs(values) - 0.05).min() < 1e-5:
            sys.exit("make_neurons.py: rounding decides whether a neuron is active; choose another.")
        for rank, at in enumerate(ranked(values, 4), 1):
            prompt_, position, value = own[at]
            text = [m.texts[token] for token in texts[prompt_]]
            places.append({
                "layer": layer, "neuron": neuron, "rank": rank, "activation": value, "input_id": texts[prompt_][position], "before": "".join(text[max(0, position - 3):position]),
                "after": "".join(text[position + 1:position + 3]), "prompt": prompt_, "position": position})
    ids = [part for one in texts for part in ("--ids", joined(one))]
    case("neuron-texts", [m], ["neuron-texts", *ids, "--neurons", joined(f"{layer}.{neuron}" for layer, neuron in neurons), "--texts", 4, "--before", 3, "--after", 2], FORWARD, neuron_texts=rows, texts=places)


def stream_table(name, m, ids, count):
    """Each term of the last position on its own; that they sum to the final state is checked here too."""
    final, patterns, _, neurons = inside(m, ids)
    streams, last, terms = m.forward(ids)[0], len(ids) - 1, []
    terms.append(("embedding", None, None, last, 1.0, m.e[ids[last]]))
    terms.append(("position", None, None, last, 1.0, m["pos_embed.W_pos"][last]))
    for layer in range(m.layers):
        block, x = f"blocks.{layer}.", m.norm(streams[layer], f"blocks.{layer}.ln1")
        for head in range(m.heads):
            messages = (x @ m[block + "attn.W_V"][head] + m[block + "attn.b_V"][head]) @ m[block + "attn.W_O"][head]
            terms += [("message", layer, head, source, patterns[layer][head][last, source], messages[source]) for source in range(len(ids))]
        terms.append(("attention-bias", layer, None, None, 1.0, m[block + "attn.b_O"]))
        if neurons:
            terms += [("neuron", layer, neuron, None, weight, m[block + "mlp.W_out"][neuron]) for neuron, weight in enumerate(neurons[layer][last])]
            terms.append(("mlp-bias", layer, None, None, 1.0, m[block + "mlp.b_out"]))
    assert np.abs(sum(term[4] * term[5] for term in terms) - final[last]).max() < 1e-9
    sizes = np.array([abs(term[4]) * np.linalg.norm(term[5]) for term in terms])
    rows = []
    for rank, at in enumerate(ranked(sizes, count), 1):
        kind, layer, index, source, weight, _ = terms[at]
        rows.append({
            "prompt": 0, "position": last, "input_id": ids[last], "rank": rank, "kind": kind, "layer": layer, "index": index, "source": source, "source_token_id": None if source is None else ids[source],
            "weight": weight, "size": sizes[at]})
    case(name, [m], ["stream-table", "--ids", joined(ids), "--terms", count, "--words", "none"], FORWARD, stream_table=rows)


if __name__ == "__main__":
    tiny = gpt2("tiny-gpt2")
    text = prompt(tiny)[:9]
    ffn_neurons("ffn-neurons", tiny, text, "activation")
    ffn_neurons("ffn-neurons-written", tiny, text, "written")
    bos_neurons(tiny, text, 0.75, 0.25)
    neuron_texts(tiny, [tiny.encode(sentence) for sentence in SENTENCES], [(0, 5), (2, 7), (3, 12)])
    stream_table("stream-table", tiny, text, 30)
    stream_table("stream-table-attn-only", gpt2("tiny-attn-2l"), gpt2("tiny-attn-2l").encode(SENTENCES[1])[:8], 20)
