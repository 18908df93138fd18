"""The table of links in slices: runs of whole reviews that end where row groups of the file end.

Slices depend on the file only. Polars releases the interpreter's lock, so a few threads use all processors; processes
would need time to start and to receive data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import polars as pl
import pyarrow.parquet as pq

from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import track

SLICE_ROWS = 100_000
"""Approximate rows of a slice: no slice except the last has fewer."""
_WINDOW = 256

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows from `start` to before `end` of a table of links."""

    path: Path
    number: int
    start: int
    end: int

    def read(self, columns: Iterable[str]) -> pl.DataFrame:
        """Some columns of these rows."""
        frame = pl.scan_parquet(self.path).select(columns).slice(self.start, self.end - self.start)
        return frame.collect()


def cut(path: Path, rows: int = SLICE_ROWS) -> list[Slice]:
    """The slices of a Parquet file that is sorted by `review_id`.

    Raises:
        RunFailed: The file is not sorted where a slice ends.
    """
    metadata = pq.read_metadata(path)
    ends = [0]
    place = 0
    for group in range(metadata.num_row_groups):
        size = metadata.row_group(group).num_rows
        for step in range(rows, size, rows):  # a group as large as several slices
            if place + step - ends[-1] >= rows and size - step >= rows:
                ends.append(_next_review(path, place + step))
        place += size
        if place - ends[-1] >= rows:
            ends.append(_next_review(path, place))
    ends = sorted({*ends, metadata.num_rows})
    return [Slice(path, n, start, end) for n, (start, end) in enumerate(pairwise(ends))]


def _next_review(path: Path, row: int) -> int:
    """The first row at or behind `row` with another review than the row before it."""
    ids = pl.scan_parquet(path).select("review_id")
    while True:
        window = ids.slice(row - 1, _WINDOW).collect()["review_id"]
        others = (window != window[0]).arg_true()
        if len(others):
            if window[int(others[0])] < window[0]:
                raise RunFailed(f"{path}: not sorted by review_id; make the catalog again")
            return row - 1 + int(others[0])
        if len(window) < _WINDOW:
            return row - 1 + len(window)
        row += _WINDOW - 1


def map_slices(label: str, function: Callable[[T], R], items: list[T]) -> Iterator[R]:
    """`function` of each item, in order, in as many threads as polars has."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        try:
            yield from track(pool.map(function, items), label, len(items))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
