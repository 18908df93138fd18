"""Exact nearest rows by cosine, in blocks: each processor holds one block of the similarity matrix."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ameli_build.core.arrays import Integers, Matrix
from ameli_build.core.workers import default_workers

_BLOCK = 256
"""Rows of a block of the similarity matrix. A constant, because the last digits depend on it."""

_STRIDE = 128
"""Columns under one maximum."""

_SCALE = np.float32(10_000)
"""Cosines are compared as whole ten-thousandths, so that the last digits never decide."""


def nearest_others(vectors: Matrix, k: int, groups: Integers | None = None) -> list[list[int]]:
    """For each row of unit `vectors` the `k` other rows of highest cosine; ties go to the lower row.

    With `groups`, only rows of the same group count, but all rows for a row alone in its group. All processors work,
    one block in each thread; the result does not depend on their number.
    """
    found: list[list[int]] = [[] for _ in range(len(vectors))]
    everyone = np.arange(len(vectors))
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(default_workers()) as pool:
        for rows, numbers in _questions(everyone, groups):
            others = vectors if len(numbers) == len(vectors) else vectors[numbers]
            blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
            answers = pool.map(partial(_search, vectors, others, numbers, k), blocks)
            for block, places in zip(blocks, answers, strict=True):
                for row, some in zip(block.tolist(), places, strict=True):
                    found[row] = numbers[some].tolist()
    return found


def _questions(everyone: Integers, groups: Integers | None) -> Iterator[tuple[Integers, Integers]]:
    """Pairs of query rows and the rows to search."""
    if groups is None:
        yield everyone, everyone
        return
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    yield from ((some, some) for some in members if len(some) > 1)
    alone = [some for some in members if len(some) == 1]
    if alone:
        yield np.concatenate(alone), everyone


def _search(vectors: Matrix, others: Matrix, numbers: Integers, k: int, block: Integers) -> list[Integers]:
    """For each row of `block` its nearest among `others`, whose numbers are `numbers`, in ascending order."""
    scores = vectors[block] @ others.T
    np.multiply(scores, _SCALE, out=scores)
    np.rint(scores, out=scores)
    scores[np.arange(len(block)), np.searchsorted(numbers, block)] = -np.inf
    least = _lower_bounds(scores, k)
    at, places = np.nonzero(scores >= least[:, None])
    values = scores[at, places]
    cuts = np.searchsorted(at, np.arange(1, len(block)))
    pairs = zip(np.split(places, cuts), np.split(values, cuts), strict=True)
    return [_top(some, theirs, k) for some, theirs in pairs]


def _lower_bounds(scores: Matrix, k: int) -> Matrix:
    """For each row a number that at least `k` of its scores reach: the k-th largest of the maxima of its stretches."""
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
    """The `k` places of highest score, ties at the lower place, without scores of minus infinity."""
    real = scores > -np.inf
    places, scores = places[real], scores[real]
    chosen: Integers = places[np.argsort(-scores, kind="stable")[:k]]
    return chosen
