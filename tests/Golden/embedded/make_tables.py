"""Golden values of the tables of keys, queries and outputs: weights processed step by step, both V x V tables formed, in float64; and the source's print of them.

    python3 tests/Golden/embedded/make_tables.py

Run again after models/onnx changes. lists.py says what a case holds and what "?" means.
"""

import sys

import numpy as np

from lists import HERE, ROUNDED, case, listed, top
from models import gpt2

WORDS = HERE / "words.txt"
NEAR = 1e-6  # Scores that the print may round either way, or rank either way, are not worth printing.


def centred(w):
    """(I - 11'/d) w."""
    return w - w.mean(0)


def processed(m, layer, head):
    """The weights with the norms folded in and everything centred: what reads, what writes, the unembedding over the vocabulary."""
    block = f"blocks.{layer}."
    gain = m[block + "ln1.w"][:, None]
    q, k, v = (centred(gain * m[f"{block}attn.W_{c}"][head]) for c in "QKV")
    o = centred(m[block + "attn.W_O"][head].T).T
    u = centred(m["ln_final.w"][:, None] * m.u.T)
    return centred(m.e.T).T, q, k, v, o, u - u.mean(1, keepdims=True)


def raw(m, layer, head):
    block = f"blocks.{layer}.attn."
    return m.e, *(m[f"{block}W_{c}"][head] for c in "QKVO"), m.u.T


def tables(m, layer, head, weights, bos):
    """QK' with queries as rows and OV' with sources as rows."""
    e, q, k, v, o, u = weights(m, layer, head)
    qk, ov = (e @ q) @ (e @ k).T, (e @ v @ o) @ u
    return qk - qk[:, bos:bos + 1], ov - ov.mean(1, keepdims=True)


def counts(m):
    found = np.zeros(len(m.e), int)
    for line in WORDS.read_text(encoding="utf-8").split("\n"):
        np.add.at(found, m.encode(line.strip()), 1)
    return found


def probabilities(found):
    p = found / max(found.sum(), 1) + 1e-10
    return p / p.sum()


def wrapped(items):
    """Items in rows of at most 78 characters; two too many are counted for the space between."""
    rows = [""]
    for item in items:
        if len(rows[-1]) + len(item) + 2 > 78:
            rows.append(item)
        else:
            rows[-1] = f"{rows[-1]} {item}".lstrip(" ") if rows[-1] else item
    return [row for at, row in enumerate(rows) if row or at + 1 < len(rows)]


def heading(rule, text):
    return ["", rule * 80, text, rule * 80]


def quoted(m, token):
    return "'" + repr(m.texts[token])[1:-1] + "'"


def sure(scores, ids, printed):
    """Refuses a print that rounding decides."""
    gaps = np.abs(np.diff(scores[top(scores, len(ids) + 1)]))
    hundredths = np.abs((np.asarray(printed) * 100) % 1 - 0.5)
    if gaps.min() < NEAR or hundredths.min() < 100 * NEAR:
        sys.exit("make_tables.py: rounding decides this print; choose another head.")


def key_query_output(name, model, layers, heads, weights, keys, queries, outputs, arguments, words=None, print_to=None):
    m = gpt2(model)
    bos, p = int(m.meta["bos_id"]), probabilities(counts(m) if words else np.zeros(len(m.e), int))
    prior, important, rows, lines = p ** 0.1, [], [], []
    for layer in layers:
        lines += heading("#", f"# LAYER {layer}") if m.layers > 1 else []
        for head in heads:
            qk, ov = tables(m, layer, head, weights, bos)
            importance = qk.max(0) * ov.max(1) * prior
            ids, best = listed(importance, keys, ROUNDED)
            if "?" in ids:
                sys.exit(f"make_tables.py: keys of {model} {layer}:{head} tie; choose another head.")
            sure(importance, ids, [0])
            lines += heading("=", f"Head {layer}:{head} ({model})")
            for rank, (key, score) in enumerate(zip(ids, best), 1):
                important.append({"layer": layer, "head": head, "rank": rank, "key_id": key, "importance": score, "max_qk": qk[:, key].max(), "max_ov": ov[key].max(), "p": p[key]})
                by = qk[:, key] * prior
                asked, _ = listed(by, queries, ROUNDED)
                places = top(by, queries)
                written, effects = listed(ov[key], outputs, ROUNDED)
                for at in range(max(queries, outputs)):
                    rows.append({"layer": layer, "head": head, "key_rank": rank, "key_id": key, "rank": at + 1,
                                 "query_id": asked[at] if at < queries else None, "query_score": float(qk[places[at], key]) if at < queries else None,
                                 "output_id": written[at] if at < outputs else None, "output_score": effects[at] if at < outputs else None})
                if print_to:
                    sure(by, places, qk[places, key])
                    sure(ov[key], top(ov[key], outputs), effects)
                    lines += heading("─", f"Key: {quoted(m, key)}")
                    lines += ["", "Queries that prefer key:"] + wrapped([f"{quoted(m, query)} ({qk[query, key]:.2f})" for query in places])
                    lines += ["", "Effect on logits:"] + wrapped([f"{quoted(m, out)} ({ov[key, out]:.2f})" for out in top(ov[key], outputs)])
    case(name, [m], ["key-query-output", *arguments, "--keys", keys, "--queries", queries, "--outputs", outputs, "--layer", ",".join(map(str, layers)), "--head", ",".join(map(str, heads))],
         4 * ROUNDED, keys=important, key_query_output=rows)
    if print_to:
        (HERE / print_to).write_text("\n".join(lines) + "\n", encoding="utf-8")


def token_freq():
    m = gpt2("tiny-gpt2")
    found = counts(m)
    p = probabilities(found)
    order = np.lexsort((np.arange(len(found)), -found))[:np.count_nonzero(found)]
    rows = [{"rank": rank, "token_id": int(token), "count": int(found[token]), "p": p[token]} for rank, token in enumerate(order, 1)]
    case("token-freq", [m], ["token-freq", "--words", "tests/Golden/embedded/words.txt"], 1e-12, token_freq=rows)


if __name__ == "__main__":
    key_query_output("key-query-output", "tiny-attn-2l", [0, 1], [0, 2], processed, 3, 8, 8, [], print_to="key-query-output.txt")
    key_query_output("key-query-output-raw", "tiny-attn-2l", [1], [1], raw, 4, 6, 5, ["--weights", "raw"])
    key_query_output("key-query-output-words", "tiny-gpt2", [0, 2], [3], processed, 4, 5, 6, ["--words", "tests/Golden/embedded/words.txt"], words=True)
    token_freq()
