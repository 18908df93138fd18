"""Hard negatives at the paper's scale: the exact top ten by title and by picture, compared with numpy and faiss.

`python benchmarks/candidates.py` searches random unit vectors of 384 (titles) and 512 numbers (pictures) for 35,598
products. It prints seconds, CPU seconds and peak memory of each contender, and the number of rows that differ.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from machine import machine
from printed import reached
from runs import BenchmarkFailed, Run, run, say

PAPER = 35_598
SIZES = (384, 512)
AIM_SECONDS = 60
CONTENDERS = {"own": "this project", "faiss": "faiss, flat index", "numpy": "numpy, whole matrix"}


def main() -> None:
    """Run each contender in a process of its own, compare the answers, print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=PAPER)
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--json", metavar="FILE", help="write all numbers to this file")
    given = parser.parse_args()
    host = machine()
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name in given.only:
                say(CONTENDERS[name])
                order = {"contender": name, "rows": given.products, "sizes": SIZES, "out": f"{folder}/{name}.npy"}
                runs[name] = run(sys.executable, "nearest.py", order)
        except BenchmarkFailed as failed:
            sys.exit(f"benchmark failed: {failed}")
        found = {name: np.load(f"{folder}/{name}.npy") for name in runs}
    print(
        f"{host['processor']}, {host['processors']} processors, {host['memory_gib']} GiB,"
        f" load {host['load']} at the start"
    )
    print(f"\n{given.products:,} products, {' and '.join(map(str, SIZES))} numbers each, top 10 of both:")
    print(f"{'':<22}{'seconds':>9}{'CPU s':>8}{'peak MiB':>10}{'rows that differ':>18}")
    first = next(iter(runs))
    for name, finished in runs.items():
        differ = int((found[name] != found[first]).any(axis=2).sum())
        print(
            f"{CONTENDERS[name]:<22}{finished.seconds:>9.1f}{finished.cpu_seconds:>8.1f}"
            f"{finished.peak_mib:>10,.0f}{differ:>18,}"
        )
    if "own" in runs:
        least = runs["own"].cpu_seconds / 2
        verdict = reached(runs["own"].seconds, AIM_SECONDS, least=False)
        print(f"aim, at most {AIM_SECONDS} s: {verdict}; with two processors to itself, about {least:.0f} s")
    if given.json:
        numbers = {
            name: {"seconds": finished.seconds, "cpu": finished.cpu_seconds, "mib": finished.peak_mib}
            for name, finished in runs.items()
        }
        Path(given.json).write_text(json.dumps({"machine": host, "runs": numbers}, indent=2) + "\n")


if __name__ == "__main__":
    main()
