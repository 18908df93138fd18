"""Hard negatives at the paper's scale: exact top ten by title and by picture, beside plain numpy and faiss.

`python benchmarks/candidates.py`: random unit vectors of 384 (titles) and 512 numbers (pictures) for 35,598 products;
prints seconds, CPU seconds and peak memory of each contender, and in how many rows their answers differ.
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
    """Run each contender in a process of its own, compare what they found, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=PAPER)
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--json", metavar="FILE", help="write all numbers there")
    given = parser.parse_args()
    on = machine()
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
    print(f"{on['processor']}, {on['processors']} processors, {on['memory_gib']} GiB, load {on['load']} at the start")
    print(f"\n{given.products:,} products, {' and '.join(map(str, SIZES))} numbers each, top 10 of both:")
    print(f"{'':<22}{'seconds':>9}{'CPU s':>8}{'peak MiB':>10}{'rows that differ':>18}")
    first = next(iter(runs))
    for name, one in runs.items():
        differ = int((found[name] != found[first]).any(axis=2).sum())
        print(f"{CONTENDERS[name]:<22}{one.seconds:>9.1f}{one.cpu_seconds:>8.1f}{one.peak_mib:>10,.0f}{differ:>18,}")
    if "own" in runs:
        least = runs["own"].cpu_seconds / 2
        told = reached(runs["own"].seconds, AIM_SECONDS, least=False)
        print(f"aim, at most {AIM_SECONDS} s: {told}; with two processors to itself, about {least:.0f} s")
    if given.json:
        numbers = {
            name: {"seconds": one.seconds, "cpu": one.cpu_seconds, "mib": one.peak_mib} for name, one in runs.items()
        }
        Path(given.json).write_text(json.dumps({"machine": on, "runs": numbers}, indent=2) + "\n")


if __name__ == "__main__":
    main()
