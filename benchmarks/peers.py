"""The same work by NumPy, PyTorch and FAISS on the same numbers: processor time of one thread, the least of several repetitions.

Usage: peers.py FOLDER [repetitions]. FOLDER holds the .f32 files and results.txt that the C# side wrote. Prints one table of theirs and
ours; what is not installed is left out. What targets.py needs goes to peers.txt.
"""

import ctypes
import os
import sys
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)

import numpy

try:
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
except ImportError:
    torch = None
try:
    import faiss

    faiss.omp_set_num_threads(1)
except ImportError:
    faiss = None

VOCABULARY, HEAD, MODEL, MLP, BERT = 50257, 64, 768, 3072, 30522
folder = sys.argv[1]
repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 2
lines = [line.rstrip("\n").split("\t") for line in open(os.path.join(folder, "results.txt"))]
ours, flops = {name: float(value) for name, value, _ in lines}, {name: float(flop) for name, _, flop in lines}
PEAK = max(value for name, value in ours.items() if name.startswith("peak "))
table = []


def load(name, rows, columns):
    return numpy.fromfile(os.path.join(folder, name + ".f32"), dtype=numpy.float32).reshape(rows, columns)


def least(function, times=repetitions):
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return best


def mine(twin):
    found = [value for name, value in ours.items() if name.startswith(twin)]
    return min(found) if found else None


def report(program, name, seconds, twin, flop=None):
    """One line: seconds, in multiples of what the dense form would take at the peak, and of the best of ours whose name begins with twin."""
    table.append((work_of(twin), program, name, seconds, flop, mine(twin)))
    with open(os.path.join(folder, "peers.txt"), "a") as file:
        file.write(f"{work_of(twin)}\t{program}\t{name}\t{seconds!r}\n")
    print(f"{program}: {work_of(twin)}, {name} {seconds:.3f} CPU-s", file=sys.stderr, flush=True)


def work_of(name):
    """The piece of work that one of our lines is about."""
    return name.split(",")[0].split(" in float32")[0].split(" (float64)")[0]


def openblas():
    """Version and kernel of the OpenBLAS that NumPy has loaded."""
    numpy.ones((64, 64), numpy.float32) @ numpy.ones((64, 64), numpy.float32)
    paths = {line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line.rsplit("/", 1)[-1]} if os.path.exists("/proc/self/maps") else set()
    for path in sorted(paths):
        library = ctypes.CDLL(path)
        for name in ("openblas_get_config", "scipy_openblas_get_config64_", "scipy_openblas_get_config", "openblas_get_config64_"):
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype = ctypes.c_char_p
                return function().decode()
    return "BLAS unknown"


def tiled_numpy(a, b, rows=1024, columns=2048):
    """Row maxima only: less than a list, but what any list would start from."""
    buffer, turned = numpy.empty((rows, columns), numpy.float32), numpy.ascontiguousarray(b.T)
    best = numpy.full(a.shape[0], -numpy.inf, numpy.float32)
    for row in range(0, a.shape[0], rows):
        part = a[row : row + rows]
        for column in range(0, b.shape[0], columns):
            width = min(columns, b.shape[0] - column)
            tile = numpy.matmul(part, turned[:, column : column + width], out=buffer[: len(part), :width] if width == columns else None)
            numpy.maximum(best[row : row + rows], tile.max(1), out=best[row : row + rows])
    return best


def tiled_torch(a, b, rows=1024, columns=1024):
    """The same in PyTorch."""
    buffer, turned = torch.empty(rows, columns), b.T.contiguous()
    best = torch.full((a.shape[0],), -float("inf"))
    for row in range(0, a.shape[0], rows):
        part = a[row : row + rows]
        for column in range(0, b.shape[0], columns):
            width = min(columns, b.shape[0] - column)
            out = buffer[: len(part)] if width == columns else torch.empty(len(part), width)
            torch.mm(part, turned[:, column : column + width], out=out)
            torch.maximum(best[row : row + rows], out.amax(1), out=best[row : row + rows])
    return best


def flat_faiss(a, b, k):
    """The k best of each row: with k = 1 what the maxima of NumPy and torch say, with k = 50 what contains the 50 best pairs whatever the data."""
    index = faiss.IndexFlatIP(b.shape[1])
    index.add(b)
    return index.search(a, k)


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


if mine("head iid"):
    flop = 2.0 * VOCABULARY * VOCABULARY * HEAD
    for name, file in (("head iid", "iid"), ("head lognormal(0.5)", "lognormal")):
        a, b = load(file + "_a", VOCABULARY, HEAD), load(file + "_b", VOCABULARY, HEAD)
        report("NumPy", "tiles 1,024 x 2,048, row maxima only", least(lambda: tiled_numpy(a, b)), name + ", top 50,", flop)
        if faiss:
            # The whole takes long: some rows stand for all.
            for k, rows in ((1, 8192), (50, 4096)):
                report("FAISS", f"IndexFlatIP, k = {k} of each row, {rows:,} rows scaled", VOCABULARY / rows * least(lambda: flat_faiss(a[:rows], b, k), 1), name + ", top 50,", flop)
        if torch:
            a, b = torch.from_numpy(a), torch.from_numpy(b)
            report("PyTorch", "tiles 1,024 x 1,024, row maxima only", least(lambda: tiled_torch(a, b), 1), name + ", top 50,", flop)
            report("PyTorch", "rows of 1,024, row maxima, topk(50) of the rows that matter", least(lambda: pairs_tuned(a, b, 50), 1), name + ", top 50,", flop)
            report("PyTorch", "rows of 1,024, mm + topk(50), 8,192 rows scaled", VOCABULARY / 8192 * least(lambda: pairs_plain(a[:8192], b, 50), 1), name + ", top 50,", flop)
if mine("ffn") and torch:
    x, e = torch.from_numpy(load("ffn_x", 2 * MLP, MODEL)), torch.from_numpy(load("ffn_e", VOCABULARY, MODEL))
    flop = 2.0 * 2 * MLP * VOCABULARY * MODEL
    # The plain form takes minutes: 512 of the 6,144 vectors stand for all.
    report("PyTorch", "mm + topk(100), 512 vectors scaled", 12 * least(lambda: rows_plain(x[:512], e, 100), 1), "ffn words, W_E", flop)
    report("PyTorch", "mm + grouped topk(100)", least(lambda: rows_tuned(x, e, 100), 1), "ffn words, W_E", flop)
if mine("pearson") and torch:
    e1, e2 = torch.from_numpy(load("pearson_e1", BERT, MODEL)), torch.from_numpy(load("pearson_e2", BERT, MODEL))
    x, y = torch.from_numpy(load("pearson_x", 2 * MLP, MODEL)), torch.from_numpy(load("pearson_y", 2 * MLP, MODEL))
    kernels = pearson_kernels(e1, e2)
    report("PyTorch", "the kernels, float64", least(lambda: pearson_kernels(e1, e2)), "pearson kernels")
    report("PyTorch", "4 blocks, float64", least(lambda: [pearson_block(kernels, p, q) for p in x.split(MLP) for q in y.split(MLP)]), "pearson blocks")

load_now = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
print(f"""
One thread, processor time, the least of {repetitions} (peers with scaled rows, and PyTorch with a head: of one); {open(os.path.join(folder, 'machine.txt')).read()} at the start{load_now} now. FLOP limit: at {PEAK / 1e9:.0f} GFLOP/s, the peak of this run.
NumPy {numpy.__version__} with {openblas()}; PyTorch {torch.__version__ if torch else 'is not installed'}; FAISS {faiss.__version__ if faiss else 'is not installed'}.
""")
for name, seconds in ours.items():
    if not name.startswith("peak "):
        work = work_of(name)
        twins = [row[5] for row in table if row[0] == work]
        form = name[len(work):].strip(", ") or "all"
        table.append((work, "PluginLens", form, seconds, flops[name] or None, twins[0] if twins else None))
print("| work | program | form | CPU-s | x FLOP limit | x PluginLens |\n|---|---|---|---|---|---|")
order = {work: place for place, work in enumerate(dict.fromkeys(map(work_of, ours)))}
for work, program, form, seconds, flop, own in sorted(table, key=lambda row: (order[row[0]], row[3])):
    print(f"| {work} | {program} | {form} | {seconds:.3f} | {f'{seconds * PEAK / flop:.3f}' if flop else ''} | {f'{seconds / own:.2f}' if own else ''} |")
