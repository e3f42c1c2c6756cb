"""Golden values of the analyses that read prompts, as make.py makes those of the others: naive float64 from the weights.

    python3 tests/Golden/embedded/make_prompts.py

reviews.csv, written beside the cases, holds the sentences of models/data/reviews-sample.csv (source and licence there) whose class no rounding decides.
"""

import csv
import sys

import numpy as np

from lists import EXACT, FORWARD, HERE, case, clear, cosines, joined, listed, place, top, word_rows
from models import ROOT, Gpt2, gelu_new, gpt2

REVIEWS = ROOT / "models" / "data" / "reviews-sample.csv"
SENTENCES = [
    "she looked at her mother and said that the old man had been very kind to them all .",
    "he went down to the sea in the morning and never came back to the house .",
    "it was a long time before the captain of the ship could speak to his men again .",
    "a good film with a great story , but the last half of it is far too slow .",
]


def prompt(m, fits=lambda ids: True):
    """Ids of the first sentence that the check accepts: one without near-ties, where a case counts members of sets."""
    for sentence in SENTENCES:
        ids = m.encode(sentence)
        if fits(ids):
            return ids
    sys.exit("make_prompts.py: every sentence has near-ties; add one to SENTENCES.")


def rk(name, state_layer):
    m, k, count = gpt2("tiny-gpt2"), 20, 3

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


def keep_k():
    m, sizes = gpt2("tiny-gpt2"), [10, 100, 1000, 4096]
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


def hidden_projection(name, model_name, scores_of, options=()):
    m, k = gpt2(model_name), 4
    ids = prompt(m)[:6]
    streams = m.forward(ids)[0]
    layers = [0, m.layers - 1]
    rows = []
    for (kind, layer), state in [(("embed", None), streams[0])] + [(("block", layer), streams[layer + 1]) for layer in layers]:
        for position, scores in enumerate(scores_of(m, state)):
            rows += [{"prompt": 0, "kind": kind, "layer": layer, "position": position, "input_id": ids[position]} | word for word in word_rows(scores, k, FORWARD)]
    case(name, [m], ["hidden-projection", "--ids", joined(ids), "--position", "all", "--layer", joined(layers), "--k", k, *options], FORWARD, hidden_projection=rows)


def text_patterns(m, layer, head, x):
    """Key side, with b_K, against the vocabulary under the layer's own norm: the normed copy is made."""
    block = f"blocks.{layer}."
    made = (x @ m[block + "attn.W_K"][head] + m[block + "attn.b_K"][head]) @ m[block + "attn.W_Q"][head].T
    vocabulary = m.norm(m.e, block + "ln1")
    return [cosines(pattern, vocabulary) for pattern in made]


def text_messages(m, layer, head, x):
    """With b_V, scaled by the final norm's gain without its bias, against W_U."""
    block = f"blocks.{layer}.attn."
    made = (x @ m[block + "W_V"][head] + m[block + "b_V"][head]) @ m[block + "W_O"][head]
    return [m.u @ ((message - message.mean()) * m["ln_final.w"]) for message in made]


def of_text(name, scores_of):
    m, k = gpt2("tiny-gpt2"), 3
    ids = prompt(m)[:5]
    streams, rows = m.forward(ids)[0], []
    for layer in (0, 3):
        x = m.norm(streams[layer], f"blocks.{layer}.ln1")
        for head in range(m.heads):
            for position, scores in enumerate(scores_of(m, layer, head, x)):
                rows += [{"prompt": 0, "layer": layer, "head": head, "position": position, "input_id": ids[position]} | word for word in word_rows(scores, k, FORWARD)]
    case(name, [m], [name, "--ids", joined(ids), "--layer", "0,3", "--k", k], FORWARD, **{name: rows})


def stitch():
    donor, receiver, last, count = gpt2("tiny-gpt2-wide"), gpt2("tiny-gpt2-reviews"), 3, 10
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


def log_softmax(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def logit_lens(name, m, ids, target, arguments):
    k = 3
    streams = m.forward(ids)[0]
    logits = [m.logits(stream) for stream in streams]
    final = log_softmax(logits[-1])
    states, words = [], []
    for position in range(len(ids)):
        wanted = target(position, final)
        for layer, scores in zip([None, *range(m.layers)], (one[position] for one in logits)):
            logs = log_softmax(scores)
            states.append({
                "prompt": 0, "position": position, "input_id": ids[position], "kind": "embed" if layer is None else "block", "layer": layer,
                "entropy": -np.sum(np.exp(logs) * logs), "kl_to_final": np.sum(np.exp(final[position]) * (final[position] - logs)), "target_id": wanted,
                "target_rank": None if wanted is None else place(scores, wanted),
                "target_probability": None if wanted is None else np.exp(logs[wanted]), "target_cross_entropy": None if wanted is None else -logs[wanted],
                "target_logit": None if wanted is None else scores[wanted]})
            for rank, (token, score) in enumerate(zip(*listed(scores, k, FORWARD)), 1):
                words.append({"prompt": 0, "position": position, "input_id": ids[position], "kind": "embed" if layer is None else "block", "layer": layer, "rank": rank, "token_id": token, "logit": score, "probability": np.exp(score - scores.max()) * np.exp(logs.max())})
    case(name, [m], ["logit-lens", "--ids", joined(ids), "--k", k, *arguments], FORWARD, logit_lens=states, words=words)


def inside(m, ids):
    """Attention [layer][head, pos, pos], what each head writes [layer][head, pos, d] and neuron activations [layer][pos, f], from the streams of Model.forward."""
    streams, pre, _ = m.forward(ids)
    patterns, written = [], []
    for layer in range(m.layers):
        pattern, v = m.attention(layer, streams[layer])
        patterns.append(pattern)
        written.append(np.einsum("hqk,hke,hed->hqd", pattern, v, m[f"blocks.{layer}.attn.W_O"]))
    return streams[-1], patterns, written, [gelu_new(one) for one in pre]


def attention(m, ids):
    patterns, k = inside(m, ids)[1], 2
    rows, heads = [], []
    for layer in range(m.layers):
        for head in range(m.heads):
            pattern = patterns[layer][head]
            for position, weights in enumerate(pattern):
                for rank, (key, weight) in enumerate(zip(*listed(weights[:position + 1], k, FORWARD)), 1):
                    rows.append({"prompt": 0, "layer": layer, "head": head, "position": position, "query_id": ids[position], "rank": rank, "source": key, "weight": weight})
            some = np.where(pattern > 0, pattern, 1)
            heads.append({
                "prompt": 0, "layer": layer, "head": head, "self": pattern.diagonal().mean(), "previous": pattern.diagonal(-1).mean(), "first": pattern[1:, 0].mean(),
                "entropy": -(some * np.log(some)).sum(-1).mean()})
    case("attention", [m], ["attention", "--ids", joined(ids), "--k", k], FORWARD, {"attention": 60}, attention=rows, heads=heads)


def head_detector(m, ids, score):
    patterns = inside(m, ids)[1]
    n = len(ids)
    same = np.tril(np.equal.outer(ids, ids), -1).astype(float)
    followed = np.zeros((n, n))
    followed[:, 1:] = np.tril(np.equal.outer(ids, ids), -1)[:, :-1]
    kinds = {"previous": np.eye(n, k=-1), "duplicate": same, "induction": followed}

    def value(attention, pattern):
        on = (attention * pattern).sum()
        return {"mass": on / (pattern.sum(1) > 0).sum(), "mul": on / attention.sum(), "abs": 1 - np.abs(attention - pattern).mean() * n}[score]

    rows = [{"text": "given", "layer": layer, "head": head} | {kind: value(patterns[layer][head], pattern) for kind, pattern in kinds.items()} for layer in range(m.layers) for head in range(m.heads)]
    case(f"head-detector-{score}", [m], ["head-detector", "--ids", joined(ids), "--sequences", 0, "--score", score], FORWARD, head_detector=rows)


def logit_attribution(name, m, ids, by, token, against):
    final, _, written, neurons = inside(m, ids)
    state, position = final[-1], len(ids) - 1
    scale = np.sqrt(((state - state.mean()) ** 2).mean() + float(m.meta["eps"]))
    read = m.u[token] - (m.u[against] if against is not None else 0)

    def part(term):
        return ((term - term.mean(-1, keepdims=True)) / scale * m["ln_final.w"]) @ read

    rows = [("embedding", None, None, part(m.e[ids[-1]])), ("position", None, None, part(m["pos_embed.W_pos"][position]))]
    for layer in range(m.layers):
        block = f"blocks.{layer}."
        heads = part(written[layer][:, position])
        bias = part(m[block + "attn.b_O"])
        each = neurons[layer][position] * part(m[block + "mlp.W_out"])
        constant = part(m[block + "mlp.b_out"])
        if by == "component":
            rows += [("attention", layer, None, heads.sum() + bias), ("mlp", layer, None, each.sum() + constant)]
            continue
        rows += [("head", layer, head, value) for head, value in enumerate(heads)] + [("attention-bias", layer, None, bias)]
        if by == "head":
            rows.append(("mlp", layer, None, each.sum() + constant))
            continue
        best, _ = listed(np.abs(each), 5, FORWARD)
        if "?" in best:
            sys.exit("make_prompts.py: two neurons tie; choose another token.")
        rows += [("neuron", layer, neuron, each[neuron]) for neuron in best] + [("other-neurons", layer, None, each.sum() - each[best].sum()), ("mlp-bias", layer, None, constant)]
    rows.append(("norm-bias", None, None, m["ln_final.b"] @ read))
    if "unembed.b_U" in m.weights:
        rows.append(("unembed-bias", None, None, m.b_u[token] - (m.b_u[against] if against is not None else 0)))
    logits = m.logits(final)[-1]
    logit = logits[token] - (logits[against] if against is not None else 0)
    assert abs(sum(row[3] for row in rows) - logit) < 1e-9
    common = {"prompt": 0, "position": position, "input_id": ids[-1], "token_id": token, "against_id": against}
    arguments = ["--ids", joined(ids), "--by", by, "--token", m.texts[token]] + (["--against", m.texts[against]] if against is not None else [])
    case(name, [m], ["logit-attribution", *arguments], FORWARD, logit_attribution=[common | {"kind": kind, "layer": layer, "index": index, "value": value} for kind, layer, index, value in rows],
         sums=[common | {"sum": logit, "logit": logit}])


if __name__ == "__main__":
    rk("rk-overlap", lambda layer, m: layer)
    rk("rk-final", lambda layer, m: m.layers - 1)
    keep_k()
    hidden_projection("hidden-projection", "tiny-gpt2", Gpt2.logits)
    # Not tied, and with b_U.
    hidden_projection("hidden-projection-untied", "tiny-attn-2l", Gpt2.logits)
    hidden_projection("hidden-projection-input", "tiny-attn-2l", Gpt2.words, ["--embedding", "input"])
    of_text("patterns", text_patterns)
    of_text("messages", text_messages)
    stitch()
    tiny = gpt2("tiny-gpt2")
    text = prompt(tiny)[:7]
    logit_lens("logit-lens", tiny, text, lambda position, final: int(final[position].argmax()), [])
    logit_lens("logit-lens-next", tiny, text, lambda position, final: text[position + 1] if position + 1 < len(text) else None, ["--of", "next"])
    logit_lens("logit-lens-target", tiny, text, lambda position, final: tiny.word("mother"), ["--target", "mother"])
    attention(tiny, text)
    repeated = text + text
    for how in ("mass", "mul", "abs"):
        head_detector(tiny, repeated, how)
    mother, father = tiny.word("mother"), tiny.word("father")
    logit_attribution("logit-attribution", tiny, text, "head", mother, father)
    logit_attribution("logit-attribution-component", tiny, text, "component", mother, None)
    logit_attribution("logit-attribution-neuron", tiny, text, "neuron", mother, father)
