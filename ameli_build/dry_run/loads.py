"""Loads, each a kind of work on many items, and their speed on this machine, measured on items of the snapshot."""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ameli_build.core.cache import Entries, Kind, Work, batches_of, known_keys
from ameli_build.core.errors import AmeliError
from ameli_build.core.not_run import NotRun

SECOND = 1.0
"""Duration of a measurement in seconds; at least one batch is measured."""
BATCHES = 16
"""Number of batches available to a measurement."""


@dataclass(frozen=True, slots=True)
class Load:
    """A kind of work: a function that is applied to many items in batches.

    `function(*common, batch)` returns a table with a row for each item. `batches` are real batches for measurements.
    `role` is the role of the model, "" for none. `cached` is the number of items in the cache. `per` names the quantity
    to which the number of items is proportional. With `at_most`, `items` is an upper bound.
    """

    name: str
    role: str
    items: int
    per: str
    function: Callable[..., pl.DataFrame]
    common: tuple[Any, ...]
    batches: Sequence[Sequence[Any]]
    cached: int = 0
    at_most: bool = False

    @property
    def todo(self) -> int:
        """Number of items that are not in the cache."""
        return self.items - self.cached


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds and bytes of the cache for each item, and the peak memory of the measuring process in MiB."""

    seconds: float
    size: float
    memory: int


def load_of(
    name: str,
    role: str,
    per: str,
    work: Work,
    kind: Kind,
    items: Mapping[str, Any],
    usable: Callable[[Any], bool] = lambda _: True,
) -> Load:
    """The load of a kind whose results are cached by batch; items that are not `usable` are not measured."""
    known, cached, batches = known_keys(Entries.of(work, kind).related("")), 0, []
    for batch in batches_of(kind, items, sorted(items)):
        cached += len(batch.keys) if batch.key in known else 0
        batches.append(batch.payloads)
    sample = [[item for item in batch if usable(item)] for batch in sample_of(batches)]
    return Load(name, role, len(items), per, kind.function, kind.common, [batch for batch in sample if batch], cached)


def plain_load(
    name: str,
    role: str,
    per: str,
    function: Callable[..., pl.DataFrame],
    common: tuple[Any, ...],
    items: Sequence[Any],
    size: int,
    count: int | None = None,
) -> Load:
    """The load of a function in batches of `size`; `count` is the number of items if `items` is a sample."""
    starts = sample_of(range(0, len(items), size))
    batches = [items[start : start + size] for start in starts]
    return Load(name, role, len(items) if count is None else count, per, function, common, batches)


def sample_of(items: Sequence[Any]) -> list[Any]:
    """A sample of evenly spaced items, in random order."""
    step = max(1, len(items) // BATCHES)
    sample = list(items[step // 2 :: step])[:BATCHES]
    random.Random(0).shuffle(sample)
    return sample


def measured(loads: Sequence[Load], threads: int) -> list[Speed | NotRun]:
    """The speed of loads of the same function, measured in a process with this number of threads."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _start, (threads,)) as pool:
        return [_speed(pool, load) for load in loads]


def _speed(pool: ProcessPoolExecutor, load: Load) -> Speed | NotRun:
    if not load.batches:
        return NotRun("no item to measure")
    try:
        return pool.submit(_measure, load.function, load.common, load.batches).result()
    except (AmeliError, BrokenProcessPool) as error:
        return NotRun(str(error))


def _start(threads: int) -> None:
    """Set the number of threads of the new process, before any library is loaded."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    threadpool_limits(threads)


def _measure(function: Callable[..., pl.DataFrame], common: tuple[Any, ...], batches: Sequence[Sequence[Any]]) -> Speed:
    """Run the batches for about a second, after an item that loads models and libraries."""
    function(*common, batches[0][:1])
    started, done, size = time.monotonic(), 0, 0
    while done == 0 or time.monotonic() - started < SECOND:
        for batch in batches:
            size += _stored(function(*common, batch))
            done += len(batch)
            if time.monotonic() - started >= SECOND:
                break
    seconds = time.monotonic() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Speed(seconds / done, size / done, memory)


def _stored(table: pl.DataFrame) -> int:
    """Size of a table in the cache, in bytes."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.tell()
