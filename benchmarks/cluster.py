"""Speed-up and overhead of worker processes, Dask, Ray and ranks, on shards that sleep for a known time."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import machine
from printed import machine_lines
from sleeping import nap

from ameli_build.cluster.connect import shard_mapper
from ameli_build.cluster.ranks import Rank
from ameli_build.core.cache import Mapper, Shard, Work, in_process
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot

RUNNERS = ("process", "dask", "ray", "ranks")
WARM_UP = 16
"""Shards before the clock starts: workers start, and import their modules."""


def main() -> None:
    """Measure each runner with each number of workers, and print a line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=0.25, help="seconds that a shard sleeps")
    parser.add_argument("--empty", type=int, default=400, help="shards without sleep, for the overhead")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--only", nargs="+", choices=RUNNERS, default=RUNNERS)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(*machine_lines(machine()), sep="\n")
    plain = run(in_process, given.shards, given.seconds)
    overhead = run(in_process, given.empty, 0.0) / given.empty
    print(f"plain loop          {plain:6.2f} s         {1000 * overhead:5.1f} ms a shard without sleep")
    rows = []
    for runner in given.only:
        for workers in given.workers:
            slept, empty = measure(runner, workers, given)
            row = {
                "runner": runner,
                "workers": workers,
                "seconds": round(slept, 3),
                "speed_up": round(plain / slept, 2),
                "overhead_ms": round(1000 * empty / given.empty, 2),
            }
            rows.append(row)
            print(
                f"{runner:8} {workers} workers  {slept:6.2f} s  {row['speed_up']:5.2f} x  "
                f"{row['overhead_ms']:5.1f} ms a shard without sleep",
                flush=True,
            )
    if given.json:
        given.json.write_text(json.dumps({"machine": machine(), "plain": plain, "rows": rows}, indent=1))


def measure(runner: str, workers: int, given: argparse.Namespace) -> tuple[float, float]:
    """Seconds for the sleeping shards and for the empty shards."""
    if runner == "ranks":
        return ranks(workers, given.shards, given.seconds), ranks(workers, given.empty, 0.0)
    with (
        tempfile.TemporaryDirectory(prefix="ameli-bench-") as folder,
        shard_mapper(runner, None, workers, Snapshot(Path(folder)), load_settings("demo")) as mapper,  # type: ignore[arg-type]
    ):
        list(mapper(nap, [(n, 0.05) for n in range(WARM_UP)]))
        return run(mapper, given.shards, given.seconds), run(mapper, given.empty, 0.0)


def run(mapper: Mapper, count: int, seconds: float, folder: str | None = None) -> float:
    """Seconds for cached shards, with an empty cache at the start."""
    with tempfile.TemporaryDirectory(prefix="ameli-bench-") as own:
        work = Work(Snapshot(Path(folder or own)), mapper)
        started = time.perf_counter()
        work.map("nap", nap, [Shard(f"{n:06}", (n, seconds)) for n in range(count)])
        return time.perf_counter() - started


def ranks(total: int, count: int, seconds: float) -> float:
    """Seconds until the last rank ends; each rank starts its clock when all ranks run."""
    context = multiprocessing.get_context("spawn")
    barrier, durations = context.Barrier(total), context.Queue()
    with tempfile.TemporaryDirectory(prefix="ameli-bench-") as folder:
        arguments = [(rank, total, count, seconds, folder, barrier, durations) for rank in range(total)]
        processes = [context.Process(target=_rank, args=rank_arguments) for rank_arguments in arguments]
        for process in processes:
            process.start()
        longest = max(durations.get() for _ in processes)
        for process in processes:
            process.join()
    return float(longest)


def _rank(rank: int, total: int, count: int, seconds: float, folder: str, barrier: Any, durations: Any) -> None:
    barrier.wait()
    durations.put(run(Rank(rank, total), count, seconds, folder))


if __name__ == "__main__":
    main()
