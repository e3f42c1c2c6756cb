#!/usr/bin/env python3
"""Whole analyses on a GPT-2-small-sized model, beside PyTorch doing the same in the same run: ./pluginlens once, then python3 benchmarks/analyses.py [parts...]

  neurons    input and output words of all 36,864 neurons (ten each), as neuron-texts makes them before it reads a text
  heads      patterns and messages of a text of 8 tokens in all 144 heads, ten words each
  stream     stream-table of 1,000 tokens with the whole table as a file: time and memory; nothing to compare with
  tokens     attention-tokens of 32 prompts of 32 tokens behind the one that begins, in all 144 heads: time, memory, number of rows (minutes)
  tokens-layer   the same in the 12 heads of layer 0
             beside PyTorch on head 0.0, times the number of heads: the cheap form on all prompts; the document's n x n vectors of four components on one prompt, times 32 too
  forward    1,000 texts (or TEXTS) of 32 tokens: the residual stream behind the last block as files (activations), and the ten best words behind each layer at the last position (logit-lens)
Processor seconds of one thread; ours are those of the whole process, start and opening included. The share of equal lists says that both did the same work.
"""

import csv
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PROGRAM, WORK = ROOT / "artifacts" / "pluginlens" / "pluginlens", ROOT / "artifacts" / "benchmarks"
CHECKPOINT, MODEL = WORK / "checkpoint", WORK / "gpt2-small"
LAYERS, HEADS, WIDTH, K = 12, 12, 64, 10
IDS = [3500 * (at + 1) % 50257 for at in range(8)]


def made():
    if not (MODEL / "model.onnx").exists():
        WORK.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "benchmarks/synthetic_checkpoint.py", CHECKPOINT], check=True, cwd=ROOT)
        subprocess.run([sys.executable, "export-scripts/export.py", CHECKPOINT, MODEL], check=True, cwd=ROOT)


def ours(out, *arguments):
    """Processor seconds, wall seconds, the most anonymous and the most resident memory."""
    before, start, anonymous, resident = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0, 0
    process = subprocess.Popen([PROGRAM, "run", "--model", MODEL, "--threads", "1", "--no-cache", "--quiet", "--force", "--out", out, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None:
        try:
            fields = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
            anonymous, resident = max(anonymous, int(fields["RssAnon"].split()[0])), max(resident, int(fields["VmHWM"].split()[0]))
        except (OSError, KeyError):
            pass
        time.sleep(0.01)
    if process.returncode != 0:
        sys.exit(process.stderr.read().decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - start, anonymous / 1e3, resident / 1e3


def weights():
    import torch
    data = (CHECKPOINT / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    values = {name: np.frombuffer(data, np.float32, np.prod(entry["shape"], dtype=int), 8 + size + entry["data_offsets"][0]).reshape(entry["shape"]) for name, entry in header.items()}
    return {name: torch.from_numpy(value.copy()) for name, value in values.items()}


def torch_seconds(work):
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def best(x, vocabulary, rows=512):
    import torch
    columns = vocabulary.T
    return torch.cat([(x[start:start + rows] @ columns).topk(K, dim=1).indices for start in range(0, len(x), rows)])


def normed(w, x, name):
    import torch
    return torch.nn.functional.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], 1e-5)


def written(w, x):
    return (x - x.mean(-1, keepdim=True)) * w["ln_f.weight"]


def unit(x):
    import torch
    return torch.nn.functional.normalize(x, dim=-1)


def torch_neurons(w):
    found = []
    for layer in range(LAYERS):
        read = unit(normed(w, w["wte.weight"], f"h.{layer}.ln_2"))
        found.append((best(w[f"h.{layer}.mlp.c_fc.weight"].T.contiguous(), read), best(written(w, w[f"h.{layer}.mlp.c_proj.weight"]), w["wte.weight"])))
    return found


def torch_heads(w):
    import torch
    x, patterns, messages = w["wte.weight"][IDS] + w["wpe.weight"][:len(IDS)], [], []
    for layer in range(LAYERS):
        block, tokens = f"h.{layer}.", len(IDS)
        read = normed(w, x, block + "ln_1")
        q, k, v = (read @ w[block + "attn.c_attn.weight"] + w[block + "attn.c_attn.bias"]).view(tokens, 3, HEADS, WIDTH).permute(1, 2, 0, 3)
        w_q = w[block + "attn.c_attn.weight"][:, :HEADS * WIDTH].view(-1, HEADS, WIDTH).permute(1, 2, 0)
        w_o = w[block + "attn.c_proj.weight"].view(HEADS, WIDTH, -1)
        patterns.append(best((k @ w_q).flatten(0, 1), unit(normed(w, w["wte.weight"], block + "ln_1"))))
        messages.append(best(written(w, (v @ w_o).flatten(0, 1)), w["wte.weight"]))
        scores = (q @ k.transpose(1, 2) / WIDTH ** 0.5).masked_fill(torch.ones(tokens, tokens).triu(1).bool(), float("-inf"))
        x = x + (scores.softmax(-1) @ v).transpose(0, 1).flatten(1) @ w[block + "attn.c_proj.weight"] + w[block + "attn.c_proj.bias"]
        pre = normed(w, x, block + "ln_2") @ w[block + "mlp.c_fc.weight"] + w[block + "mlp.c_fc.bias"]
        x = x + torch.nn.functional.gelu(pre, approximate="tanh") @ w[block + "mlp.c_proj.weight"] + w[block + "mlp.c_proj.bias"]
    return torch.cat(patterns), torch.cat(messages)


def report(what, mine, theirs, equal):
    print(f"{what:44} PluginLens {mine:7.2f} CPU-s   PyTorch {theirs:7.2f} CPU-s   ratio {theirs / mine:5.2f}   equal lists {equal:.1%}", flush=True)


def neurons(w, out):
    mine, *_ = ours(out, "--plugin", "neuron-texts", "--ids", "1", "--texts", "1", "--k", str(K), "--draw", "0")
    found, theirs = torch_seconds(lambda: torch_neurons(w))
    names = [f"t{id_ - 256}" for id_ in range(50257)]
    equal, count = 0, 0
    with open(Path(out) / "neuron-texts.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for words, ids in zip((row["input_words"], row["output_words"]), found[int(row["layer"])]):
                own = [id_ for id_ in ids[int(row["neuron"])].tolist()]
                if all(256 <= id_ < 50256 for id_ in own):
                    count += 1
                    equal += words == ", ".join(names[id_] for id_ in own)
    report("words of all neurons", mine, theirs, equal / count)


def heads(w, out):
    (patterns, messages), theirs = torch_seconds(lambda: torch_heads(w))
    mine, lists = 0, []
    for analysis, ids in (("patterns", patterns), ("messages", messages)):
        mine += ours(out, "--plugin", analysis, "--ids", ",".join(map(str, IDS)), "--k", str(K))[0]
        with open(Path(out) / f"{analysis}.csv", encoding="utf-8", newline="") as file:
            own = [int(row["token_id"]) for row in csv.DictReader(file)]
        lists += [own[at * K:(at + 1) * K] == ids[at].tolist() for at in range(len(ids))]
    report("patterns + messages of 8 tokens", mine, theirs, sum(lists) / len(lists))


def token_products(w, prompts):
    """q, k and v of head 0.0, [prompt, position, width], and M = W_O W_U, width x vocabulary, with weights processed as attention-tokens has them."""
    x = normed(w, w["wte.weight"][prompts] + w["wpe.weight"][:prompts.shape[1]], "h.0.ln_1")
    read, added = w["h.0.attn.c_attn.weight"], w["h.0.attn.c_attn.bias"]
    q, k, v = (x @ read[:, start:start + WIDTH] + added[start:start + WIDTH] for start in range(0, 3 * HEADS * WIDTH, HEADS * WIDTH))
    v = v - (w["h.0.ln_1.bias"] @ read[:, 2 * HEADS * WIDTH:][:, :WIDTH] + added[2 * HEADS * WIDTH:][:WIDTH])
    w_o = w["h.0.attn.c_proj.weight"][:WIDTH]
    return q, k, v, w_o - w_o.mean(1, keepdim=True), w["ln_f.bias"] @ w["wte.weight"].T


def torch_tokens(w, prompts, rows=512):
    """The cheap form: vectors of positions and of pairs with j <= i through M; the logits of a scalar product are s times M's column sums."""
    import torch
    q, k, v, w_o, bias = token_products(w, prompts)
    m = w_o @ (w["wte.weight"] * w["ln_f.weight"]).T
    sums, (i, j) = m.sum(0), torch.tril_indices(prompts.shape[1], prompts.shape[1])
    pairs = (q[:, i] * k[:, j]).flatten(0, 1)

    def top(x):
        return torch.cat([torch.addmm(bias, x[start:start + rows], m).argmax(1) for start in range(0, len(x), rows)])
    scalar = pairs.sum(1, keepdim=True)
    dot = torch.cat([(scalar[start:start + rows] * sums + bias).argmax(1) for start in range(0, len(pairs), rows)])
    return {"hadamard_id": top(pairs), "dot_id": dot, **{f"{name}_id": top(c.flatten(0, 1)).view(len(prompts), -1)[:, i].flatten() for name, c in (("q", q), ("k", k), ("v", v))}}


def torch_document(w, prompts, rows=512):
    """The document's computation: q, k, v and the product of every cell of the square, each through W_O and then the whole unembedding."""
    import torch
    q, k, v, w_o, bias = token_products(w, prompts)
    unembed, n = (w["wte.weight"] * w["ln_f.weight"]).T, prompts.shape[1]
    cells = torch.cat([(x.unsqueeze(2).expand(-1, -1, n, -1)).flatten(0, 2) for x in (q, k, v)] + [(q.unsqueeze(2) * k.unsqueeze(1)).flatten(0, 2)])
    return torch.cat([torch.addmm(bias, cells[start:start + rows] @ w_o, unembed).argmax(1) for start in range(0, len(cells), rows)])


def tokens(w, out, layers):
    import torch
    prompts = torch.tensor([[50256] + [(7919 * (32 * prompt + at + 1)) % 50257 for at in range(32)] for prompt in range(32)])
    given = [argument for prompt in prompts.tolist() for argument in ("--ids", ",".join(map(str, prompt)))]
    seconds, wall, anonymous, resident = ours(out, "--plugin", "attention-tokens", *given, "--factor", "raw", *([] if layers == LAYERS else ["--layer", f"0-{layers - 1}"]))
    heads, rows, own = layers * HEADS, 0, []
    with open(Path(out) / "attention-tokens.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows += 1
            if row["layer"] == row["head"] == "0":
                own.append(row)
    wanted = heads * len(prompts) * prompts.shape[1] * (prompts.shape[1] + 1) // 2
    print(f"attention-tokens, {heads} heads: {seconds:.1f} CPU-s   {wall:.1f} wall s   {anonymous:.0f} MB anonymous, {resident:.0f} MB with mapped weights   {rows:,} rows{'' if rows == wanted else f', NOT {wanted:,}'}", flush=True)
    found, cheap = torch_seconds(lambda: torch_tokens(w, prompts))
    for name, ids in found.items():
        same = sum(int(row[name]) == id_ for row, id_ in zip(own, ids.tolist())) / len(ids)
        print(f"    {name}: equal in {same:.2%} of the cells of head 0.0, {len(set(ids.tolist())):,} different tokens", flush=True)
    _, document = torch_seconds(lambda: torch_document(w, prompts[:1]))
    print(f"    PyTorch, cheap form: {cheap:.2f} CPU-s a head, ratio {cheap * heads / seconds:.2f}   the document's: {document:.2f} CPU-s a head and prompt, ratio {document * heads * len(prompts) / seconds:.0f}", flush=True)


def torch_streams(w, prompts):
    """The residual stream at the input of every block and behind the last, as eager code has it: [layer][text, position, d_model]."""
    import torch
    count, length = prompts.shape
    x, hidden = w["wte.weight"][prompts] + w["wpe.weight"][:length], torch.ones(length, length).triu(1).bool()
    streams = [x]
    for layer in range(LAYERS):
        block = f"h.{layer}."
        read = torch.addmm(w[block + "attn.c_attn.bias"], normed(w, x, block + "ln_1").view(count * length, -1), w[block + "attn.c_attn.weight"])
        q, k, v = read.view(count, length, 3, HEADS, WIDTH).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) / WIDTH ** 0.5).masked_fill(hidden, float("-inf")).softmax(-1)
        x = x + torch.addmm(w[block + "attn.c_proj.bias"], (weights @ v).transpose(1, 2).reshape(count * length, -1), w[block + "attn.c_proj.weight"]).view(x.shape)
        pre = torch.addmm(w[block + "mlp.c_fc.bias"], normed(w, x, block + "ln_2").view(count * length, -1), w[block + "mlp.c_fc.weight"])
        x = x + torch.addmm(w[block + "mlp.c_proj.bias"], torch.nn.functional.gelu(pre, approximate="tanh"), w[block + "mlp.c_proj.weight"]).view(x.shape)
        streams.append(x)
    return streams


def torch_lens(w, prompts):
    import torch
    unembed = w["wte.weight"].T
    return torch.stack([(normed(w, stream[:, -1], "ln_f") @ unembed).log_softmax(-1).topk(K).indices for stream in torch_streams(w, prompts)], 1)


def torch_files(w, prompts, folder, first):
    for at, stream in enumerate(torch_streams(w, prompts)[-1].numpy()):
        np.save(Path(folder) / f"{first + at}.npy", stream)


def forward(w, out, texts=int(os.environ.get("TEXTS", 1000)), length=32):
    import torch
    prompts = torch.tensor([[7919 * (length * text + at + 1) % 50257 for at in range(length)] for text in range(texts)])
    given = [argument for prompt in prompts.tolist() for argument in ("--ids", ",".join(map(str, prompt)))]
    hook = f"blocks.{LAYERS - 1}.hook_resid_post"
    seconds, wall, anonymous, resident = ours(Path(out) / "files", "--plugin", "activations", "--hooks", hook, "--as", "npy", *given)
    with tempfile.TemporaryDirectory() as folder:
        for size in (1, 16):
            _, theirs = torch_seconds(lambda: [torch_files(w, prompts[start:start + size], folder, start) for start in range(0, texts, size)])
            print(f"activations of {texts} texts of {length} tokens: {seconds:.1f} CPU-s   {wall:.1f} wall s   {anonymous:.0f} MB anonymous   PyTorch, {size} at a time: {theirs:.1f} CPU-s, ratio {theirs / seconds:.2f}", flush=True)
        worst = max(float(np.abs(np.load(Path(folder) / f"{at}.npy") - np.load(Path(out) / "files" / f"{hook}-{at}.npy")[0]).max()) for at in range(0, texts, 50))
        print(f"    largest difference: {worst:.1e}", flush=True)
    seconds, wall, anonymous, resident = ours(Path(out) / "lens", "--plugin", "logit-lens", "--position", "-1", "--k", K, *given)
    words = {}
    with open(Path(out) / "lens" / "words.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words.setdefault((int(row["prompt"]), int(row["layer"] or -1) + 1), []).append(int(row["token_id"]))
    for size in (1, 16):
        found, theirs = torch_seconds(lambda: torch.cat([torch_lens(w, prompts[start:start + size]) for start in range(0, texts, size)]))
        same = sum(words[text, layer] == ids for text, layers in enumerate(found.tolist()) for layer, ids in enumerate(layers)) / found.shape[0] / found.shape[1]
        print(f"logit-lens of {texts} texts, every layer: {seconds:.1f} CPU-s   {wall:.1f} wall s   {anonymous:.0f} MB anonymous   PyTorch, {size} at a time: {theirs:.1f} CPU-s, ratio {theirs / seconds:.2f}   equal lists {same:.2%}", flush=True)


def stream(out):
    ids = ",".join(str(7919 * (at + 1) % 50257) for at in range(1000))
    for what, arguments in (("largest terms", ()), ("whole table as a file", ("--file",))):
        seconds, wall, anonymous, resident = ours(out, "--plugin", "stream-table", "--ids", ids, "--draw", "0", *arguments)
        size = sum(path.stat().st_size for path in Path(out).glob("*.csv")) / 1e6
        print(f"stream-table of 1,000 tokens, {what:24} {seconds:7.2f} CPU-s   {wall:7.2f} wall s   {anonymous:6.0f} MB anonymous, {resident:6.0f} MB with mapped weights   {size:7.0f} MB written", flush=True)


def main():
    parts = sys.argv[1:] or ["neurons", "heads", "stream"]
    made()
    w = None
    if {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & set(os.environ):
        sys.exit("unset OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE first: they force another processor's kernels on PyTorch")
    if set(parts) & {"neurons", "heads", "tokens", "tokens-layer", "forward"}:
        import torch
        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        w = weights()
    for part in parts:
        with tempfile.TemporaryDirectory() as out:
            {"neurons": lambda: neurons(w, out), "heads": lambda: heads(w, out), "stream": lambda: stream(out), "forward": lambda: forward(w, out), "tokens": lambda: tokens(w, out, LAYERS), "tokens-layer": lambda: tokens(w, out, 1)}[part]()


if __name__ == "__main__":
    main()
