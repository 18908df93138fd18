"""Exact nearest neighbours by cosine. Each processor holds a block of the similarity matrix at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ameli_build.core.arrays import Integers, Matrix
from ameli_build.core.workers import default_workers

_BLOCK = 256
"""Rows of a block of the similarity matrix. A constant, because the last digits of cosines depend on it."""

_STRIDE = 128
"""Number of columns that share a maximum."""

_SCALE = np.float32(10_000)
"""Cosines are rounded to ten-thousandths before comparison, so that their last digits do not matter."""


def nearest_others(vectors: Matrix, k: int, groups: Integers | None = None) -> list[list[int]]:
    """The nearest other rows of each row, by cosine; ties go to the lower row.

    All processors work, each thread on a block. The result does not depend on their number.

    Args:
        vectors: Unit vectors, shape (rows, dimension).
        k: Number of neighbours.
        groups: Group of each row, shape (rows,). Neighbours are then in the same group, but a row that is alone in its
            group has neighbours in all groups.

    Returns:
        Indices of at most `k` rows for each row, nearest first.
    """
    found: list[list[int]] = [[] for _ in range(len(vectors))]
    all_rows = np.arange(len(vectors))
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(default_workers()) as pool:
        for rows, numbers in _searches(all_rows, groups):
            others = vectors if len(numbers) == len(vectors) else vectors[numbers]
            blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
            neighbours = pool.map(partial(_search, vectors, others, numbers, k), blocks)
            for block, nearest in zip(blocks, neighbours, strict=True):
                for row, places in zip(block.tolist(), nearest, strict=True):
                    found[row] = numbers[places].tolist()
    return found


def _searches(all_rows: Integers, groups: Integers | None) -> Iterator[tuple[Integers, Integers]]:
    """Pairs of query rows and the rows to search."""
    if groups is None:
        yield all_rows, all_rows
        return
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    yield from ((rows, rows) for rows in members if len(rows) > 1)
    alone = [rows for rows in members if len(rows) == 1]
    if alone:
        yield np.concatenate(alone), all_rows


def _search(vectors: Matrix, others: Matrix, numbers: Integers, k: int, block: Integers) -> list[Integers]:
    """The nearest rows of `others` for each row of `block`. `numbers` are the row numbers of `others`, ascending."""
    scores = vectors[block] @ others.T
    np.multiply(scores, _SCALE, out=scores)
    np.rint(scores, out=scores)
    scores[np.arange(len(block)), np.searchsorted(numbers, block)] = -np.inf
    least = _lower_bounds(scores, k)
    at, places = np.nonzero(scores >= least[:, None])
    values = scores[at, places]
    cuts = np.searchsorted(at, np.arange(1, len(block)))
    pairs = zip(np.split(places, cuts), np.split(values, cuts), strict=True)
    return [_top(row_places, row_values, k) for row_places, row_values in pairs]


def _lower_bounds(scores: Matrix, k: int) -> Matrix:
    """A lower bound of each row's `k` highest scores: the k-th largest of the maxima over `_STRIDE` columns."""
    width = scores.shape[1]
    if k * _STRIDE > width:
        if k >= width:
            return np.full(len(scores), -np.inf, dtype=np.float32)
        maxima = scores
    else:
        maxima = np.maximum.reduceat(scores, np.arange(0, width, _STRIDE), axis=1)
    bounds: Matrix = np.partition(maxima, -k, axis=1)[:, -k].copy()
    return bounds


def _top(places: Integers, scores: Matrix, k: int) -> Integers:
    """The `k` places with the highest finite scores; ties go to the lower place."""
    finite = scores > -np.inf
    places, scores = places[finite], scores[finite]
    chosen: Integers = places[np.argsort(-scores, kind="stable")[:k]]
    return chosen
