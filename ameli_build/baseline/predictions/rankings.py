"""The first products of every row of Table 4, from which Recall@K and MRR can be recomputed (section 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.linking.linkers import linked_rows
from ameli_build.baseline.retrieval.pools import DEPTH, Ranking
from ameli_build.baseline.runs import Runs
from ameli_build.core.not_run import NotRun

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.String,
    "run": pl.Int64,
    "review_id": pl.String,
    "split": pl.String,
    "skus": pl.List(pl.String),
    "scores": pl.List(pl.Float32),
    "allowed": pl.List(pl.Boolean),
}

RETRIEVED = pl.Schema(_COLUMNS)
"""Columns of `baseline/retrieved.parquet`: one row for each row of Table 4, run, and dev or test review.

`skus` are the first 100 products; `scores` are the sums that rank them, None for P(e|m), which has no single score.
Rows of Table 4 without training per run have run 0 only. `allowed` is None unless the prior filters after the cut
(`baseline.prior` "after"). In that case the first K are the first K allowed products among the first
max(K, `baseline.keep`); if none of these is allowed, the filter is ignored.
"""


def retrieved_table(data: Data, runs: Runs) -> pl.DataFrame:
    """The first products of all dev and test reviews, for every row that ran; without gold products."""
    return pl.concat([pl.DataFrame(schema=RETRIEVED), *_tables(data, runs)])


def _tables(data: Data, runs: Runs) -> Iterator[pl.DataFrame]:
    """A table for each row and run: a million lists of a hundred would not fit in memory as Python objects."""
    for name, ranking in runs.plain.rankings.items():
        if not isinstance(ranking, NotRun):
            yield _table(data, name, 0, ranking)
    for number, run in enumerate(runs.runs):
        for name, ranking in run.retrieved.rankings.items():
            if not isinstance(ranking, NotRun):
                yield _table(data, name, number, ranking)


def _table(data: Data, name: str, run: int, ranking: Ranking) -> pl.DataFrame:
    reviews, some = data.reviews, linked_rows(data)
    products, scores, allowed = (all_[some, :DEPTH] for all_ in (ranking.rows, ranking.scores, ranking.allowed))
    skus = np.array(data.kb.skus, dtype=object)
    real = [row >= 0 for row in products]
    rounded = np.round(np.where(products >= 0, scores, 0), 4)
    return pl.DataFrame(
        {
            "row": [name] * len(some),
            "run": [run] * len(some),
            "review_id": [reviews.ids[n] for n in some],
            "split": [reviews.splits[n] for n in some],
            "skus": [skus[row[there]].tolist() for row, there in zip(products, real, strict=True)],
            "scores": None if name == tables.PRIOR else _lists(rounded, real),
            "allowed": _lists(allowed, real) if ranking.after else None,
        },
        schema=RETRIEVED,
    )


def _lists(values: np.ndarray, real: list[np.ndarray]) -> list[list[float]]:
    return [row[there].tolist() for row, there in zip(values, real, strict=True)]
