"""The costs of the baseline: retrieval and its peers, ONNX and PyTorch, a first and a second run.

`python benchmarks/baseline.py [--snapshot DIR]`; see README.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from machine import machine
from printed import machine_lines
from runs import BenchmarkFailed, run, say
from searching import CONTENDERS, made

from ameli_build.baseline.retrieval.channels import cosine_scorer
from ameli_build.baseline.retrieval.pools import build_pool, rank
from ameli_build.datasets.data import Data, load_data
from ameli_build.demo.catalogue import make_world
from ameli_build.scores.metrics import hits

BACKENDS = {"torch": "PyTorch", "onnx": "ONNX", "onnx-int8": "ONNX, eight bits"}
PARTS = ("retrieval", "texts", "again")
CLOSE = 2e-6
"""Scores with a smaller difference are ties: each contender adds up 384 products in an order of its own."""

Numbers = dict[str, Any]
Vectors = npt.NDArray[np.float32]


def main() -> None:
    """Run the requested parts and print the measurements."""
    given = _arguments()
    results: Numbers = {"machine": machine()}
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if "retrieval" in given.only:
                results["retrieval"] = retrieval(given.entities, given.queries, given.top, given.rounds, folder)
            if "texts" in given.only:
                results["texts"] = texts(given.texts, given.rounds, given.snapshot, folder)
            if "again" in given.only and given.snapshot:
                results["again"] = again(given.snapshot, given.set, folder)
    except BenchmarkFailed as failed:
        sys.exit(f"benchmark failed: {failed}")
    print("\n".join(_report(results)))
    if given.json:
        Path(given.json).write_text(json.dumps(results, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--entities", type=int, default=35_598)
    parser.add_argument("--queries", type=int, default=3_025)
    parser.add_argument("--top", type=int, default=1000)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--snapshot", type=Path, help="a finished demo snapshot; the benchmark does not change it")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="settings of the runs of part `again`"
    )
    parser.add_argument("--json", metavar="FILE", help="write all numbers to this file")
    return parser.parse_args()


def retrieval(entities: int, queries: int, top: int, rounds: int, folder: Path) -> Numbers:
    """Find the `top` entities of each query with each contender in turn; fail if answers differ by more than ties."""
    top = min(top, entities)
    order = {"entities": entities, "queries": queries, "top": top}
    rounds_of: dict[str, list[Numbers]] = {name: [] for name in CONTENDERS}
    for number in range(rounds):
        for name in CONTENDERS:
            say(f"retrieval, round {number + 1}: {name}")
            rounds_of[name].append(run(sys.executable, "searching.py", order | _contender(name, folder)).said)
    found = {name: np.load(folder / f"{name}.npy") for name in CONTENDERS}
    return {
        **order,
        "contenders": {name: _medians(numbers) for name, numbers in rounds_of.items()},
        "swapped among ties": _swapped_ties(made(queries, 1), made(entities, 2), found),
    }


def _contender(name: str, folder: Path) -> Numbers:
    return {"contender": name, "out": str(folder / f"{name}.npy")}


def _medians(rounds: list[Numbers]) -> Numbers:
    return {key: statistics.median(numbers[key] for numbers in rounds) for key in rounds[0]}


def _swapped_ties(queries: Vectors, entities: Vectors, found: Mapping[str, npt.NDArray[np.int64]]) -> dict[str, int]:
    """Count the places where each contender has another entity than the first contender, with a tied score."""
    first, *others = found
    swapped = dict.fromkeys(others, 0)
    for n, query in enumerate(queries.astype(np.float64)):
        wanted = entities[found[first][n]] @ query
        for name in others:
            scores = entities[found[name][n]] @ query
            if len(set(found[name][n])) != len(wanted) or np.abs(scores - wanted).max() > CLOSE:
                raise BenchmarkFailed(f"{first} and {name} differ on query {n} by more than ties")
            swapped[name] += int((found[name][n] != found[first][n]).sum())
    return swapped


def texts(count: int, rounds: int, snapshot: Path | None, folder: Path) -> Numbers:
    """Measure texts a second of each backend on the reviews of the demo, and the accuracy of its vectors."""
    reviews = [f"{review.title}. {review.text}" for review in make_world().reviews]
    timed = reviews[:: max(1, len(reviews) // count)][:count]
    data = load_data(snapshot / "dataset") if snapshot else None
    (folder / "timed.json").write_text(json.dumps(timed))
    (folder / "also.json").write_text(json.dumps(_of_snapshot(data)))
    files = {name: str(folder / f"{name}.json") for name in ("timed", "also")}
    rounds_of: dict[str, list[Numbers]] = {name: [] for name in BACKENDS}
    for number in range(rounds):
        for name in BACKENDS:
            say(f"texts, round {number + 1}: {name}")
            order = {"backend": name, "batch": 32, "cache": str(folder), "out": str(folder / f"{name}.npz"), **files}
            rounds_of[name].append(run(sys.executable, "encoding.py", order).said)
    vectors = {name: np.load(folder / f"{name}.npz") for name in BACKENDS}
    return {
        "texts": len(timed),
        "words": statistics.mean(len(text.split()) for text in timed),
        "backends": {
            name: {
                **_medians(rounds_of[name]),
                "export": rounds_of[name][0]["export"],
                **_nearness(vectors["torch"]["timed"], vectors[name]["timed"]),
                **({} if data is None else {"recall": _recall(data, vectors[name]["also"])}),
            }
            for name in BACKENDS
        },
    }


def _of_snapshot(data: Data | None) -> list[str]:
    """The texts of the test reviews, then the texts of all entities."""
    if data is None:
        return []
    entities = data.kb.texts(("title", "description"))
    return [*(data.reviews.texts[row] for row in data.reviews.rows("test")), *entities]


def _nearness(plain: Vectors, other: Vectors) -> dict[str, float]:
    cosines = (plain * other).sum(axis=1)
    return {"cosine": float(cosines.mean()), "least cosine": float(cosines.min())}


def _recall(data: Data, vectors: Vectors) -> float:
    """Recall@10 of the row `Pre-trained SBERT` on the test split."""
    rows, products = data.reviews.rows("test"), len(data.kb)
    scorer = cosine_scorer(vectors[: len(rows)], vectors[len(rows) :])
    pool = build_pool({"text": scorer}, [np.ones(products, dtype=np.bool_)] * len(rows), products, 1000)
    return float(hits(rank(pool, {"text": 1.0}).top(10), data.reviews.gold[rows], 10).mean())


def again(snapshot: Path, settings: list[str], folder: Path) -> Numbers:
    """Time `ameli baseline` on a copy without baseline and cache: first run, second run, run from the cache."""
    copy = folder / "snapshot"
    shutil.copytree(snapshot, copy, ignore=_without_baseline(snapshot))
    seconds = {}
    for name in ("first", "second", "from the cache"):
        say(f"baseline: {name}")
        if name == "from the cache":
            shutil.rmtree(copy / "baseline")
        seconds[name] = _baseline(copy, settings)
    return {"seconds": seconds, "settings": settings}


def _without_baseline(snapshot: Path) -> Any:
    """Return a filter for `shutil.copytree` that skips the results of an earlier baseline."""
    skipped = {snapshot: {"baseline", "cache"}, snapshot / "stages": {"baseline"}}
    return lambda folder, _: skipped.get(Path(folder), set())


def _baseline(snapshot: Path, settings: list[str]) -> float:
    """Seconds of the whole command, including its start."""
    command = [sys.executable, "-c", "from ameli_build.cli import main; main()", "baseline", str(snapshot)]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, *(part for setting in settings for part in ("--set", setting))],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkFailed(f"ameli baseline ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return time.perf_counter() - start


def _report(results: Mapping[str, Any]) -> Iterator[str]:
    yield from machine_lines(results["machine"])
    if "retrieval" in results:
        yield from _retrieval_lines(results["retrieval"])
    if "texts" in results:
        yield from _text_lines(results["texts"])
    if "again" in results:
        seconds = results["again"]["seconds"]
        yield "\nameli baseline on a copy of the snapshot, start included:"
        for name, taken in seconds.items():
            yield f"{name:<18}{taken:>9.1f} s{taken / seconds['first']:>9.1%} of the first run"


def _retrieval_lines(numbers: Numbers) -> Iterator[str]:
    yield f"\ntop {numbers['top']:,} of {numbers['entities']:,} entities for {numbers['queries']:,} queries, medians:"
    yield f"{'':<18}{'seconds':>9}{'ratio':>7}{'CPU s':>8}{'ratio':>7}{'MiB':>8}{'swapped among ties':>20}"
    own = numbers["contenders"]["own"]
    for name, medians in numbers["contenders"].items():
        swapped = numbers["swapped among ties"].get(name, 0)
        wall, used = medians["seconds"] / own["seconds"], medians["cpu"] / own["cpu"]
        times = f"{medians['seconds']:>9.2f}{wall:>7.2f}{medians['cpu']:>8.2f}{used:>7.2f}"
        yield f"{name:<18}{times}{medians['mib']:>8,.0f}{swapped:>20,}"


def _text_lines(numbers: Numbers) -> Iterator[str]:
    yield f"\n{numbers['texts']:,} reviews of {numbers['words']:.0f} words on average, batches of 32, medians:"
    yield f"{'':<18}{'texts/s':>9}{'ratio':>7}{'texts/CPU s':>13}{'ratio':>7}{'cosine':>10}{'least':>10}{'R@10':>8}"
    plain = numbers["backends"]["torch"]
    for name, medians in numbers["backends"].items():
        rate, frugal = numbers["texts"] / medians["seconds"], numbers["texts"] / medians["cpu"]
        ratios = plain["seconds"] / medians["seconds"], plain["cpu"] / medians["cpu"]
        near = f"{medians['cosine']:>10.6f}{medians['least cosine']:>10.6f}"
        recall = f"{medians['recall']:>8.2%}" if "recall" in medians else ""
        yield f"{BACKENDS[name]:<18}{rate:>9.1f}{ratios[0]:>7.2f}{frugal:>13.1f}{ratios[1]:>7.2f}{near}{recall}"
    exports = ", ".join(f"{BACKENDS[name]} {numbers['backends'][name]['export']:.1f} s" for name in list(BACKENDS)[1:])
    yield f"exported once: {exports}"


if __name__ == "__main__":
    main()
