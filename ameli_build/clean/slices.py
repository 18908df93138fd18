"""The table of links in slices: runs of whole reviews.

Slices depend on the file alone. Polars releases the interpreter's lock, so that a few threads of this process keep all
processors busy with them; other processes would have to be started and sent what they need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import polars as pl

from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import track

SLICE_ROWS = 1 << 17
"""A slice has at least so many rows, the last one excepted, and not many more.

A multiple of the catalogue's groups of rows, so that hardly any group is read for two slices.
"""

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
    """The slices of a Parquet file that is sorted by `review_id`. Raises `RunFailed` if it is not sorted."""
    before = pl.col("review_id").shift()
    ids = pl.scan_parquet(path).select("review_id").with_row_index("row")
    begins = ids.with_columns(rises=pl.col("review_id") > before).filter(pl.col("review_id") != before)
    found = begins.select("row", "rises").collect(engine="streaming")
    if not found["rises"].all():
        raise RunFailed(f"{path}: not sorted by review_id; make the catalog again")
    ends = [0]
    while (place := found["row"].search_sorted(ends[-1] + rows)) < found.height:
        ends.append(found["row"][place])
    ends = sorted({*ends, ids.select(pl.len()).collect().item()})
    return [Slice(path, n, start, end) for n, (start, end) in enumerate(pairwise(ends))]


def map_slices(label: str, function: Callable[[T], R], items: list[T]) -> Iterator[R]:
    """`function` of each item, in order, with as many under way as polars has threads."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        try:
            yield from track(pool.map(function, items), label, len(items))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
