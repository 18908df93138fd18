"""Scores of predictions; no other module reads labels of the test split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.extraction.rating import rate
from ameli_build.baseline.metrics import hits, reciprocal_ranks
from ameli_build.baseline.retrieval.pools import Ranking
from ameli_build.baseline.runs import Runs
from ameli_build.baseline.tables import Measured, Outcome
from ameli_build.core.arrays import Integers, Values
from ameli_build.core.not_run import NotRun

T = TypeVar("T")


def outcome(data: Data, runs: Runs, split: str) -> Outcome:
    """Compare the rankings of every row with the gold products of a split."""
    rows = data.reviews.rows(split)
    gold = data.reviews.gold[rows]
    place = {int(row): n for n, row in enumerate(runs.runs[0].linked.judged.rows)}
    at = np.array([place[int(row)] for row in rows], dtype=np.int64)
    candidates = [run.retrieved.candidates[rows] for run in runs.runs]
    retrieval = _by_row([runs.plain.rankings]) | _by_row([run.retrieved.rankings for run in runs.runs])
    linking = _by_row([run.linked.ranked for run in runs.runs])
    return Outcome(
        {
            name: some if isinstance(some, NotRun) else _retrieval_values(some, rows, gold)
            for name, some in retrieval.items()
        },
        {
            name: some if isinstance(some, NotRun) else _linking_values([ranked[at] for ranked in some], gold)
            for name, some in linking.items()
        }
        | {tables.RANDOM: chance(candidates, gold)},
        _stack([_found(some, gold) for some in candidates]),
        _groups(data, gold),
        {
            **runs.plain.remarks,
            **dict.fromkeys(linking.keys() - {*tables.TABLE5}, "beyond the paper"),
            tables.RANDOM: "the expected value of choosing blindly",
        },
    )


def rate_attributes(data: Data, runs: Runs) -> dict[str, dict[str, dict[str, Any]]]:
    """Precision and recall of each extractor on dev and test, in the first run."""
    extracted = runs.runs[0].extracted
    return {split: rate(data, runs.sheets, extracted, data.reviews.rows(split)) for split in ("dev", "test")}


def _by_row(runs: Sequence[Mapping[str, T | NotRun]]) -> dict[str, list[T] | NotRun]:
    """The results of all runs by row, or the first `NotRun` among them."""
    rows: dict[str, list[T] | NotRun] = {}
    for name in runs[0]:
        some = [run[name] for run in runs]
        reason = next((one for one in some if isinstance(one, NotRun)), None)
        rows[name] = [one for one in some if not isinstance(one, NotRun)] if reason is None else reason
    return rows


def _retrieval_values(rankings: Sequence[Ranking], rows: Integers, gold: Integers) -> Measured:
    values = {f"recall@{k}": _stack([hits(one.top(k)[rows], gold, k) for one in rankings]) for k in tables.RECALLS}
    deepest = max(tables.RECALLS)
    return values | {"mrr": _stack([reciprocal_ranks(one.top(deepest)[rows], gold) for one in rankings])}


def _linking_values(ranked: Sequence[Integers], gold: Integers) -> Measured:
    return {
        "recall@1": _stack([hits(one, gold, 1) for one in ranked]),
        "mrr": _stack([reciprocal_ranks(one, gold) for one in ranked]),
    }


def _found(candidates: Integers, gold: Integers) -> Values:
    return np.asarray((candidates == gold[:, None]).any(axis=1), dtype=np.float64)


def chance(candidates: Sequence[Integers], gold: Integers) -> Measured:
    """Expected scores of a random order: with gold among m candidates, 1/m right and an MRR of (1+1/2+..)/m."""
    counts = [np.maximum((some >= 0).sum(axis=1), 1) for some in candidates]
    found = [_found(some, gold) for some in candidates]
    harmonic = np.cumsum(1 / np.arange(1, max((some.shape[1] for some in candidates), default=0) + 2))
    return {
        "recall@1": _stack([there / count for there, count in zip(found, counts, strict=True)]),
        "mrr": _stack([there * harmonic[count - 1] / count for there, count in zip(found, counts, strict=True)]),
    }


def _stack(runs: Sequence[Values]) -> Values:
    return np.stack([np.asarray(run, dtype=np.float64) for run in runs])


def _groups(data: Data, gold: Integers) -> Integers:
    """The number of each gold product's category, the whole path."""
    numbers = {path: n for n, path in enumerate(sorted(set(data.kb.categories)))}
    return np.array([numbers[data.kb.categories[row]] for row in gold], dtype=np.int64)
