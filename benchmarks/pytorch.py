"""The same work in PyTorch on the same numbers: processor time of one thread, the least of several repetitions.

Usage: pytorch.py FOLDER [repetitions]. FOLDER holds the .f32 files and results.txt that the C# side wrote.
"""

import os
import sys
import time

import numpy
import torch

VOCABULARY, HEAD, MODEL, MLP, BERT = 50257, 64, 768, 3072, 30522
folder = sys.argv[1]
repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 2
torch.set_num_threads(1)
torch.set_grad_enabled(False)
ours = dict(line.rstrip("\n").split("\t") for line in open(os.path.join(folder, "results.txt")))


def load(name, rows, columns):
    return torch.from_numpy(numpy.fromfile(os.path.join(folder, name + ".f32"), dtype=numpy.float32).reshape(rows, columns))


def least(function, times=repetitions):
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return best


def report(name, seconds, twin):
    mine = [float(value) for key, value in ours.items() if key.startswith(twin)]
    ratio = f"{seconds / min(mine):8.1f} x PluginLens" if mine else ""
    print(f"torch: {name:52} {seconds:9.3f} CPU-s {ratio}", flush=True)


def pairs_plain(a, b, k, rows=1024):
    """Chunked product, top-k of every chunk."""
    best, where = torch.empty(0), torch.empty(0, dtype=torch.long)
    for start in range(0, a.shape[0], rows):
        block = (a[start : start + rows] @ b.T).flatten()
        value, index = block.topk(min(k, block.numel()))
        best, where = torch.cat((best, value)), torch.cat((where, index + start * b.shape[0]))
        best, order = best.topk(min(k, best.numel()))
        where = where[order]
    return best, where


def pairs_tuned(a, b, k, rows=1024):
    """The product into one buffer; only rows whose maximum reaches the k-th value so far are looked at."""
    buffer = torch.empty(rows, b.shape[0])
    best, where = torch.empty(0), torch.empty(0, dtype=torch.long)
    threshold = -float("inf")
    columns = b.T
    for start in range(0, a.shape[0], rows):
        part = a[start : start + rows]
        block = torch.mm(part, columns, out=buffer[: part.shape[0]])
        hit = (block.amax(1) >= threshold).nonzero().flatten()
        if hit.numel() == 0:
            continue
        value, index = block[hit].topk(min(k, b.shape[0]), dim=1)
        flat = ((hit + start)[:, None] * b.shape[0] + index).flatten()
        best, where = torch.cat((best, value.flatten())), torch.cat((where, flat))
        best, order = best.topk(min(k, best.numel()))
        where = where[order]
        if best.numel() == k:
            threshold = best[-1].item()
    return best, where


def rows_plain(x, e, k, rows=512):
    """Chunked product, top-k of every row."""
    return torch.cat([(x[start : start + rows] @ e.T).topk(k, dim=1).indices for start in range(0, x.shape[0], rows)])


def rows_tuned(x, e, k, rows=512, group=49):
    """Top-k of the maxima of groups of columns; the k best lie in those groups."""
    groups = -(-e.shape[0] // group)
    buffer = torch.full((rows, groups * group), -float("inf"))
    columns = e.T
    found = []
    for start in range(0, x.shape[0], rows):
        part = x[start : start + rows]
        block = buffer[: part.shape[0]]
        block[:, : e.shape[0]] = part @ columns
        grouped = block.view(part.shape[0], groups, group)
        best = grouped.amax(2).topk(k, dim=1).indices
        candidates = grouped.gather(1, best[:, :, None].expand(-1, -1, group)).flatten(1)
        place = candidates.topk(k, dim=1).indices
        found.append(best.gather(1, place // group) * group + place % group)
    return torch.cat(found)


def pearson_kernels(e1, e2):
    n = e1.shape[0]
    a, b = e1.double(), e2.double()
    return a.T @ a / n, a.T @ b / n, b.T @ b / n, a.mean(0), b.mean(0)


def pearson_block(kernels, x, y):
    k11, k12, k22, m1, m2 = kernels
    x, y = x.double(), y.double()
    a, b = x @ m1, y @ m2
    s1 = ((x @ k11) * x).sum(1) - a * a
    s2 = ((y @ k22) * y).sum(1) - b * b
    return (((x @ k12) @ y.T - a[:, None] * b[None, :]).abs_() / (s1[:, None] * s2[None, :]).sqrt()).mean()


print(f"PyTorch {torch.__version__}, one thread")
if any(key.startswith("head") for key in ours):
    for name, file in (("head iid", "iid"), ("head lognormal(0.5)", "lognormal")):
        a, b = load(file + "_a", VOCABULARY, HEAD), load(file + "_b", VOCABULARY, HEAD)
        report(name + ", mm + topk(50)", least(lambda: pairs_plain(a, b, 50), 1), name + ", top 50,")
        report(name + ", mm + row maxima + topk(50)", least(lambda: pairs_tuned(a, b, 50)), name + ", top 50,")
if any(key.startswith("ffn") for key in ours):
    x, e = load("ffn_x", 2 * MLP, MODEL), load("ffn_e", VOCABULARY, MODEL)
    # The plain form takes minutes: 512 of the 6,144 vectors stand for all.
    report("ffn words, mm + topk(100), 512 vectors x 12", 12 * least(lambda: rows_plain(x[:512], e, 100), 1), "ffn words, W_E")
    report("ffn words, mm + grouped topk(100)", least(lambda: rows_tuned(x, e, 100)), "ffn words, W_E")
if any(key.startswith("pearson") for key in ours):
    e1, e2 = load("pearson_e1", BERT, MODEL), load("pearson_e2", BERT, MODEL)
    x, y = load("pearson_x", 2 * MLP, MODEL), load("pearson_y", 2 * MLP, MODEL)
    kernels = pearson_kernels(e1, e2)
    report("pearson kernels (float64)", least(lambda: pearson_kernels(e1, e2)), "pearson kernels")
    report(
        "pearson blocks, 4 (float64)",
        least(lambda: [pearson_block(kernels, p, q) for p in x.split(MLP) for q in y.split(MLP)]),
        "pearson blocks",
    )
