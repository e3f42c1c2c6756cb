"""Golden values of the analyses that read prompts, as make.py makes those of the others: naive float64 from the weights.

    python3 tests/Golden/embedded/make_prompts.py
"""

import numpy as np

from make import FORWARD, case, joined, listed, model, prompt


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
        for layer, scores in zip(["embed", *map(str, range(m.layers))], (one[position] for one in logits)):
            logs = log_softmax(scores)
            near = wanted is not None and np.sum(np.abs(scores - scores[wanted]) < 4 * FORWARD * np.abs(scores).max()) > 1
            states.append({
                "prompt": 0, "position": position, "input_id": ids[position], "layer": layer,
                "entropy": -np.sum(np.exp(logs) * logs), "kl_to_final": np.sum(np.exp(final[position]) * (final[position] - logs)), "target_id": wanted,
                "target_rank": None if wanted is None else "?" if near else int(np.sum(scores > scores[wanted])) + 1,
                "target_probability": None if wanted is None else np.exp(logs[wanted]), "target_cross_entropy": None if wanted is None else -logs[wanted],
                "target_logit": None if wanted is None else scores[wanted]})
            for rank, (token, score) in enumerate(zip(*listed(scores, k, FORWARD)), 1):
                words.append({"prompt": 0, "position": position, "input_id": ids[position], "layer": layer, "rank": rank, "token_id": token, "logit": score, "probability": np.exp(score - scores.max()) * np.exp(logs.max())})
    case(name, [m], ["logit-lens", "--ids", joined(ids), "--k", k, *arguments], FORWARD, logit_lens=states, words=words)


def softmax(x):
    shifted = np.exp(x - x.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def inside(m, ids):
    """Attention [layer][head, pos, pos], what each head writes [layer][head, pos, d] and neuron activations [layer][pos, f], from the streams of Model.forward."""
    streams, pre, _ = m.forward(ids)
    patterns, written, neurons = [], [], []
    for layer in range(m.layers):
        block = f"blocks.{layer}."
        x = m.norm(streams[layer], block + "ln1")
        q, k, v = (np.einsum("pd,hde->hpe", x, m[f"{block}attn.W_{c}"]) + m[f"{block}attn.b_{c}"][:, None] for c in "QKV")
        scores = np.einsum("hqe,hke->hqk", q, k) / np.sqrt(m.width)
        scores[:, np.triu(np.ones(scores.shape[1:], bool), 1)] = -np.inf
        patterns.append(softmax(scores))
        written.append(np.einsum("hqk,hke,hed->hqd", patterns[-1], v, m[block + "attn.W_O"]))
        neurons.append(0.5 * pre[layer] * (1 + np.tanh(np.sqrt(2 / np.pi) * (pre[layer] + 0.044715 * pre[layer] ** 3))))
    return streams[-1], patterns, written, neurons


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
            raise SystemExit("make_prompts.py: two neurons tie; choose another token.")
        rows += [("neuron", layer, neuron, each[neuron]) for neuron in best] + [("other-neurons", layer, None, each.sum() - each[best].sum()), ("mlp-bias", layer, None, constant)]
    rows.append(("norm-bias", None, None, m["ln_final.b"] @ read))
    if "unembed.b_U" in m.weights:
        rows.append(("unembed-bias", None, None, m["unembed.b_U"][token] - (m["unembed.b_U"][against] if against is not None else 0)))
    logits = m.logits(final)[-1]
    logit = logits[token] - (logits[against] if against is not None else 0)
    assert abs(sum(row[3] for row in rows) - logit) < 1e-9
    common = {"prompt": 0, "position": position, "input_id": ids[-1], "token_id": token, "against_id": against}
    arguments = ["--ids", joined(ids), "--by", by, "--token", m.texts[token]] + (["--against", m.texts[against]] if against is not None else [])
    case(name, [m], ["logit-attribution", *arguments], FORWARD, logit_attribution=[common | {"kind": kind, "layer": layer, "index": index, "value": value} for kind, layer, index, value in rows],
         sums=[common | {"sum": logit, "logit": logit}])


if __name__ == "__main__":
    gpt2 = model("tiny-gpt2")
    text = prompt(gpt2)[:7]
    logit_lens("logit-lens", gpt2, text, lambda position, final: int(final[position].argmax()), [])
    logit_lens("logit-lens-next", gpt2, text, lambda position, final: text[position + 1] if position + 1 < len(text) else None, ["--of", "next"])
    logit_lens("logit-lens-target", gpt2, text, lambda position, final: gpt2.word("mother"), ["--target", "mother"])
    attention(gpt2, text)
    repeated = text + text
    for how in ("mass", "mul", "abs"):
        head_detector(gpt2, repeated, how)
    mother, father = gpt2.word("mother"), gpt2.word("father")
    logit_attribution("logit-attribution", gpt2, text, "head", mother, father)
    logit_attribution("logit-attribution-component", gpt2, text, "component", mother, None)
    logit_attribution("logit-attribution-neuron", gpt2, text, "neuron", mother, father)
