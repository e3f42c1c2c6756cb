#!/usr/bin/env python3
"""Opens large model folders with the built program and prints time and memory: ./pluginlens once, then python3 benchmarks/folders.py.

Anonymous memory (RssAnon) is what a process takes for itself; mapped weights are file pages that the system may drop. Folders are made under artifacts/benchmarks/ once.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "artifacts" / "pluginlens" / "pluginlens"
WORK = ROOT / "artifacts" / "benchmarks"


def measure(*arguments):
    """Wall seconds and the most anonymous memory in bytes; the least time of three."""
    best, most = float("inf"), 0
    for _ in range(3):
        start = time.perf_counter()
        process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                most = max(most, *(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon")))
            except (OSError, TypeError):
                pass
            time.sleep(0.002)
        best = min(best, time.perf_counter() - start)
        if process.returncode != 0:
            sys.exit(process.stderr.read().decode())
    return best, most


def made(name, *commands):
    if not (WORK / name / "model.onnx").exists():
        WORK.mkdir(parents=True, exist_ok=True)
        for command in commands:
            subprocess.run([sys.executable, *map(str, command)], check=True, cwd=ROOT)
    return str(WORK / name)


def main():
    small = made("gpt2-small", ["benchmarks/synthetic_checkpoint.py", WORK / "checkpoint"], ["export-scripts/export.py", WORK / "checkpoint", WORK / "gpt2-small"])
    huge = made("six-gigabytes", ["benchmarks/huge_model.py", WORK / "six-gigabytes"])
    nothing, own = measure("list")
    print(f"{'work':60} {'wall s':>8} {'anon MB':>8}")
    print(f"{'list (no model)':60} {nothing:8.3f} {own / 1e6:8.0f}")
    for name, folder in (("GPT-2 small, 652 MB", small), ("26 layers of width 2,048, 6 GB", huge)):
        for what, arguments in (("open, plan one head", ("--plan",)), ("one head's 50 best pairs", ())):
            wall, anon = measure("run", "--plugin", "ov-pairs", "--model", folder, "--layer", "0", "--head", "0", *arguments)
            print(f"{name + ': ' + what:60} {wall:8.3f} {anon / 1e6:8.0f}")


if __name__ == "__main__":
    main()
