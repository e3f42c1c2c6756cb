#!/usr/bin/env python3
"""ov-pairs of many heads by the built program: ./benchmarks/run sweeps [--layer 0] [--head 0] [--k 50].

Three GPT-2-small-sized models with random weights, made under artifacts/benchmarks/ once: iid, token norms lognormal(0.5), and token norms lognormal(0.3) with a
spectrum i^-1/2 of W_V and of W_O, so that the singular values of M fall like 1/i. Prints wall time, processor time of the user and of the system, and the peak of resident memory, mapped weights included.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "artifacts" / "pluginlens" / "pluginlens"
WORK = ROOT / "artifacts" / "benchmarks"
MODELS = {"iid": [], "lognormal(0.5)": ["--norms", "0.5"], "spectrum i^-1/2, lognormal(0.3)": ["--norms", "0.3", "--spectrum", "0.5"]}


def made(name, options):
    folder = WORK / f"sweep-{name.split('(')[0].split()[0]}"
    if not (folder / "model.onnx").exists():
        if not importlib.util.find_spec("numpy"):
            sys.exit(f"sweeps: {sys.executable} lacks numpy, which makes the models; ./benchmarks/run sweeps finds a python3 that has it (Debian: python3-numpy).")
        WORK.mkdir(parents=True, exist_ok=True)
        checkpoint = WORK / "sweep-checkpoint"
        subprocess.run([sys.executable, ROOT / "benchmarks" / "synthetic_checkpoint.py", checkpoint, *options], check=True)
        subprocess.run([sys.executable, ROOT / "export-scripts" / "export.py", checkpoint, folder], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(checkpoint)
    return folder


def measure(command):
    """Wall, user and system seconds, most resident MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} ended with {status}")
    return time.perf_counter() - start, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", help="one layer or some; default: all twelve")
    parser.add_argument("--head", help="one head or some; default: all twelve")
    parser.add_argument("--k", default="50")
    parser.add_argument("--results", type=Path, help="file that gets a line for each model, for targets.py")
    options = parser.parse_args()
    if not PROGRAM.exists():
        sys.exit(f"sweeps: {PROGRAM} is missing; ./pluginlens list builds it.")
    chosen = [part for name in ("layer", "head") if (value := getattr(options, name)) for part in (f"--{name}", value)]
    heads = ", ".join(f"{name} {value}" for name in ("layer", "head") if (value := getattr(options, name))) or "all"
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"ov-pairs, heads: {heads}; k = {options.k}; {os.cpu_count()} processors, {time.strftime('%Y-%m-%d %H:%M')}{load}\n")
    print("| model | wall s | user s | system s | peak MB |\n|---|---|---|---|---|")
    for name, settings in MODELS.items():
        command = [PROGRAM, "run", "--plugin", "ov-pairs", "--model", made(name, settings), "--k", options.k, "--format", "csv", "-q", *chosen]
        measure([*command, "--plan"])  # Hashes the weights, once a model.
        wall, user, system, peak = measure(command)
        print(f"| {name} | {wall:.1f} | {user:.1f} | {system:.1f} | {peak:.0f} |", flush=True)
        if options.results:
            with open(options.results, "a") as file:
                file.write(f"{name}\t{heads}\t{wall}\t{user + system}\t{peak}\n")


if __name__ == "__main__":
    main()
