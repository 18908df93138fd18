"""Scores of predictions; no other module reads labels of the test split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from ameli_build.baseline.extraction.rating import rate
from ameli_build.baseline.retrieval.pools import Ranking
from ameli_build.baseline.retrieval.table4 import retrieval_notes
from ameli_build.baseline.runs import Runs
from ameli_build.core.arrays import Integers, Values
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.scores import tables
from ameli_build.scores.metrics import hits, reciprocal_ranks
from ameli_build.scores.tables import Measured, Outcome

T = TypeVar("T")


def outcome(data: Data, runs: Runs, split: str, settings: Settings) -> Outcome:
    """Compare the rankings of every row with the gold products of a split."""
    rows = data.reviews.rows(split)
    gold = data.reviews.gold[rows]
    place = {int(row): n for n, row in enumerate(runs.runs[0].case.rows)}
    at = np.array([place[int(row)] for row in rows], dtype=np.int64)
    candidates = [run.retrieved.candidates[rows] for run in runs.runs]

    def retrieval(ranking: Ranking) -> dict[str, Values]:
        values = {f"recall@{k}": hits(ranking.top(k)[rows], gold, k) for k in tables.RECALLS}
        return values | {"mrr": reciprocal_ranks(ranking.top(max(tables.RECALLS))[rows], gold)}

    def linking(ranked: Integers) -> dict[str, Values]:
        return {"recall@1": hits(ranked[at], gold, 1), "mrr": reciprocal_ranks(ranked[at], gold)}

    linked = _measure([run.ranked for run in runs.runs], linking)
    beyond = dict.fromkeys(linked.keys() - {*tables.TABLE5}, "beyond the paper")
    return Outcome(
        _measure([runs.shared], retrieval) | _measure([run.retrieved.rankings for run in runs.runs], retrieval),
        linked | {tables.RANDOM: chance(candidates, gold)},
        np.stack([_found(products, gold) for products in candidates]),
        _groups(data, gold),
        {**retrieval_notes(settings), **beyond, tables.RANDOM: "the expected value of choosing blindly"},
    )


def rate_attributes(data: Data, runs: Runs) -> dict[str, dict[str, dict[str, Any]]]:
    """Precision and recall of each extractor on dev and test, in the first run."""
    extracted = runs.runs[0].extracted
    return {split: rate(data, runs.sheets, extracted, data.reviews.rows(split)) for split in ("dev", "test")}


def _measure(
    runs: Sequence[Mapping[str, T | NotRun]], values: Callable[[T], dict[str, Values]]
) -> dict[str, Measured | NotRun]:
    """The per-review values of each row in all runs, (runs, reviews); or the first `NotRun` of a row."""
    measured: dict[str, Measured | NotRun] = {}
    for name in runs[0]:
        results = [run[name] for run in runs]
        reason = next((result for result in results if isinstance(result, NotRun)), None)
        each = [values(result) for result in results if not isinstance(result, NotRun)]
        measured[name] = reason or {metric: np.stack([scores[metric] for scores in each]) for metric in each[0]}
    return measured


def _found(candidates: Integers, gold: Integers) -> Values:
    return np.asarray((candidates == gold[:, None]).any(axis=1), dtype=np.float64)


def chance(candidates: Sequence[Integers], gold: Integers) -> Measured:
    """Expected scores of a random order: with gold among m candidates, 1/m right and an MRR of (1+1/2+..)/m."""
    counts = [np.maximum((products >= 0).sum(axis=1), 1) for products in candidates]
    found = [_found(products, gold) for products in candidates]
    harmonic = np.cumsum(1 / np.arange(1, max((products.shape[1] for products in candidates), default=0) + 2))
    return {
        "recall@1": np.stack([there / count for there, count in zip(found, counts, strict=True)]),
        "mrr": np.stack([there * harmonic[count - 1] / count for there, count in zip(found, counts, strict=True)]),
    }


def _groups(data: Data, gold: Integers) -> Integers:
    """The number of each gold product's category, the whole path."""
    numbers = {path: n for n, path in enumerate(sorted(set(data.kb.categories)))}
    return np.array([numbers[data.kb.categories[row]] for row in gold], dtype=np.int64)
