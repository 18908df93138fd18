"""Scores on test by the top-level category of the gold product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ameli_build.core.statistics import Share
from ameli_build.report.judging import ranking_of

FEW = 20
"""Categories with fewer reviews are marked: their intervals can be 40 points wide."""
MOST = 0.9
"""A level of the category paths does not compare products if this share of them has the same name."""
NONE = "no category"

Hits = tuple[bool, bool, bool]
"""Whether the gold product of a review was retrieved first, retrieved at all, and linked, in a run."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A mean over runs with Wilson's 95 % interval for the number of reviews, in percent."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class CategoryScores:
    """Scores on the reviews of a category: gold product retrieved first, retrieved at all, and linked."""

    name: str
    reviews: int
    first: Rate
    retrieved: Rate
    linked: Rate

    @property
    def few(self) -> bool:
        """Whether the category is small."""
        return self.reviews < FEW


def scores_by_category(
    predictions: pl.DataFrame, gold: Mapping[str, str], paths: Mapping[str, Sequence[str]], method: str
) -> list[CategoryScores]:
    """All reviews, then each category, the most frequent first.

    Args:
        predictions: Rows of `predictions.parquet`, of all runs.
        gold: Gold product by review.
        paths: Category path by product.
        method: The linker.
    """
    top = top_levels(paths)
    hits: dict[str, list[Hits]] = {}
    for row in predictions.select("review_id", "candidates", "ranked").iter_rows(named=True):
        candidates, wanted = row["candidates"], gold[row["review_id"]]
        hit = (candidates[:1] == [wanted], wanted in candidates, ranking_of(row, method)[:1] == [wanted])
        hits.setdefault(row["review_id"], []).append(hit)
    reviews: dict[str, list[Sequence[Hits]]] = {}
    for review, runs in hits.items():
        reviews.setdefault(top.get(gold[review], NONE), []).append(runs)
    found = [_scores(name, each) for name, each in reviews.items()]
    return [_scores("all", list(hits.values())), *sorted(found, key=lambda scores: (-scores.reviews, scores.name))]


def _scores(name: str, reviews: Sequence[Sequence[Hits]]) -> CategoryScores:
    means = np.mean([np.mean(runs, axis=0) for runs in reviews], axis=0)
    return CategoryScores(name, len(reviews), *(_rate(float(mean), len(reviews)) for mean in means))


def _rate(share: float, reviews: int) -> Rate:
    found = Share.of(share * reviews, reviews)
    return Rate(_percent(found.value), (_percent(found.low), _percent(found.high)))


def _percent(share: float) -> float:
    return round(100 * share, 2) + 0.0  # no -0.0


def top_levels(paths: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The name of each path on the first level that compares products: no name has 90 % of them.

    >>> top_levels({"1": ("Shop", "Audio", "Speakers"), "2": ("Shop", "Computers"), "3": ("Shop",), "4": ()})
    {'1': 'Audio', '2': 'Computers', '3': 'Shop', '4': 'no category'}
    """
    given = [path for path in paths.values() if path]
    levels = range(max(map(len, given), default=0))
    counts = (Counter(path[min(level, len(path) - 1)] for path in given) for level in levels)
    top = next((level for level, names in enumerate(counts) if max(names.values()) < MOST * len(given)), -1)
    return {sku: path[min(top, len(path) - 1)] if path else NONE for sku, path in paths.items()}
