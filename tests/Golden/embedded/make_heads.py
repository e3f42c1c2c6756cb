"""Golden values of the analyses that say what heads and layers do with a text, as make.py makes those of the others: naive float64 from the weights.

    python3 tests/Golden/embedded/make_heads.py
"""

import numpy as np

from lists import EXACT, FORWARD, case, cosines, joined, listed, place, top, word_rows
from make_prompts import inside, log_softmax, prompt, text_messages, text_patterns
from models import gpt2


def head_lens(name, m, ids, order=None):
    """What each head, b_O and each MLP writes at the last position, through the scale of the final norm there."""
    final, _, written, neurons = inside(m, ids)
    state, k = final[-1], 3
    scale = np.sqrt(((state - state.mean()) ** 2).mean() + float(m.meta["eps"]))
    sign = -1 if order == "smallest" else 1
    rows = []
    for layer in range(m.layers):
        block = f"blocks.{layer}."
        terms = [("head", head, written[layer][head, -1]) for head in range(m.heads)] + [("attention-bias", None, m[block + "attn.b_O"])]
        if neurons:
            terms.append(("mlp", None, neurons[layer][-1] @ m[block + "mlp.W_out"] + m[block + "mlp.b_out"]))
        for kind, head, term in terms:
            scores = m.u @ ((term - term.mean()) / scale * m["ln_final.w"])
            for word in word_rows(sign * scores, k, FORWARD):
                rows.append({"prompt": 0, "position": len(ids) - 1, "input_id": ids[-1], "layer": layer, "kind": kind, "head": head} | word | {"score": sign * word["score"]})
    case(name, [m], ["head-lens", "--ids", joined(ids), "--k", k, *(["--order", order] if order else [])], FORWARD, head_lens=rows)


def bos_sink(name, m, texts, options=(), first=1):
    patterns = [inside(m, ids)[1] for ids in texts]
    rows = []
    for layer in range(m.layers):
        for head in range(m.heads):
            weights = np.concatenate([pattern[layer][head][first:, 0] for pattern in patterns])
            rows.append({"layer": layer, "head": head, "mean": weights.mean(), "max": weights.max(), "sink": bool(weights.mean() > 0.5), "queries": len(weights)})
    case(name, [m], ["bos-sink", "--ids", joined(texts[0]), *options], FORWARD, bos_sink=rows)


def lists_of(m, ids, k):
    """For each layer and head the lists of patterns and messages of every position, by score alone, and the attention."""
    streams, patterns = m.forward(ids)[0], inside(m, ids)[1]
    for layer in range(m.layers):
        x = m.norm(streams[layer], f"blocks.{layer}.ln1")
        for head in range(m.heads):
            yield layer, head, text_patterns(m, layer, head, x), text_messages(m, layer, head, x), patterns[layer][head]


def attended_messages(m, ids):
    k, tokens, words, weights = 3, [], [], []
    for layer, head, looks, says, attention in lists_of(m, ids, k):
        if (layer, head) not in ((0, 2), (3, 1)):
            continue
        common = {"prompt": 0, "layer": layer, "head": head}
        for at, token in enumerate(ids):
            later = attention[at + 1:, at]
            tokens.append(common | {"position": at, "input_id": token, "self": attention[at, at], "received": later.mean() if len(later) else None})
            for side, scores in (("pattern", looks[at]), ("message", says[at])):
                words += [common | {"position": at, "input_id": token, "side": side} | word for word in word_rows(scores, k, FORWARD)]
        weights += [common | {"position": q, "query_id": ids[q], "source": key, "key_id": ids[key], "weight": attention[q, key]} for q in range(len(ids)) for key in range(q + 1)]
    for layer, head in ((0, 2), (3, 1)):
        def of(rows):
            return [row for row in rows if (row["layer"], row["head"]) == (layer, head)]
        case(f"attended-messages-{layer}-{head}", [m], ["attended-messages", "--ids", joined(ids), "--layer", layer, "--head", head, "--k", k], FORWARD,
             attended_messages=of(tokens), words=of(words), weights=of(weights))


def head_behaviours(m, ids):
    """Shares of lists; a head one of whose lists is decided by rounding is compared by nothing that counts them."""
    k, tau, rows, trifectas = 10, 0.2, [], []
    texts = {id_: text.strip().lower() for id_, text in m.texts.items()}
    own = m.logits(m.forward(ids)[0][-1]).argmax(-1)
    bias = m.u @ m["ln_final.b"] + m.b_u
    bias = bias - bias.mean()

    def alike(a, b):
        return a == b or (texts[a] != "" and texts[a] == texts[b])

    def letter(id_):
        return texts[id_][0] if texts[id_] and texts[id_][0].isalpha() else None

    def jaccard(lists):
        pairs = [(set(a), set(b)) for i, a in enumerate(lists) for b in lists[i + 1:]]
        return np.mean([len(a & b) / len(a | b) for a, b in pairs])

    def settled(scores):
        best = np.sort(scores)[::-1]
        return best[k - 1] - best[k] > 4 * FORWARD * np.abs(best[:k + 1]).max()

    for layer, head, looks, says, attention in lists_of(m, ids, k):
        pattern, message = ([[int(id_) for id_ in top(scores, k)] for scores in side] for side in (looks, says))
        sure = all(settled(scores) for scores in looks + says)
        n = len(ids)
        high = [abs(bias[pattern[at]].mean()) > 3 or abs(bias[message[at]].mean()) > 3 for at in range(n)]
        found = [(q, key) for q in range(n) for key in range(1, q) if attention[q, key] >= tau and not high[key]]
        assert np.abs(attention - tau).min() > 1e-5
        letters = [np.mean([letter(id_) == letter(token) for id_ in message[at]]) for at, token in enumerate(ids) if letter(token)]
        shares = {
            "self": np.mean([any(alike(id_, token) for id_ in pattern[at]) for at, token in enumerate(ids)]),
            "identity": np.mean([any(alike(id_, token) for id_ in message[at]) for at, token in enumerate(ids)]),
            "pattern": jaccard(pattern), "message": jaccard(message), "letter": np.mean(letters),
            "next": np.mean([any(alike(id_, ids[at + 1]) for id_ in message[at]) for at in range(n - 1)]),
            "own": np.mean([any(alike(id_, int(own[at])) for id_ in message[at]) for at in range(n - 1)]),
            "trifecta": len({q for q, _ in found}) / (n - 2)}

        def flag(*names):
            return any(bool(shares[name] >= 0.5) for name in names)
        row = {"prompt": 0, "layer": layer, "head": head, "self_attending": flag("self"), "self_share": shares["self"], "identity_message": flag("identity"), "identity_share": shares["identity"],
               "repeating_pattern": flag("pattern"), "pattern_alike": shares["pattern"], "repeating_message": flag("message"), "message_alike": shares["message"], "first_letter": flag("letter"),
               "letter_share": shares["letter"], "predictive": flag("next", "own"), "next_share": shares["next"], "predicted_share": shares["own"], "trifecta": bool(found),
               "trifecta_share": shares["trifecta"]}
        rows.append(row if sure else {column: value if column in ("prompt", "layer", "head") else "?" for column, value in row.items()})
        trifectas += [{"prompt": 0, "layer": layer, "head": head, "position": q, "query_id": ids[q], "source": key, "key_id": ids[key], "weight": attention[q, key],
                       "pattern_id": listed(looks[key], 1, FORWARD)[0][0], "message_id": listed(says[key], 1, FORWARD)[0][0]} for q, key in found]
    print("unsure heads:", sum(row["self_share"] == "?" for row in rows), "of", len(rows))
    case("head-behaviours", [m], ["head-behaviours", "--ids", joined(ids)], FORWARD, {"trifectas": 40}, head_behaviours=rows, trifectas=trifectas)


def token_evolution(name, m, ids, options=(), embedding_normed=True):
    streams, k = m.forward(ids)[0], 3
    layers = [m.logits(stream) if at > 0 or embedding_normed else stream @ m.u.T + m.b_u for at, stream in enumerate(streams)]
    names = [*range(m.layers), None]

    def kind(layer):
        return "predicted" if layer is None else "block"

    rows = [{"prompt": 0, "position": at, "input_id": token, "kind": kind(layer), "layer": layer, "rank": rank, "token_id": word, "logit": score}
            for at, token in enumerate(ids) for layer, logits in zip(names, layers) for rank, (word, score) in enumerate(zip(*listed(logits[at], k, FORWARD)), 1)]
    first = [logits.argmax(-1) for logits in layers]
    changes = [{"prompt": 0, "from": a, "to_kind": kind(b), "to": b, "changed": int((first[at] != first[at + 1]).sum()), "tokens": len(ids)} for at, (a, b) in enumerate(zip(names, names[1:]))]
    case(name, [m], ["token-evolution", "--ids", joined(ids), "--k", k, *options], FORWARD, token_evolution=rows, changes=changes)


def prompt_accuracy(m, ids):
    logits = m.logits(m.forward(ids)[0][-1])
    logs, rows = log_softmax(logits), []
    for at, token in enumerate(ids):
        best = listed(logits[at], 1, FORWARD)[0][0]
        row = {"prompt": 0, "position": at, "input_id": token, "predicted_id": best, "probability": np.exp(logs[at].max()), "next_id": None, "hit": None, "rank": None, "loss": None}
        if at + 1 < len(ids):
            row |= {"next_id": ids[at + 1], "hit": best == ids[at + 1], "rank": place(logits[at], ids[at + 1]), "loss": -logs[at, ids[at + 1]]}
        rows.append(row)
    hits = sum(row["hit"] is True for row in rows)
    case("prompt-accuracy", [m], ["prompt-accuracy", "--ids", joined(ids)], FORWARD, prompt_accuracy=rows,
         accuracy=[{"prompt": 0, "hits": hits, "compared": len(ids) - 1, "share": hits / (len(ids) - 1), "loss": np.mean([row["loss"] for row in rows[:-1]])}])


if __name__ == "__main__":
    tiny, attention_only = gpt2("tiny-gpt2"), gpt2("tiny-attn-2l")
    text = prompt(tiny)
    head_lens("head-lens", tiny, text[:7])
    head_lens("head-lens-smallest", tiny, text[:7], "smallest")
    # Not tied, without MLPs and with b_U.
    head_lens("head-lens-attn-only", attention_only, text[:7])
    bos_sink("bos-sink", tiny, [text])
    bos_sink("bos-sink-first", attention_only, [text], ["--include-first"], first=0)
    attended_messages(tiny, text[:6])
    head_behaviours(tiny, text[:12])
    token_evolution("token-evolution", tiny, text[:6])
    token_evolution("token-evolution-raw-embedding", tiny, text[:6], ["--norm", "final-but-embed"], embedding_normed=False)
    prompt_accuracy(tiny, text)
