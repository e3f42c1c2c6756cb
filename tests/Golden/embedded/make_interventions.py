"""Golden values of the analyses that change activations, as make_prompts.py makes those of the ones that read them: naive float64 passes from the weights, one for each change.

    python3 tests/Golden/embedded/make_interventions.py
"""

import numpy as np

from lists import FORWARD, case, joined
from make_prompts import log_softmax
from models import gelu_new, gpt2

CLEAN = "she looked at her mother and said"
CORRUPTED = "she looked at her father and said"


def run(m, ids, change=lambda name, layer, value: value):
    """Logits of a pass; `change` gets resid_pre [pos, d], z [head, pos, d_head], attention and mlp [pos, d] of each layer and gives what stands in their place."""
    x = m.e[ids] + m["pos_embed.W_pos"][:len(ids)]
    for layer in range(m.layers):
        block = f"blocks.{layer}."
        x = change("resid_pre", layer, x)
        pattern, v = m.attention(layer, x)
        z = change("z", layer, pattern @ v)
        x = x + change("attention", layer, np.einsum("hpe,hed->pd", z, m[block + "attn.W_O"]) + m[block + "attn.b_O"])
        if m.meta["architecture"] != "attn-only":
            post = change("post", layer, gelu_new(m.norm(x, block + "ln2") @ m[block + "mlp.W_in"] + m[block + "mlp.b_in"]))
            x = x + change("mlp", layer, post @ m[block + "mlp.W_out"] + m[block + "mlp.b_out"])
    return m.logits(x)


def values(m, ids):
    """What `change` would get, of the unchanged pass."""
    kept = {}

    def keep(name, layer, value):
        kept[name, layer] = value
        return value

    return run(m, ids, keep), kept


def put(where, value):
    """A change of some places: {(name, layer): index} to zero or to the same places of other values."""
    def change(name, layer, computed):
        if (name, layer) not in where:
            return computed
        computed = computed.copy()
        for index in where[name, layer]:
            computed[index] = value(name, layer)[index] if value else 0
        return computed
    return change


def effect(kind, name, layer, index, before, after, ids, positions, answer, against):
    old, new = log_softmax(before), log_softmax(after)
    follows = [position for position in positions if position + 1 < len(ids)]

    def logit(logits, position):
        answered = int(before[position].argmax()) if answer is None else answer
        return logits[position, answered] - (logits[position, against] if against is not None else 0)

    row = {
        "kind": kind, "ablated": name, "layer": layer, "index": index,
        "logit": np.mean([logit(after, p) for p in positions]), "logit_change": np.mean([logit(after, p) - logit(before, p) for p in positions]),
        "probability": np.mean([np.exp(new[p, int(before[p].argmax()) if answer is None else answer]) for p in positions]), "kl": np.mean([np.sum(np.exp(old[p]) * (old[p] - new[p])) for p in positions])}
    if follows:
        row |= {"loss": np.mean([-new[p, ids[p + 1]] for p in follows]), "loss_change": np.mean([old[p, ids[p + 1]] - new[p, ids[p + 1]] for p in follows]),
                "accuracy": np.mean([float(after[p].argmax() == ids[p + 1]) for p in follows])}
    return row


def ablate(name, m, ids, changes, positions, answer, against, arguments):
    before = run(m, ids)
    rows = [effect("nothing", "nothing", None, None, before, before, ids, positions, answer, against)]
    rows += [effect(*row, before, run(m, ids, change), ids, positions, answer, against) for row, change in changes]
    case(name, [m], ["ablate", "--ids", joined(ids), *arguments], FORWARD, ablate=rows)


def patch(name, m, unit, places, into, token, against):
    ids = {"clean": m.encode(CLEAN), "corrupted": m.encode(CORRUPTED)}
    runs = {which: values(m, ids[which]) for which in ids}
    difference = {which: runs[which][0][-1, token] - runs[which][0][-1, against] for which in ids}
    rows = []
    for run_, source in [("corrupted", "clean"), ("clean", "corrupted")]:
        if into not in (run_, "both"):
            continue
        for layer in range(m.layers):
            for place, index in places(m, len(ids["clean"])):
                hook, at = place, index
                logits = run(m, ids[run_], put({(hook, layer): [at[0]]}, lambda name_, layer_: runs[source][1][name_, layer_]))
                value = logits[-1, token] - logits[-1, against]
                head, position = at[1], at[2]
                rows.append({"pair": 0, "into": run_, "layer": layer, "head": head, "position": position, "logit_difference": value, "share": (value - difference[run_]) / (difference[source] - difference[run_])})
    pairs = [{"pair": 0, "position": len(ids["clean"]) - 1, "token_id": token, "against_id": against, "clean": difference["clean"], "corrupted": difference["corrupted"]}]
    case(name, [m], ["patch", "--prompt", CLEAN, "--prompt", CORRUPTED, "--unit", unit, "--into", into, "--token", m.texts[token], "--against", m.texts[against]], FORWARD, patch=rows, pairs=pairs)


if __name__ == "__main__":
    tiny, attention_only = gpt2("tiny-gpt2"), gpt2("tiny-attn-2l")
    ids = tiny.encode(CLEAN)
    mother, father = tiny.word("mother"), tiny.word("father")
    last = len(ids) - 1

    def head(layer, index):
        return ("head", f"L{layer}H{index}", layer, index), put({("z", layer): [index]}, None)

    ablate("ablate", tiny, ids, [head(layer, index) for layer in range(tiny.layers) for index in range(tiny.heads)], [last], mother, father, ["--token", tiny.texts[mother], "--against", tiny.texts[father]])
    repeated = ids + ids
    ablate("ablate-loss", attention_only, attention_only.encode(CLEAN) * 2, [head(layer, index) for layer in range(2) for index in range(attention_only.heads)], list(range(len(ids), 2 * len(ids) - 1)), None, None,
           ["--position", f"{len(ids)}-{2 * len(ids) - 2}"])
    both = put({("z", 0): [1], ("z", 3): [2], ("post", 2): [(slice(None), 7)]}, None)
    ablate("ablate-set", tiny, repeated, [(("set", "L0H1+L3H2+L2N7", None, None), both)], list(range(len(repeated))), None, None, ["--heads", "0.1,3.2", "--neurons", "2.7", "--together", "--position", "all"])
    means = {layer: values(tiny, ids)[1]["mlp", layer].mean(0) for layer in range(tiny.layers)}
    ablate("ablate-mean", tiny, ids, [(("mlp", f"L{layer} MLP", layer, None), (lambda at: lambda name, layer_, value: np.broadcast_to(means[at], value.shape) if (name, layer_) == ("mlp", at) else value)(layer)) for layer in range(tiny.layers)],
           [last], mother, None, ["--unit", "mlp", "--with", "mean", "--token", tiny.texts[mother]])
    patch("patch", tiny, "stream", lambda m, length: [("resid_pre", (position, None, position)) for position in range(length)], "both", mother, father)
    patch("patch-head", tiny, "head", lambda m, length: [("z", (index, index, None)) for index in range(m.heads)], "corrupted", mother, father)
    patch("patch-attention", tiny, "attention", lambda m, length: [("attention", (position, None, position)) for position in range(length)], "clean", mother, father)
