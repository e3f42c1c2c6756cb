"""Golden values of attention tokens, as make.py and make_prompts.py make those of the others: the formula on every cell, all tokens of the vocabulary, numpy's own decompositions.

    python3 tests/Golden/embedded/make_attention_tokens.py
"""

import numpy as np

from lists import FORWARD, case, joined, listed
from make_prompts import prompt
from models import gpt2, softmax


def signed(u, s, vt):
    """The entry of largest magnitude of each right vector positive."""
    signs = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(1)])
    return u * signs, s, vt * signs[:, None]


def processed(m, layer, head, kind):
    """W and b of a head with the norm before attention put in and the mean over d_model taken away."""
    gain, shift = m[f"blocks.{layer}.ln1.w"], m[f"blocks.{layer}.ln1.b"]
    w, b = m[f"blocks.{layer}.attn.W_{kind}"][head], m[f"blocks.{layer}.attn.b_{kind}"][head]
    folded = gain[:, None] * w
    return folded - folded.mean(0), b + shift @ w


class Reader:
    """What the vectors of a model's heads read as: singular factors, W_O, the bias of the logits."""

    def __init__(self, m, factor="svd", projection="wo", bias=True):
        self.m, self.factor, self.projection = m, factor, projection
        u = m.u * m["ln_final.w"]
        self.u = u - u.mean(1, keepdims=True)
        added = m.b_u + m.u @ m["ln_final.b"] if bias else np.zeros(len(m.u))
        self.added = added - added.mean()

    def head(self, ids, layer, head):
        """Attention, q, k and v of every position, and what makes a token of a vector."""
        m, length = self.m, len(ids)
        state = m.forward(ids)[0][layer]
        x = (state - state.mean(-1, keepdims=True)) / np.sqrt(state.var(-1, keepdims=True) + float(m.meta["eps"]))
        (w_q, b_q), (w_k, b_k), (w_v, _) = (processed(m, layer, head, kind) for kind in "QKV")
        w_o = m[f"blocks.{layer}.attn.W_O"][head]
        w_o = w_o - w_o.mean(1, keepdims=True)
        a, b = np.vstack([w_q, b_q]), np.vstack([w_k, b_k])
        extended = np.hstack([x, np.ones((length, 1))])
        scores = (extended @ a) @ (extended @ b).T / np.sqrt(m.width)
        attn = softmax(np.where(np.tril(np.ones((length, length))) > 0, scores, -np.inf))
        if self.factor == "svd":
            u, s, vt = np.linalg.svd(a @ b.T, full_matrices=False)
            left, s, right = signed(u[:, :m.width], s[:m.width], vt[:m.width])
            a, b = left * np.sqrt(s), right.T * np.sqrt(s)
            u, s, vt = np.linalg.svd(w_v @ w_o, full_matrices=False)
            left, s, w_o = signed(u[:, :m.width], s[:m.width], vt[:m.width])
            w_v = left * s

        def token(c):
            r = c @ w_o if self.projection == "wo" else (w_v @ c) * w_o.sum(0)
            return listed(self.u @ r + self.added, 1, FORWARD)[0][0]
        return attn, extended @ a, extended @ b, x @ w_v, token

    def cells(self, prompts, layers, heads, component):
        """(layer, head, prompt, i, j, input, attn, token) of every cell of one component."""
        for number, ids in enumerate(prompts):
            for layer in layers:
                for head in heads:
                    attn, q, k, v, token = self.head(ids, layer, head)
                    for i in range(len(ids)):
                        for j in range(i + 1):
                            c = {"hadamard": q[i] * k[j], "q": q[i], "k": k[i], "v": v[i], "dot": np.full(self.m.width, q[i] @ k[j])}[component]
                            yield layer, head, number, i, j, ids[i], float(attn[i, j]), token(c)


def attention_tokens(name, m, options, factor="svd", projection="wo", bias=True, length=6, layers=(1,), heads=(0, 2)):
    ids, reader = prompt(m)[:length], Reader(m, factor, projection, bias)
    rows = []
    for layer in layers:
        for head in heads:
            attn, q, k, v, token = reader.head(ids, layer, head)
            for i in range(length):
                for j in range(i + 1):
                    rows.append({"layer": layer, "head": head, "prompt": 0, "i": i, "j": j, "input_id": ids[i], "attn": float(attn[i, j]), "hadamard_id": token(q[i] * k[j]),
                                 "dot_id": token(np.full(m.width, q[i] @ k[j])), "q_id": token(q[i]), "k_id": token(k[i]), "v_id": token(v[i])})
    case(name, [m], ["attention-tokens", "--ids", joined(ids), "--layer", joined(layers), "--head", joined(heads), *options], FORWARD, attention_tokens=rows)


def followers(m, layers=(1, 3), heads=(0, 1, 3)):
    """The tables that go on from the dataset, of two prompts."""
    first, reader = prompt(m)[:9], Reader(m)
    second = first[::-1]
    prompts = [first, second]
    given = [argument for ids in prompts for argument in ("--ids", joined(ids))] + ["--layer", joined(layers), "--head", joined(heads)]

    def counts(component, cells=True):
        found = {}
        for layer, head, _, _, j, _, _, token in reader.cells(prompts, layers, heads, component):
            assert token != "?", "take another prompt"
            if cells or j == 0:
                found.setdefault((layer, head), {}).setdefault(token, 0)
                found[layer, head][token] += 1
        return found

    rows = []
    for (layer, head), tokens in counts("hadamard").items():
        order = sorted(tokens.items(), key=lambda entry: (-entry[1], entry[0]))
        levels = sorted(set(tokens.values()), reverse=True)
        rows += [{"layer": layer, "head": head, "rank": levels.index(n) + 1, "token_id": token, "frequency": n, "share": n / sum(tokens.values())} for token, n in order]
    case("token-freq-by-head", [m], ["token-freq-by-head", *given], FORWARD, token_freq_by_head=rows)

    rows = []
    for (layer, head), tokens in counts("v", cells=False).items():
        token, n = min(tokens.items(), key=lambda entry: (-entry[1], entry[0]))
        rows.append({"layer": layer, "head": head, "tokens": len(tokens), "counted": sum(tokens.values()), "most_frequent_id": token, "share": n / sum(tokens.values())})
    case("unique-tokens", [m], ["unique-tokens", *given, "--component", "v", "--counted", "positions"], FORWARD, unique_tokens=rows)

    found, rows = counts("k"), []
    for at, one in enumerate(found):
        for other in list(found)[at + 1:]:
            shared = sorted(set(found[one]) & set(found[other]))
            if shared:
                rows.append({"first_layer": one[0], "first_head": one[1], "second_layer": other[0], "second_head": other[1], "shared": len(shared), "ids": joined(shared)})
    case("shared-tokens", [m], ["shared-tokens", *given, "--component", "k"], FORWARD, shared_tokens=rows)

    found = counts("q")
    tokens = sorted({token for head in found.values() for token in head})
    x = m.e[tokens] - m.e[tokens].mean(1, keepdims=True)
    x = x - x.mean(0)
    u, s, vt = signed(*np.linalg.svd(x, full_matrices=False))
    at = {token: (u * s)[place] for place, token in enumerate(tokens)}
    rows = [{"layer": layer, "head": head, "token_id": token, "frequency": n, "x": at[token][0], "y": at[token][1]}
            for (layer, head), known in found.items() for token, n in sorted(known.items(), key=lambda entry: (-entry[1], entry[0]))]
    case("token-embedding-map", [m], ["token-embedding-map", *given, "--component", "q"], FORWARD, token_embedding_map=rows)

    rows = []
    for layer in layers:
        for head in heads:
            cells = {(i, j): (attn, token) for _, _, number, i, j, _, attn, token in reader.cells([second], [layer], [head], "hadamard")}
            known = {}
            for i in range(len(second)):
                for j in range(len(second)):
                    known.setdefault(cells[i, j][1] if j <= i else -1, len(known))
            rows += [{"layer": layer, "head": head, "i": i, "j": j, "input_id": second[i], "token_id": token, "number": known[token], "attn": attn, "border": min(3, 2 + 5 * attn), "alpha": min(1, attn)} for (i, j), (attn, token) in cells.items()]
    case("attention-token-plot", [m], ["attention-token-plot", *given, "--prompt-index", 1], FORWARD, attention_token_plot=rows)

    after, rows, summary = first[:3] + [second[0]] + first[4:], [], []
    for layer in layers:
        for head in heads:
            before = {(i, j): token for _, _, _, i, j, _, _, token in reader.cells([first], [layer], [head], "v")}
            changed = fresh = 0
            for _, _, _, i, j, token_in, _, token in reader.cells([after], [layer], [head], "v"):
                if before[i, j] != token:
                    changed, fresh = changed + 1, fresh + (token not in before.values())
                    rows.append({"prompt": 0, "layer": layer, "head": head, "i": i, "j": j, "change": "changed", "input_id": token_in, "before_id": before[i, j], "after_id": token, "is_new": token not in before.values()})
            summary.append({"prompt": 0, "layer": layer, "head": head, "added": 0, "new_tokens": fresh, "changed": changed})
    text = m.texts[second[0]]
    case("attention-token-diff", [m], ["attention-token-diff", "--ids", joined(first), "--layer", joined(layers), "--head", joined(heads), "--component", "v", "--replace", 3, "--next", text], FORWARD, attention_token_diff=rows, heads=summary)


if __name__ == "__main__":
    tiny = gpt2("tiny-gpt2")
    attention_tokens("attention-tokens", tiny, [])
    attention_tokens("attention-tokens-utils", tiny, ["--projection", "utils"], projection="utils", layers=(0, 3), heads=(1,))
    attention_tokens("attention-tokens-raw", tiny, ["--factor", "raw", "--unembed-bias", "off"], factor="raw", bias=False)
    # Not tied, and with b_U.
    attention_tokens("attention-tokens-untied", gpt2("tiny-attn-2l"), [])
    followers(tiny)
