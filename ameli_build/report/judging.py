"""The misses of a linker on the test split: the step that lost the gold product, and the linker's confidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from ameli_build.core.not_run import NotRun
from ameli_build.report.funnel import Step, steps
from ameli_build.scores.tables import NO_IMAGE, NO_TEXT, OURS

SCORE_OF = {OURS: "combined", NO_TEXT: "image", NO_IMAGE: "text"}
"""Linkers whose scores are in the predictions, from the most complete to the simplest, with the score they rank by.

All of them drop candidates that an attribute contradicts.
"""
MODULES = {"retrieval": "Retrieval", "text": "Text", "image": "Image", "combined": "Combined"}


class Lost(StrEnum):
    """The step that lost the gold product of a miss."""

    NOT_RETRIEVED = "not retrieved"
    DROPPED = "dropped"
    OUTRANKED = "outranked"


LOSS = {
    Lost.NOT_RETRIEVED: "not among the retrieved candidates",
    Lost.DROPPED: "dropped by the attribute filter",
    Lost.OUTRANKED: "another candidate scored higher",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A test review of the first run, and the fate of its gold product."""

    row: Mapping[str, Any]
    """Its row of `predictions.parquet`."""
    gold: str
    predicted: str | None
    lost: Lost | None
    """None if the prediction is right."""
    confidence: float | None
    """Score of the predicted product; None without a prediction."""
    rank: int | None
    """Rank of the gold product in the linker's ranking, from 1."""
    wrong_runs: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """All test reviews, sorted by id, with the results of the linker `method` in the first of `runs` runs."""

    method: str
    score: str
    runs: int
    reviews: tuple[Judged, ...]

    def misses(self) -> list[Judged]:
        """Wrong predictions, the most confident first; ties by review id."""
        wrong = [review for review in self.reviews if review.lost is not None]
        return sorted(wrong, key=lambda review: (-(review.confidence or 0.0), review.row["review_id"]))

    def hits(self) -> list[Judged]:
        """Right predictions, by review id."""
        return [review for review in self.reviews if review.lost is None]

    def steps(self) -> list[Step]:
        """The funnel from all reviews to reviews linked to their gold product."""
        counts = {kind: sum(review.lost is kind for review in self.reviews) for kind in Lost}
        return steps(len(self.reviews), (("", str(kind), LOSS[kind], counts[kind]) for kind in Lost))


def judge(predictions: pl.DataFrame, gold: Mapping[str, str]) -> Judgement | NotRun:
    """Judge the most complete linker that ran and has scores in the predictions."""
    ran = {ranking["method"] for rankings in predictions["ranked"].to_list() for ranking in rankings}
    method = next((name for name in SCORE_OF if name in ran), None)
    if method is None:
        return NotRun("no linker ran whose scores are in the predictions: see Table 5")
    by_review: dict[str, list[dict[str, Any]]] = {}
    for row in predictions.iter_rows(named=True):
        by_review.setdefault(row["review_id"], []).append(row)
    reviews = tuple(_judge(rows, gold[review], method) for review, rows in by_review.items())
    return Judgement(method, SCORE_OF[method], max(map(len, by_review.values())), reviews)


def _judge(rows: Sequence[Mapping[str, Any]], gold: str, method: str) -> Judged:
    first, ranked = rows[0], ranking_of(rows[0], method)
    predicted = ranked[0] if ranked else None
    return Judged(
        row=first,
        gold=gold,
        predicted=predicted,
        lost=None if predicted == gold else _lost(first, gold, predicted),
        confidence=score_of(first, SCORE_OF[method], predicted),
        rank=ranked.index(gold) + 1 if gold in ranked else None,
        wrong_runs=sum(ranking_of(row, method)[:1] != [gold] for row in rows),
    )


def _lost(row: Mapping[str, Any], gold: str, predicted: str | None) -> Lost:
    candidates = row["candidates"]
    if gold not in candidates:
        return Lost.NOT_RETRIEVED
    against = dict(zip(candidates, row["contradicted"], strict=True))
    if against[gold] and not against.get(predicted, False):
        return Lost.DROPPED
    return Lost.OUTRANKED


def ranking_of(row: Mapping[str, Any], method: str) -> list[str]:
    """A linker's ranking in a row of `predictions.parquet`; empty if it did not run."""
    return next((ranking["skus"] for ranking in row["ranked"] if ranking["method"] == method), [])


def score_of(row: Mapping[str, Any], module: str, sku: str | None) -> float | None:
    """A module's score of a candidate; None without a score."""
    scores: Mapping[str, float] = dict(zip(row["candidates"], row[module] or (), strict=False))
    return None if sku is None else scores.get(sku)


@dataclass(frozen=True, slots=True)
class Kind:
    """Numbers of reviews and of right predictions in a category."""

    leaf: str
    path: str
    reviews: int
    right: int


def by_category(reviews: Iterable[Judged], categories: Mapping[str, Sequence[str]]) -> list[Kind]:
    """Reviews by the category of their gold product, most misses first; ties by path."""
    counts: dict[str, list[int]] = {}
    for review in reviews:
        count = counts.setdefault(" -> ".join(categories.get(review.gold, ())), [0, 0])
        count[0] += 1
        count[1] += review.lost is None
    kinds = [Kind(path.split(" -> ")[-1], path, whole, right) for path, (whole, right) in counts.items()]
    return sorted(kinds, key=lambda kind: (kind.right - kind.reviews, kind.path))
