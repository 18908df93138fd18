"""The stage of section 3.3 at catalogue scale: reviews a second of each part, with cold and warm caches.

`python benchmarks/mentions.py [--reviews N] [--products N] [--workers N]`; see README.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from machine import machine
from mention_rows import write_tables
from printed import machine_lines, reached

from ameli_build.core.cache import Mapper, Shard, Work
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.workers import process_mapper
from ameli_build.mentions.stage import STAGE
from ameli_build.models.language import load_language
from ameli_build.models.text import load_text_encoder

AIM = 1000
"""Reviews a second, for the whole stage."""


@dataclass(frozen=True, slots=True)
class TimedWork(Work):
    """Work that records the seconds and the processor seconds (`effort`) of each label."""

    seconds: dict[str, float] = field(default_factory=dict)
    effort: dict[str, float] = field(default_factory=dict)

    def stream(
        self, label: str, function: Callable[[Any], pl.DataFrame], shards: Sequence[Shard], *more: Any, **options: Any
    ) -> Iterator[pl.DataFrame]:
        """Like `Work.stream`, with all tables in memory."""
        started, used = time.perf_counter(), _processor_seconds()
        tables = list(Work.stream(self, label, function, shards, *more, **options))
        self.seconds[label] = self.seconds.get(label, 0.0) + time.perf_counter() - started
        self.effort[label] = self.effort.get(label, 0.0) + _processor_seconds() - used
        yield from tables


def main() -> None:
    """Make the tables, run the stage with empty and with full caches, print the measurements."""
    given = _arguments()
    settings = load_settings("demo")
    results: dict[str, Any] = {"machine": machine(), "products": given.products, "reviews": given.reviews}
    with tempfile.TemporaryDirectory() as folder, process_mapper(given.workers) as mapper:
        snapshot = Snapshot(Path(folder))
        (snapshot.root / "made").mkdir()
        write_tables(snapshot.root / "made", given.products, given.reviews)
        for name in ("products", "reviews"):
            write_table(
                snapshot.table_path(f"clean/{name}"), pl.read_parquet(snapshot.root / "made" / f"{name}.parquet")
            )
        results["start of workers"] = _start(mapper, settings, given.workers)
        results["cold"] = _run(snapshot, settings, mapper)
        results["warm"] = _run(snapshot, settings, mapper)
        shutil.rmtree(snapshot.root / "cache")
    print("\n".join(_report(results)))
    if given.json:
        Path(given.json).write_text(json.dumps(results, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=20_000)
    parser.add_argument("--products", type=int, default=35_598)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", metavar="FILE", help="write all numbers to this file")
    return parser.parse_args()


def _start(mapper: Mapper, settings: Settings, workers: int) -> float:
    """Seconds until every worker runs and has loaded the models."""
    started = time.perf_counter()
    models = (settings.models.language, settings.models.text_encoder, settings.models.device, settings.models.batch)
    list(mapper(_load, [models] * workers))
    return time.perf_counter() - started


def _load(models: tuple[str, str, str, int]) -> None:
    load_language(models[0])
    load_text_encoder(*models[1:])
    time.sleep(2)  # so that every worker loads the models


def _run(snapshot: Snapshot, settings: Settings, mapper: Mapper) -> dict[str, Any]:
    work = TimedWork(snapshot, mapper)
    started, used = time.perf_counter(), _processor_seconds()
    result = STAGE.compute({name: snapshot.scan(name) for name in STAGE.inputs}, settings, work)
    rows = {name: write_table(snapshot.table_path(name), table) for name, table in result.tables.items()}
    whole = time.perf_counter() - started
    effort = _processor_seconds() - used
    return {
        "seconds": {**work.seconds, "all the rest": whole - sum(work.seconds.values()), "the whole stage": whole},
        "effort": {**work.effort, "all the rest": effort - sum(work.effort.values()), "the whole stage": effort},
        "rows": rows,
    }


def _processor_seconds() -> float:
    """Processor seconds of this process and its workers so far; without /proc, of this process alone."""
    spent = time.process_time()
    for child in multiprocessing.active_children():
        status = Path(f"/proc/{child.pid}/stat")
        if status.is_file():
            fields = status.read_text().rpartition(")")[2].split()
            spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def _report(results: Mapping[str, Any]) -> Iterator[str]:
    reviews = results["reviews"]
    yield from machine_lines(results["machine"])
    yield f"{reviews:,} reviews of {results['products']:,} products; rows left: {results['cold']['rows']}"
    yield f"start of the workers, models included: {results['start of workers']:.1f} s"
    yield f"{'':<18}{'reviews a second':>18}{'with warm caches':>18}{'processor seconds':>19}"
    cold, warm, effort = results["cold"]["seconds"], results["warm"]["seconds"], results["cold"]["effort"]
    for part in cold:
        rates = f"{reviews / cold[part]:>18,.0f}{reviews / max(warm[part], 1e-6):>18,.0f}"
        yield f"{part:<18}{rates}{effort[part]:>19.1f}"
    whole = cold["the whole stage"]
    yield _reached("cold, workers running", reviews / whole)
    yield _reached("cold, start of the workers included", reviews / (whole + results["start of workers"]))
    yield _reached("by processor seconds, both processors free", reviews * 2 / effort["the whole stage"])
    yield _reached("warm", reviews / warm["the whole stage"])


def _reached(label: str, rate: float) -> str:
    return f"{label}: {rate:,.0f} reviews a second (aim {AIM:,}: {reached(rate, AIM, least=True)})"


if __name__ == "__main__":
    main()
