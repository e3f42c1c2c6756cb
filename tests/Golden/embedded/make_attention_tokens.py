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


def attention_tokens(name, m, options, factor="svd", projection="wo", bias=True, length=6, layers=(1,), heads=(0, 2)):
    ids = prompt(m)[:length]
    streams = m.forward(ids)[0]
    u = (m.u - 0) * m["ln_final.w"]
    u = u - u.mean(1, keepdims=True)
    added = m.b_u + m.u @ m["ln_final.b"] if bias else np.zeros(len(m.u))
    added = added - added.mean()
    rows = []
    for layer in layers:
        state = streams[layer]
        x = (state - state.mean(-1, keepdims=True)) / np.sqrt(state.var(-1, keepdims=True) + float(m.meta["eps"]))
        for head in heads:
            (w_q, b_q), (w_k, b_k), (w_v, _) = (processed(m, layer, head, kind) for kind in "QKV")
            w_o = m[f"blocks.{layer}.attn.W_O"][head]
            w_o = w_o - w_o.mean(1, keepdims=True)
            a, b = np.vstack([w_q, b_q]), np.vstack([w_k, b_k])
            pattern = np.tril(np.ones((length, length)))
            extended = np.hstack([x, np.ones((length, 1))])
            scores = (extended @ a) @ (extended @ b).T / np.sqrt(m.width)
            attn = softmax(np.where(pattern > 0, scores, -np.inf))
            if factor == "svd":
                left, s, right = signed(*(part[..., :m.width] if at == 0 else part[:m.width] for at, part in enumerate(np.linalg.svd(a @ b.T, full_matrices=False))))
                a, b = left * np.sqrt(s), right.T * np.sqrt(s)
                left, s, right = signed(*(part[..., :m.width] if at == 0 else part[:m.width] for at, part in enumerate(np.linalg.svd(w_v @ w_o, full_matrices=False))))
                w_v, w_o = left * s, right
            q, k, v = extended @ a, extended @ b, x @ w_v
            for i in range(length):
                for j in range(i + 1):
                    def token(c):
                        r = c @ w_o if projection == "wo" else (w_v @ c) * w_o.sum(0)
                        return listed(u @ r + added, 1, FORWARD)[0][0]
                    rows.append({"layer": layer, "head": head, "prompt": 0, "i": i, "j": j, "input_id": ids[i], "attn": float(attn[i, j]), "hadamard_id": token(q[i] * k[j]),
                                 "dot_id": token(np.full(m.width, q[i] @ k[j])), "q_id": token(q[i]), "k_id": token(k[i]), "v_id": token(v[i])})
    arguments = ["attention-tokens", "--ids", joined(ids), "--layer", joined(layers), "--head", joined(heads), *options]
    case(name, [m], arguments, FORWARD, attention_tokens=rows)


if __name__ == "__main__":
    tiny = gpt2("tiny-gpt2")
    attention_tokens("attention-tokens", tiny, [])
    attention_tokens("attention-tokens-utils", tiny, ["--projection", "utils"], projection="utils", layers=(0, 3), heads=(1,))
    attention_tokens("attention-tokens-raw", tiny, ["--factor", "raw", "--unembed-bias", "off"], factor="raw", bias=False)
    # Not tied, and with b_U.
    attention_tokens("attention-tokens-untied", gpt2("tiny-attn-2l"), [])
