"""What PluginLens is to reach, beside what a run measured: targets.py FOLDER, which holds what the benchmarks, peers.py and sweeps.py wrote.

A quiet machine is meant: the ratios of processor times move little with its load, wall times all the more.
"""

import os
import sys

WIDTHS = ("Vector128", "Vector256", "Vector512")
folder = sys.argv[1]


def lines(name):
    path = os.path.join(folder, name)
    return [line.rstrip("\n").split("\t") for line in open(path)] if os.path.exists(path) else []


ours = {name: (float(seconds), float(flop)) for name, seconds, flop in lines("results.txt")}
peaks = {name.split()[1]: value for name, (value, _) in ours.items() if name.startswith("peak ")}
peers = [(work, program, form, float(seconds)) for work, program, form, seconds in lines("peers.txt")]
sweeps = {(model, heads): (float(wall), float(processor), float(peak)) for model, heads, wall, processor, peak in lines("sweeps.txt")}


def best(name):
    """Our least time of a piece of work, and its FLOP."""
    return min((value for key, value in ours.items() if key.startswith(name)), default=None)


def limits(name):
    """Our least time in multiples of the FLOP limit."""
    found = best(name)
    return found and found[0] * max(peaks.values()) / found[1]


def worst(name):
    """The worst of all widths and forms, each in multiples of the limit of its own width."""
    return max((seconds * peaks[width] / flop for key, (seconds, flop) in ours.items() for width in WIDTHS if key.startswith(name) and key.endswith(width)), default=None)


def ratio(work, program, form):
    """How many times as long a peer takes."""
    theirs, found = [seconds for peer in peers for *key, seconds in [peer] if key[:2] == [work, program] and key[2].startswith(form)], best(work + ", top 50,")
    return min(theirs) / found[0] if theirs and found else None


def swept(model, heads, which):
    found = sweeps.get((model, heads))
    return found and found[which]


IID, LOGNORMAL, SPECTRUM = "iid", "lognormal(0.5)", "spectrum i^-1/2, lognormal(0.3)"
whole = [value[2] for (_, heads), value in sweeps.items() if heads == "all"]
share = worst("product 50257 x 768 x 64")
targets = [
    ("one head, iid, from factors to list: times the FLOP limit", "<=", 0.55, limits("head iid, top 50,")),
    ("one head, iid: tiled NumPy takes times as long", ">=", 2.5, ratio("head iid", "NumPy", "tiles")),
    ("one head, iid: tiled PyTorch takes times as long", ">=", 4, ratio("head iid", "PyTorch", "tiles")),
    ("one head, iid: FAISS (1 of each row) takes times as long", ">=", 9, ratio("head iid", "FAISS", "IndexFlatIP, k = 1 ")),
    ("one head, lognormal norms: times the FLOP limit", "<=", 0.03, limits("head lognormal(0.5), top 50,")),
    ("one head, lognormal norms: tiled NumPy takes times as long", ">=", 50, ratio("head lognormal(0.5)", "NumPy", "tiles")),
    ("one head, iid, through the command line: CPU-s", "<=", 0.9, swept(IID, "layer 0, head 0", 1)),
    ("144 heads, iid: wall s", "<=", 75, swept(IID, "all", 0)),
    ("144 heads, lognormal norms: wall s", "<=", 8, swept(LOGNORMAL, "all", 0)),
    ("144 heads, spectrum i^-1/2 and lognormal(0.3) norms: wall s", "<=", 12, swept(SPECTRUM, "all", 0)),
    ("144 heads, the largest of these: resident MB", "<=", 700, max(whole, default=None)),
    ("FFN words, the worst width and layout: times the FLOP limit", "<=", 1.2, worst("ffn words")),
    ("a head's projection, the worst of 256 and 512 bits: of peak", ">=", 0.8, share and 1 / share),
]
print("\n| target | | measured | met |\n|---|---|---|---|")
for name, relation, bound, value in targets:
    met = "" if value is None else "yes" if (value <= bound if relation == "<=" else value >= bound) else "NO"
    print(f"| {name} | {relation} {bound} | {'not in this run' if value is None else f'{value:.3g}'} | {met} |")
if any(value is None for *_, value in targets):
    print("What is not in this run: ./benchmarks/run targets measures all, with FAISS and PyTorch where they are installed.")
