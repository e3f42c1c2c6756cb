#!/usr/bin/env python3
"""How long short commands take: ./pluginlens list once, then python3 benchmarks/startup.py.

Starts of the built program, medians of nine: wall time, processor time of the user and of the system, the most resident and the most anonymous memory. Mapped weights are resident
and not anonymous. The GPT-2-small-sized folder (50,257 words) is made under artifacts/benchmarks/ once; the program's first run on it hashes its weights and is not counted.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from folders import PROGRAM, WORK, made

REPETITIONS = 9


def once(arguments):
    """Wall, user and system seconds, most resident and most anonymous MB."""
    start = time.perf_counter()
    process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.DEVNULL)
    anonymous = 0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        try:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            anonymous = max([anonymous, *(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))])
        except OSError:
            pass
        time.sleep(0.002)
    if status:
        sys.exit(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - start, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024, anonymous / 1024


def main():
    small = made("gpt2-small", ["benchmarks/synthetic_checkpoint.py", WORK / "checkpoint"], ["export-scripts/export.py", WORK / "checkpoint", WORK / "gpt2-small"])
    head = ("--layer", "0", "--head", "0")
    works = (
        ("`--version`: the runtime alone", ("--version",)),
        ("`--help`", ("--help",)),
        ("`list`", ("list",)),
        ("tiny-gpt2: `ov-pairs`, one head", ("run", "--plugin", "ov-pairs", "--model", "tiny-gpt2", *head)),
        ("tiny-gpt2: `ov-pairs --tokens all`, one head", ("run", "--plugin", "ov-pairs", "--model", "tiny-gpt2", "--tokens", "all", *head)),
        ("GPT-2 small: open, tokenizer, words, plan", ("run", "--plugin", "ov-pairs", "--model", small, "--plan", *head)),
        ("GPT-2 small: open, tokenizer, every row of one weight", ("run", "--plugin", "token-norms", "--model", small)),
    )
    once(works[-1][1])
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n")
    print("| work | wall s | user s | system s | peak MB | anonymous MB |\n|---|---|---|---|---|---|")
    for name, arguments in works:
        medians = [statistics.median(values) for values in zip(*(once(arguments) for _ in range(REPETITIONS)))]
        print("| {} | {:.3f} | {:.3f} | {:.3f} | {:.0f} | {:.0f} |".format(name, *medians), flush=True)


if __name__ == "__main__":
    main()
