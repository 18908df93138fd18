"""Exhaustive search of the four thresholds on a grid of the features' values (section 3.4)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from ameli_build.core.arrays import Integers, Mask, Values
from ameli_build.core.statistics import wilson_lower_bound
from ameli_build.informativeness.features import NAMES

GRID = 14
"""Number of thresholds for each similarity: quantiles of its values."""


@dataclass(frozen=True, slots=True)
class Found:
    """Thresholds in the order of the features, with their precision and recall on the searched labels."""

    thresholds: tuple[float, ...]
    precision: float
    recall: float


def informative(points: Values, thresholds: tuple[float, ...], needed: int) -> Mask:
    """Mask of the rows of points, shape (rows, 4), with at least `needed` features above their thresholds."""
    above: Mask = (points > np.array(thresholds)[None, :]).sum(axis=1) >= needed
    return above


def search_thresholds(points: Values, y: Mask, needed: int, min_precision: float, confidence: float = 0.5) -> Found:
    """The thresholds of highest recall at `min_precision`, else of the best F1; ties go to the higher precision.

    `points` has shape (rows, 4); `needed` features must exceed their thresholds. Every combination of `threshold_grid`
    is tried.

    The best of many combinations looks better on the searched labels than on others. So, if possible, the precision
    must hold with the one-sided `confidence` (Wilson's lower bound). Several combinations can have a recall that does
    not differ from the highest at that confidence; the most precise of them is chosen. 0.5 is the paper's objective.
    """
    first, second, kept, precision, recall = _try_all(points, y, needed)
    bound = partial(wilson_lower_bound, confidence=confidence)
    wishes = [bound(precision, kept) >= min_precision, precision >= min_precision]
    row, column = _best(precision, recall, wishes, lambda best: float(bound(best, y.sum())))
    return Found((*first[row], *second[column]), float(precision[row, column]), float(recall[row, column]))


def frontier(points: Values, y: Mask, needed: int) -> tuple[Values, Values]:
    """The curve that thresholds reach on the searched labels: recalls, falling, and the highest precision of each."""
    _, _, kept, precision, recall = _try_all(points, y, needed)
    precisions, recalls = precision[kept > 0], recall[kept > 0]
    order = np.lexsort((-precisions, -recalls))
    best: Values = np.maximum.accumulate(precisions[order])
    rises = np.flatnonzero(np.diff(best, prepend=-1.0) > 0)
    return recalls[order][rises], best[rises]


def _try_all(
    points: Values, y: Mask, needed: int
) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]], Values, Values, Values]:
    """Thresholds of the first two and of the last two features; kept rows, precision and recall of all combinations."""
    grids = [threshold_grid(points[:, n], whole=name == "n_attributes") for n, name in enumerate(NAMES)]
    first, second = list(product(*grids[:2])), list(product(*grids[2:]))
    left, right = _levels(points[:, :2], first), _levels(points[:, 2:], second)
    kept, hits = np.zeros((len(first), len(second))), np.zeros((len(first), len(second)))
    for i, j in product(range(3), range(3)):
        if i + j >= needed:
            ours, theirs = (left == i).astype(np.float64), (right == j).astype(np.float64)
            kept += ours @ theirs.T
            hits += (ours * y) @ theirs.T
    precision = np.divide(hits, kept, out=np.zeros_like(hits), where=kept > 0)
    recall = hits / y.sum()
    return first, second, kept, precision, recall


def threshold_grid(values: Values, whole: bool) -> list[float]:
    """Thresholds for one feature: whole numbers, or quantiles with two decimals. The last is at least the maximum.

    A cosine is at most 1. A logit has no limits, and its threshold can be negative.
    """
    if whole:
        return [float(n) for n in range(int(values.max()) + 1)]
    quantiles = np.quantile(values, np.linspace(0, 1, GRID))
    return [*sorted({round(float(value), 2) for value in quantiles}), float(max(1, math.ceil(values.max())))]


def _levels(points: Values, pairs: list[tuple[float, ...]]) -> Integers:
    """Number of features, of two, above their thresholds: shape (pairs of thresholds, rows)."""
    thresholds = np.array(pairs)
    levels: Integers = (points[None, :, :] > thresholds[:, None, :]).sum(axis=2)
    return levels


def _best(
    precision: Values, recall: Values, wishes: list[Mask], floor: Callable[[np.float64], float]
) -> tuple[int, int]:
    """The most precise thresholds that fulfil a wish and whose recall is at least `floor` of the best recall.

    The first wish that any thresholds fulfil counts. If there is none, the thresholds with the best F1 are chosen.
    """
    for good in wishes:
        if good.any():
            near = good & (recall >= floor(recall[good].max()) - 1e-9)
            first, second = np.where(near, precision, -1.0), recall
            break
    else:
        total = precision + recall
        first = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
        second = precision
    ranked = np.round(first, 9) * 10 + np.round(second, 9) * 1e-3
    row, column = np.unravel_index(int(np.argmax(ranked)), ranked.shape)
    return int(row), int(column)
