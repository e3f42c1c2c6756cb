"""Golden values of patterns of positions and of heads in context, as make.py and make_prompts.py make those of the others.

    python3 tests/Golden/embedded/make_context.py
"""

from lists import FORWARD, case, cosines, joined, listed, word_rows
from make_prompts import prompt
from models import bert, gpt2


def position_bias(name, m, position, word, side, score, arguments):
    k, places = 5, m["pos_embed.W_pos"]
    layers, heads = [0, 1], m["blocks.0.attn.W_Q"].shape[0]
    x = places[position] + (m.e[m.word(word)] if word else 0)
    rows, curves = [], []
    for layer in layers:
        for head in range(heads):
            q, key = (m[f"blocks.{layer}.attn.W_{c}"][head] for c in "QK")
            pattern = x @ (q @ key.T if side == "query" else key @ q.T)
            scores = cosines(pattern, places) if score == "cosine" else places @ pattern
            for rank, (at, value) in enumerate(zip(*listed(scores, k, FORWARD)), 1):
                rows.append({"layer": layer, "head": head, "rank": rank, "position": at, "offset": "?" if at == "?" else at - position, "score": value})
            curves += [{"layer": layer, "head": head, "position": at, "offset": at - position, "score": value} for at, value in enumerate(scores)]
    arguments = ["position-bias", "--layer", joined(layers), "--k", k, "--side", side, "--score", score, "--curves", "true", *arguments, *(["--word", word] if word else [])]
    case(name, [m], arguments, FORWARD, {"curves": 128}, position_bias=rows, curves=curves)


def patterns_context(name, m, options, raw):
    """As the notebook does it, or with what the heads read and patterns as they are."""
    ids, k = prompt(m)[:9], 4
    streams = m.forward(ids)[0]
    logits = [m.logits(stream)[-1] for stream in streams]
    predicted = int(logits[-1].argmax())
    common = {"prompt": 0, "position": len(ids) - 1, "input_id": ids[-1]}
    rows, states = [], []
    for layer in range(m.layers):
        block, state = f"blocks.{layer}.", streams[layer][-1]
        closest, best = listed(logits[layer], 1, FORWARD)
        states.append(common | {"layer": layer, "predicted_id": predicted, "predicted_logit": logits[layer][predicted], "closest_id": closest[0], "closest_logit": best[0]})
        x = state if raw else m.norm(state, block + "ln1")
        for head in range(m.heads):
            q = x @ m[block + "attn.W_Q"][head] + (0 if raw else m[block + "attn.b_Q"][head])
            pattern = q @ m[block + "attn.W_K"][head].T
            scores = cosines(m.norm(pattern, "ln_final"), m.e) if raw else m.e @ pattern
            rows += [common | {"layer": layer, "head": head} | word for word in word_rows(scores, k, FORWARD)]
    case(name, [m], ["patterns-context", "--ids", joined(ids), "--k", k, *options], FORWARD, patterns_context=rows, states=states)


if __name__ == "__main__":
    tiny = gpt2("tiny-gpt2")
    position_bias("position-bias", tiny, 64, None, "query", "cosine", [])
    position_bias("position-bias-word", tiny, 100, "mother", "key", "dot", ["--position", 100])
    position_bias("position-bias-bert", bert("all-minilm-l6-v2"), 256, None, "query", "cosine", [])
    patterns_context("patterns-context", tiny, [], raw=True)
    patterns_context("patterns-context-normed", tiny, ["--input", "normed", "--no-pattern-norm", "true", "--biases", "true", "--score", "dot"], raw=False)
    # Not tied, and with b_U.
    patterns_context("patterns-context-untied", gpt2("tiny-attn-2l"), [], raw=True)
