"""Removal of duplicates among millions of review links in little memory: sorted runs on disk, merged by range."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ameli_build.core.records import REVIEWS
from ameli_build.core.snapshot import whole_file
from ameli_build.shops.base import UNREAD
from ameli_build.wording.cleaning import OUT_OF_RANGE

RUN_ROWS = 1 << 18
"""Rows that are sorted, or merged, in memory at a time."""
GROUP_ROWS = 1 << 16
"""Rows of a row group of the finished table. A constant, so that the file's bytes depend on its rows only."""

_KEY = ["review_id", "sku"]
_ORDER = [*_KEY, "seen_at", "helpful", "unhelpful"]
_STEP = 256


@dataclass(slots=True)
class Links:
    """A collector of review rows, which are added in the order of the archive.

    The latest row of a link counts. At equal times, the row with more votes counts, then the row that was added last.
    """

    folder: Path
    run_rows: int = RUN_ROWS
    added: int = 0
    _fresh: list[pl.DataFrame] = field(default_factory=list)
    _waiting: int = 0
    _runs: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows with the columns of a review and `seen_at`."""
        if rows.is_empty():
            return
        self.added += rows.height
        self._waiting += rows.height
        self._fresh.append(rows)
        if self._waiting >= self.run_rows:
            self._write_run()

    def merged(self) -> Iterator[pl.DataFrame]:
        """The rows that count, sorted by `review_id` and `sku`, in tables of about `run_rows` rows; once only."""
        self._write_run()
        runs = [pl.scan_parquet(path) for path in self._runs]
        for inside in self._ranges(runs):
            pieces = pl.collect_all([run.filter(inside) for run in runs])
            yield _last(pl.concat(pieces)).drop("seen_at")
        for path in self._runs:
            path.unlink()

    def _write_run(self) -> None:
        if self._fresh:
            path = self.folder / f"run-{len(self._runs):05d}.parquet"
            rows = _last(pl.concat(self._fresh))
            rows.write_parquet(path, compression="zstd", statistics=True, row_group_size=1 << 13)
            self._runs.append(path)
            self._fresh, self._waiting = [], 0

    def _ranges(self, runs: list[pl.LazyFrame]) -> Iterator[pl.Expr]:
        """Filters for ranges of review ids with about `run_rows` rows each, which together cover all rows."""
        marks = [run.select(pl.col("review_id").gather_every(_STEP)).collect()["review_id"] for run in runs]
        if not marks:
            return
        every = max(1, self.run_rows // _STEP)
        bounds = pl.concat(marks).sort().gather_every(every)[1:].unique(maintain_order=True).to_list()
        key = pl.col("review_id")
        for low, high in zip([None, *bounds], [*bounds, None], strict=True):
            above = pl.lit(True) if low is None else key >= low
            yield above if high is None else above & (key < high)


def _last(rows: pl.DataFrame) -> pl.DataFrame:
    """The last row of each link, sorted."""
    return rows.sort(_ORDER, maintain_order=True).unique(_KEY, keep="last", maintain_order=True)


@dataclass(slots=True)
class LinkTable:
    """The file of the table of links, and counts taken while it is written."""

    path: Path
    rows: int = 0
    reviews: int = 0
    conflicts: int = 0
    out_of_range: int = 0
    unread: int = 0
    references: list[pl.Series] = field(default_factory=list)

    def write(self, links: Links) -> None:
        """Write the rows of `links` that count, atomically."""
        schema = _arrow(pl.DataFrame(schema=REVIEWS)).schema
        waiting = pl.DataFrame(schema=REVIEWS)
        with whole_file(self.path) as handle, pq.ParquetWriter(handle, schema, compression="zstd") as writer:
            for piece in links.merged():
                self._count(piece)
                waiting = pl.concat([waiting, piece.select(REVIEWS.names())])
                whole = waiting.height - waiting.height % GROUP_ROWS
                if whole:
                    writer.write_table(_arrow(waiting[:whole]), row_group_size=GROUP_ROWS)
                    waiting = waiting[whole:]
            if waiting.height:
                writer.write_table(_arrow(waiting), row_group_size=GROUP_ROWS)

    def _count(self, piece: pl.DataFrame) -> None:
        self.rows += piece.height
        self.reviews += piece["review_id"].n_unique()  # no review is in two pieces
        self.conflicts += int(piece["conflict"].sum())
        self.out_of_range += count_out_of_range(piece)
        self.unread += count_unread(piece)
        self.references.append(references_in(piece))


def count_out_of_range(table: pl.DataFrame) -> int:
    """The number of records in a table with a number that was out of range."""
    return int(table["extra"].str.contains(f'"{OUT_OF_RANGE}"', literal=True).sum())


def count_unread(table: pl.DataFrame) -> int:
    """The number of unreadable values in a crawl's records."""
    marked = table["extra"].filter(table["extra"].str.contains(f'"{UNREAD}"', literal=True))
    return sum(len(json.loads(extra).get(UNREAD, ())) for extra in marked)


def references_in(table: pl.DataFrame) -> pl.Series:
    """The distinct image references of a table."""
    return table["images"].explode().drop_nulls().unique()


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
