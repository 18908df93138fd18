"""Rows that appeared, vanished or changed between two versions of a table, in bounded memory.

Tables are sorted by their key, and Parquet has the least and the largest key of each group of rows. So a range of keys
is read without the rest of the file, and both versions are compared range by range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.errors import UnusableInput

RANGE = 250_000
"""Most rows of a table that are in memory at once."""
OF_B = ":b"
"""Suffix of the columns of B in joined rows."""


@dataclass(slots=True)
class Sample:
    """A number of rows, with the first `most` as examples; all of them if `most` is None."""

    most: int | None
    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, rows: pl.DataFrame, example: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> None:
        """Count the rows; `example` makes an example from a row."""
        self.count += rows.height
        wanted = rows.height if self.most is None else max(self.most - len(self.examples), 0)
        self.examples += map(example, rows.head(wanted).iter_rows(named=True))

    def as_json(self) -> dict[str, Any]:
        """`{"count", "examples"}`."""
        return {"count": self.count, "examples": self.examples}


@dataclass(slots=True)
class Changes:
    """The differences of two versions of a table.

    `rows` are the numbers of rows in A and B. An example of `changed` has the key and, under each changed column, the
    values `[in A, in B]`. `columns` counts the changed rows by column; `uncompared` are columns that only one version
    has, or that have another type.
    """

    appeared: Sample
    vanished: Sample
    changed: Sample
    rows: list[int] = field(default_factory=lambda: [0, 0])
    columns: Counter[str] = field(default_factory=Counter)
    uncompared: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The differences as JSON values."""
        found = {name: getattr(self, name).as_json() for name in ("appeared", "vanished", "changed")}
        return {"rows": self.rows, **found, "columns": dict(self.columns), "uncompared": self.uncompared}


def scan(path: Path, make: str) -> pl.LazyFrame:
    """A Parquet file, lazily; raises `UnusableInput` if it is missing, with the command that would make it."""
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; run {make} first")
    return pl.scan_parquet(path)


def ranges(tables: Sequence[pl.LazyFrame], key: str) -> Iterator[pl.Expr]:
    """Conditions that split tables into ranges of their key; a table sorted by it has at most `RANGE` rows in each."""
    heights = [int(table.select(pl.len()).collect().item()) for table in tables]
    places = [(table, row) for table, height in zip(tables, heights, strict=True) for row in range(0, height, RANGE)]
    marks = {table.select(key).slice(row, 1).collect().item() for table, row in places}  # reads no whole column
    edges = sorted(marks)[1:]
    for low, high in zip([None, *edges], [*edges, None], strict=True):
        above = pl.lit(True) if low is None else pl.col(key) >= low
        yield above if high is None else above & (pl.col(key) < high)


def compare_tables(
    a: pl.LazyFrame,
    b: pl.LazyFrame,
    keys: Sequence[str],
    most: int | None,
    shown: Sequence[str] = (),
    ignored: Sequence[str] = (),
) -> Changes:
    """Compare two versions of a table.

    Args:
        a: The version of A. Of several rows with the same key, the first counts.
        b: The version of B.
        keys: Columns that identify a row; the tables are sorted by the first.
        most: Most examples of each kind of difference; None for all.
        shown: Further columns in the examples of rows that appeared or vanished.
        ignored: Columns that are not compared.
    """
    changes = Changes(Sample(most), Sample(most), Sample(most))
    kinds, others = a.collect_schema(), b.collect_schema()
    compared = [name for name in kinds if name not in (*keys, *ignored) and kinds[name] == others.get(name)]
    changes.uncompared = sorted({*kinds, *others} - {*keys, *ignored, *compared})
    for where in ranges((a, b), keys[0]):
        left, right = (_rows(table, where, [*keys, *compared], keys) for table in (a, b))
        changes.rows = [before + rows.height for before, rows in zip(changes.rows, (left, right), strict=True)]
        changes.appeared.add(right.join(left, on=keys, how="anti", maintain_order="left").select(*keys, *shown))
        changes.vanished.add(left.join(right, on=keys, how="anti", maintain_order="left").select(*keys, *shown))
        _add_changed(changes, left.join(right, on=keys, suffix=OF_B, maintain_order="left"), keys, compared)
    return changes


def _rows(table: pl.LazyFrame, where: pl.Expr, columns: Sequence[str], keys: Sequence[str]) -> pl.DataFrame:
    rows = table.filter(where).select(columns).collect(engine="streaming")
    return rows.unique(keys, keep="first", maintain_order=True).sort(keys)


def _add_changed(changes: Changes, both: pl.DataFrame, keys: Sequence[str], compared: Sequence[str]) -> None:
    differs = both.select(pl.col(name).ne_missing(pl.col(name + OF_B)) for name in compared)
    if not compared or both.is_empty():
        return
    counts = differs.sum().row(0, named=True)
    changes.columns.update({name: count for name, count in counts.items() if count})
    changes.changed.add(both.filter(differs.select(pl.any_horizontal(pl.all())).to_series()), partial(_example, keys))


def _example(keys: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
    pairs = {name: [row[name], row[name + OF_B]] for name in row if name + OF_B in row}
    return {name: row[name] for name in keys} | {
        "columns": {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    }
