"""The baseline's costs: retrieval beside its peers, the ONNX route beside PyTorch, a second run beside the first.

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
"""Scores nearer than this are ties: contenders add up 384 products in orders of their own."""

Numbers = dict[str, Any]
Vectors = npt.NDArray[np.float32]


def main() -> None:
    """Run the parts asked for, print what was measured."""
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
    print("\n".join(_told(results)))
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
    parser.add_argument("--snapshot", type=Path, help="a finished demo snapshot, which is only read")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="settings of the runs again")
    parser.add_argument("--json", metavar="FILE", help="write all numbers there")
    return parser.parse_args()


def retrieval(entities: int, queries: int, top: int, rounds: int, folder: Path) -> Numbers:
    """The best `top` entities of each query by each contender, by turns; fails where they differ but for ties."""
    top = min(top, entities)
    order = {"entities": entities, "queries": queries, "top": top}
    said: dict[str, list[Numbers]] = {name: [] for name in CONTENDERS}
    for number in range(rounds):
        for name in CONTENDERS:
            say(f"retrieval, round {number + 1}: {name}")
            said[name].append(run(sys.executable, "searching.py", order | _of(name, folder)).said)
    found = {name: np.load(folder / f"{name}.npy") for name in CONTENDERS}
    return {
        **order,
        "contenders": {name: _medians(some) for name, some in said.items()},
        "swapped among ties": _same(made(queries, 1), made(entities, 2), found),
    }


def _of(name: str, folder: Path) -> Numbers:
    return {"contender": name, "out": str(folder / f"{name}.npy")}


def _medians(some: list[Numbers]) -> Numbers:
    return {key: statistics.median(one[key] for one in some) for key in some[0]}


def _same(queries: Vectors, entities: Vectors, found: Mapping[str, npt.NDArray[np.int64]]) -> dict[str, int]:
    """In how many places each contender has another entity than the first one, all of them tied in score."""
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
    """Texts a second of each backend on the demo's reviews, and what its vectors change."""
    reviews = [f"{one.title}. {one.text}" for one in make_world().reviews]
    timed = reviews[:: max(1, len(reviews) // count)][:count]
    data = load_data(snapshot / "dataset") if snapshot else None
    (folder / "timed.json").write_text(json.dumps(timed))
    (folder / "also.json").write_text(json.dumps(_of_snapshot(data)))
    files = {name: str(folder / f"{name}.json") for name in ("timed", "also")}
    said: dict[str, list[Numbers]] = {name: [] for name in BACKENDS}
    for number in range(rounds):
        for name in BACKENDS:
            say(f"texts, round {number + 1}: {name}")
            order = {"backend": name, "batch": 32, "cache": str(folder), "out": str(folder / f"{name}.npz"), **files}
            said[name].append(run(sys.executable, "encoding.py", order).said)
    vectors = {name: np.load(folder / f"{name}.npz") for name in BACKENDS}
    return {
        "texts": len(timed),
        "words": statistics.mean(len(text.split()) for text in timed),
        "backends": {
            name: {
                **_medians(said[name]),
                "export": said[name][0]["export"],
                **_nearness(vectors["torch"]["timed"], vectors[name]["timed"]),
                **({} if data is None else {"recall": _recall(data, vectors[name]["also"])}),
            }
            for name in BACKENDS
        },
    }


def _of_snapshot(data: Data | None) -> list[str]:
    """The texts of the test reviews, then those of all entities."""
    if data is None:
        return []
    entities = data.kb.texts(("title", "description"))
    return [*(data.reviews.texts[row] for row in data.reviews.rows("test")), *entities]


def _nearness(plain: Vectors, other: Vectors) -> dict[str, float]:
    cosines = (plain * other).sum(axis=1)
    return {"cosine": float(cosines.mean()), "least cosine": float(cosines.min())}


def _recall(data: Data, vectors: Vectors) -> float:
    """Recall@10 of the row `Pre-trained SBERT` on test."""
    rows, products = data.reviews.rows("test"), len(data.kb)
    scorer = cosine_scorer(vectors[: len(rows)], vectors[len(rows) :])
    pool = build_pool({"text": scorer}, [np.ones(products, dtype=np.bool_)] * len(rows), products, 1000)
    return float(hits(rank(pool, {"text": 1.0}).top(10), data.reviews.gold[rows], 10).mean())


def again(snapshot: Path, settings: list[str], folder: Path) -> Numbers:
    """Seconds of `ameli baseline` on a copy without baseline and cache: first, again, and again from the cache."""
    copy = folder / "snapshot"
    shutil.copytree(snapshot, copy, ignore=_leave(snapshot))
    seconds = {}
    for name in ("first", "second", "from the cache"):
        say(f"baseline: {name}")
        if name == "from the cache":
            shutil.rmtree(copy / "baseline")
        seconds[name] = _baseline(copy, settings)
    return {"seconds": seconds, "settings": settings}


def _leave(snapshot: Path) -> Any:
    """Leave out what an earlier baseline left."""
    left = {snapshot: {"baseline", "cache"}, snapshot / "stages": {"baseline"}}
    return lambda folder, _: left.get(Path(folder), set())


def _baseline(snapshot: Path, settings: list[str]) -> float:
    """Seconds of the whole command, its start included."""
    command = [sys.executable, "-c", "from ameli_build.cli import main; main()", "baseline", str(snapshot)]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, *(part for one in settings for part in ("--set", one))], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkFailed(f"ameli baseline ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return time.perf_counter() - start


def _told(results: Mapping[str, Any]) -> Iterator[str]:
    yield from machine_lines(results["machine"])
    if "retrieval" in results:
        yield from _retrieval_lines(results["retrieval"])
    if "texts" in results:
        yield from _text_lines(results["texts"])
    if "again" in results:
        seconds = results["again"]["seconds"]
        yield "\nameli baseline on a copy of the snapshot, start included:"
        for name, some in seconds.items():
            yield f"{name:<18}{some:>9.1f} s{some / seconds['first']:>9.1%} of the first run"


def _retrieval_lines(told: Numbers) -> Iterator[str]:
    yield f"\ntop {told['top']:,} of {told['entities']:,} entities for {told['queries']:,} queries, medians:"
    yield f"{'':<18}{'seconds':>9}{'ratio':>7}{'CPU s':>8}{'ratio':>7}{'MiB':>8}{'swapped among ties':>20}"
    own = told["contenders"]["own"]
    for name, one in told["contenders"].items():
        swapped = told["swapped among ties"].get(name, 0)
        wall, used = one["seconds"] / own["seconds"], one["cpu"] / own["cpu"]
        times = f"{one['seconds']:>9.2f}{wall:>7.2f}{one['cpu']:>8.2f}{used:>7.2f}"
        yield f"{name:<18}{times}{one['mib']:>8,.0f}{swapped:>20,}"


def _text_lines(told: Numbers) -> Iterator[str]:
    yield f"\n{told['texts']:,} reviews of {told['words']:.0f} words on average, batches of 32, medians:"
    yield f"{'':<18}{'texts/s':>9}{'ratio':>7}{'texts/CPU s':>13}{'ratio':>7}{'cosine':>10}{'least':>10}{'R@10':>8}"
    plain = told["backends"]["torch"]
    for name, one in told["backends"].items():
        rate, frugal = told["texts"] / one["seconds"], told["texts"] / one["cpu"]
        ratios = plain["seconds"] / one["seconds"], plain["cpu"] / one["cpu"]
        near = f"{one['cosine']:>10.6f}{one['least cosine']:>10.6f}"
        recall = f"{one['recall']:>8.2%}" if "recall" in one else ""
        yield f"{BACKENDS[name]:<18}{rate:>9.1f}{ratios[0]:>7.2f}{frugal:>13.1f}{ratios[1]:>7.2f}{near}{recall}"
    exports = ", ".join(f"{BACKENDS[name]} {told['backends'][name]['export']:.1f} s" for name in list(BACKENDS)[1:])
    yield f"exported once: {exports}"


if __name__ == "__main__":
    main()
