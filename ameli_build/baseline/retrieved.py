"""What every row of Table 4 ranked first, kept so that each Recall@K and MRR can be computed again (section 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.linking.linkers import linked_rows
from ameli_build.baseline.retrieval.pools import DEPTH, Ranking
from ameli_build.baseline.runs import Runs
from ameli_build.not_run import NotRun

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
"""Columns of `baseline/retrieved.parquet`: one row a row of Table 4, run, and dev or test review.

`skus` are the first 100 products, `scores` the sums that they are ranked by; None for P(e|m), which orders without one.
A row that does not learn by run has the run 0 alone. `allowed` is None unless the prior filters after the cut
(`baseline.prior` "after"): then the first K are the first K of those allowed among the first max(K, `baseline.keep`),
or of all these where none is.
"""


def retrieved_table(data: Data, runs: Runs) -> pl.DataFrame:
    """The first products of all dev and test reviews by every row that ran; it holds no gold product."""
    return pl.concat([pl.DataFrame(schema=RETRIEVED), *_tables(data, runs)])


def _tables(data: Data, runs: Runs) -> Iterator[pl.DataFrame]:
    """A table a row and run: a million lists of a hundred stand in memory as columns, not as Python's lists."""
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
