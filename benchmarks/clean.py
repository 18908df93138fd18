"""The row rules of section 3.2 compared with datatrove and data-juicer: reviews a second, ratios, peak memory.

`python benchmarks/clean.py --datatrove-python PYTHON --juicer-python PYTHON [--full]`; see README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from machine import machine
from printed import reached
from runs import HERE, BenchmarkFailed, Run, fresh, run, say

from ameli_build.core.snapshot import file_digest

PAPER = 6_500_078
AIM_RATIO = 25
AIM_SECONDS = 60
AIM_MIB = 2048
WORKERS = 2
SHOP = "shop"
MIXES = {SHOP: "88 % of the reviews list no photograph", "photos": "every review lists photographs"}


def main() -> None:
    """Make the reviews, run the contenders in turn, print the measurements."""
    given = _arguments()
    folder = Path(given.folder or tempfile.mkdtemp(prefix="rows-"))
    results: dict[str, Any] = {"machine": machine(), "rows": given.rows, "beside": {}}
    try:
        for mix in dict.fromkeys(given.mix or MIXES):
            say(f"mix {mix}: {MIXES[mix]}")
            results["beside"][mix] = _compare(folder / f"{mix}-{given.rows}", mix, given)
        if given.full:
            results["full"] = _full(folder / f"{SHOP}-{PAPER}", given.lines)
    except BenchmarkFailed as failed:
        sys.exit(f"benchmark failed: {failed}")
    print("\n".join(_report(results)))
    if given.json:
        Path(given.json).write_text(json.dumps(results, indent=2, default=str) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="reviews for the comparison")
    parser.add_argument(
        "--mix", action="append", choices=list(MIXES), help="kind of reviews (default: each kind in turn)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender, in turn")
    parser.add_argument("--datatrove-python", metavar="PYTHON", help="interpreter that has datatrove[io,processing]")
    parser.add_argument("--juicer-python", metavar="PYTHON", help="interpreter that has py-data-juicer")
    parser.add_argument("--full", action="store_true", help=f"afterwards run only this project, on {PAPER:,} reviews")
    parser.add_argument("--lines", action="store_true", help="with --full: also read JSON Lines")
    parser.add_argument("--folder", metavar="DIR", help="where the reviews stay for later runs (default: temporary)")
    parser.add_argument("--json", metavar="FILE", help="write all numbers to this file")
    return parser.parse_args()


def _make(folder: Path, mix: str, size: int, lines: bool) -> dict[str, str]:
    """Make the contenders' files, in a process of its own, so that they do not count in the measured memory."""
    order = {"folder": str(folder), "mix": mix, "size": size, "lines": lines, "made_by": _digests()}
    if not (folder / "made.json").is_file() or json.loads((folder / "made.json").read_text()) != order:
        say(f"making {size:,} reviews of mix {mix}")
        run(sys.executable, "clean_files.py", {**order, "folder": str(fresh(folder))})
        (folder / "made.json").write_text(json.dumps(order))
    return {path.name.partition(".")[0]: str(path) for path in sorted(folder.iterdir())}


def _digests() -> list[str]:
    """The digests of the files that determine the reviews and their truth."""
    own = HERE.parent / "ameli_build" / "clean" / "allowed.toml"
    return [file_digest(path) for path in (HERE / "review_rows.py", HERE / "clean_files.py", own)]


def _compare(folder: Path, mix: str, given: argparse.Namespace) -> dict[str, list[Run]]:
    files = _make(folder, mix, given.rows, lines=True)
    out = folder / "out"
    own = {"products": files["products"], "out": str(out)}
    peer = {"out": str(out), "workers": WORKERS, "words": json.loads(Path(files["words"]).read_text())}
    contenders: dict[str, tuple[str, str, dict[str, Any]]] = {
        "this project, Parquet": (sys.executable, "clean_own.py", {**own, "reviews": files["reviews"]}),
        "this project, JSON Lines": (sys.executable, "clean_own.py", {**own, "lines": files["whole"]}),
    }
    if given.datatrove_python:
        order = {**peer, "lines": files["shards"], "skus": files["skus"]}
        contenders["datatrove, exclusion files"] = (given.datatrove_python, "clean_datatrove.py", order)
    if given.juicer_python:
        contenders["data-juicer, no account"] = (
            given.juicer_python,
            "clean_juicer.py",
            {**peer, "lines": files["flat"]},
        )
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for turn in range(given.rounds):
        for name, (python, script, order) in contenders.items():
            say(f"round {turn + 1}: {name}")
            fresh(out)
            runs[name].append(run(python, script, order))
    _check_truth(folder, runs["this project, Parquet"][-1])
    return runs


def _check_truth(folder: Path, last: Run) -> None:
    expected = pl.read_parquet(folder / "truth.parquet")["reason"].null_count()
    if last.said["kept"] != expected:
        raise BenchmarkFailed(f"kept {last.said['kept']} reviews, of which {expected} are without a defect")


def _full(folder: Path, lines: bool) -> dict[str, Run]:
    files = _make(folder, SHOP, PAPER, lines=lines)
    out = folder / "out"
    own = {"products": files["products"], "out": str(out)}
    runs = {}
    for name, order in (("Parquet", {"reviews": files["reviews"]}), ("JSON Lines", {"lines": files.get("whole")})):
        if None not in order.values():
            say(f"{PAPER:,} reviews from {name}")
            fresh(out)
            runs[name] = run(sys.executable, "clean_own.py", {**own, **order})
    _check_truth(folder, runs["Parquet"])
    return runs


def _report(results: dict[str, Any]) -> Iterator[str]:
    host = results["machine"]
    yield (
        f"{host['processor']}, {host['processors']} processors, {host['memory_gib']} GiB,"
        f" load {host['load']} at the start"
    )
    for mix, runs in results["beside"].items():
        yield f"\n{results['rows']:,} reviews, {MIXES[mix]}; {WORKERS} workers, medians:"
        yield from _comparison(results["rows"], runs)
    for name, full in results.get("full", {}).items():
        yield (
            f"\n{PAPER:,} reviews from {name}: {full.seconds:.1f} s (aim: {AIM_SECONDS},"
            f" {reached(full.seconds, AIM_SECONDS, least=False)}), of which ingest"
            f" {full.said['ingest']:.1f} s; {full.cpu_seconds:.1f} CPU s; {PAPER / full.seconds:,.0f} reviews/s;"
            f" peak {full.peak_mib:,.0f} MiB (aim: {AIM_MIB:,}, {reached(full.peak_mib, AIM_MIB, least=False)});"
            f" {full.said['kept']:,} stay, {full.said['dropped']:,} leave"
        )
    yield f"load {os.getloadavg()[0]:.1f} at the end"


def _comparison(rows: int, contenders: dict[str, list[Run]]) -> Iterator[str]:
    """A line for each contender, then the ratios of this project to the peers, by rate and by processor seconds."""
    yield f"{'':<28}{'reviews/s':>12}{'CPU s':>8}{'peak MiB':>10}{'kept':>9}"
    rates, used = {}, {}
    for name, runs in contenders.items():
        rates[name] = rows / statistics.median(finished.seconds for finished in runs)
        used[name], peak = (
            statistics.median(getattr(finished, field) for finished in runs) for field in ("cpu_seconds", "peak_mib")
        )
        yield f"{name:<28}{rates[name]:>12,.0f}{used[name]:>8.1f}{peak:>10,.0f}{runs[-1].said['kept']:>9,}"
    own = "this project, Parquet"
    for name, rate in rates.items():
        if not name.startswith("this"):
            ratio = rates[own] / rate
            verdict = reached(ratio, AIM_RATIO, least=True)
            aim = f" (aim: {AIM_RATIO}, {verdict})" if name.startswith("datatrove") else ""
            by_cpu = f"; by CPU seconds {used[name] / used[own]:.1f}"
            yield f"{ratio:.1f} times {name.partition(',')[0]}{aim}{by_cpu}"


if __name__ == "__main__":
    main()
