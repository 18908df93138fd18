"""The table of links in slices: runs of whole reviews.

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

from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import track

SLICE_ROWS = 1 << 17
"""The least number of rows of a slice, the last slice excepted; its last review is whole.

A multiple of the size of the catalogue's row groups, so that few row groups are read for two slices.
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
    """The slices of a Parquet file that is sorted by `review_id`.

    Raises:
        RunFailed: The file is not sorted where a slice ends.
    """
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


def map_slices(label: str, function: Callable[[T], R], items: list[T], unit: str, sizes: list[int]) -> Iterator[R]:
    """`function` of each item, in order, in as many threads as polars has.

    For the progress, an item has as many things called `unit` as `sizes` says.
    """
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        try:
            yield from track(pool.map(function, items), label, sum(sizes), unit, sizes)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
