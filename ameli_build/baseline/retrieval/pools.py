"""Candidate retrieval (section 4.3): pools, the weighted sum of their channels, the prior filter, Recall@K.

The pool of a review is the union of its top-J products by text and its top-J by image; every channel is known for
all of the pool. Scores are rounded to six decimals and ties go to the smaller SKU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations

import numpy as np
import numpy.typing as npt

from ameli_build.baseline.metrics import Integers, positions
from ameli_build.models import Matrix

Mask = npt.NDArray[np.bool_]
Weights = Mapping[str, float]
Scorer = Callable[[Integers], npt.NDArray[np.float32]]
"""Scores of some reviews (rows) against all products, shape (reviews, products)."""

DEPTH = 100
BLOCK = 256
STEPS = 10


@dataclass(frozen=True, slots=True)
class Pool:
    """Products that each review is compared with: rows of the knowledge base, ascending, padded with -1.

    `channels` and `allowed` (the prior's verdict) have the shape of `rows`: (reviews, width).
    """

    rows: Integers
    channels: Mapping[str, npt.NDArray[np.float32]]
    allowed: Mask


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first products of each review, best first, padded with -1; `allowed` is the prior's verdict on each."""

    rows: Integers
    scores: npt.NDArray[np.float32]
    allowed: Mask
    after: int = 0
    """When above 0, the prior filters each list after its cut, which keeps at least so many."""

    def top(self, k: int) -> Integers:
        """The first `k` products, shape (reviews, k), padded with -1."""
        if not self.after:
            return _pad(self.rows[:, :k], k)
        cut = max(k, self.after)
        rows, allowed = self.rows[:, :cut], self.allowed[:, :cut] & (self.rows[:, :cut] >= 0)
        allowed = np.where(allowed.any(axis=1, keepdims=True), allowed, rows >= 0)
        order = np.argsort(~allowed, axis=1, kind="stable")
        kept = np.where(np.take_along_axis(allowed, order, axis=1), np.take_along_axis(rows, order, axis=1), -1)
        return _pad(kept[:, :k], k)


def _pad(rows: Integers, k: int) -> Integers:
    return np.pad(rows, ((0, 0), (0, max(0, k - rows.shape[1]))), constant_values=-1).astype(np.int64)


def build_pool(scorers: Mapping[str, Scorer], allowed: Sequence[Mask], products: int, top: int) -> Pool:
    """The pool of all reviews, `len(allowed)` of them, from the top-`top` of each channel, a block at a time."""
    blocks = []
    for start in range(0, len(allowed), BLOCK):
        some = np.arange(start, min(start + BLOCK, len(allowed)), dtype=np.int64)
        full = {name: np.round(scorer(some), 6) for name, scorer in scorers.items()}
        rows = _union([_top(scores, top) for scores in full.values()], len(some), products)
        safe = np.maximum(rows, 0)
        channels = {name: np.take_along_axis(scores, safe, axis=1) for name, scores in full.items()}
        mask = np.stack([allowed[start + n][row] for n, row in enumerate(safe)]) & (rows >= 0)
        blocks.append(Pool(rows, channels, mask))
    return _join(blocks, tuple(scorers))


def score_candidates(scorer: Scorer, reviews: Integers, candidates: Integers) -> npt.NDArray[np.float32]:
    """Scores of the candidates of some reviews, shape (reviews, candidates); whatever for padding (-1)."""
    scores = np.zeros(candidates.shape, dtype=np.float32)
    for start in range(0, len(reviews), BLOCK):
        some = slice(start, start + BLOCK)
        scores[some] = np.take_along_axis(scorer(reviews[some]), np.maximum(candidates[some], 0), axis=1)
    return np.round(scores, 6)


def _top(scores: npt.NDArray[np.float32], top: int) -> Integers | None:
    if top >= scores.shape[1]:
        return None
    return np.argsort(-scores, axis=1, kind="stable")[:, :top].astype(np.int64)


def _union(tops: Sequence[Integers | None], reviews: int, products: int) -> Integers:
    some = [top for top in tops if top is not None]
    if len(some) < len(tops) or not some:
        return np.tile(np.arange(products, dtype=np.int64), (reviews, 1))
    rows = [np.unique(np.concatenate([top[n] for top in some])) for n in range(reviews)]
    width = max(len(row) for row in rows)
    return np.stack([np.pad(row, (0, width - len(row)), constant_values=-1) for row in rows])


def _join(blocks: Sequence[Pool], names: Sequence[str]) -> Pool:
    if not blocks:
        empty = np.zeros((0, 0), dtype=np.float32)
        return Pool(empty.astype(np.int64), dict.fromkeys(names, empty), empty.astype(np.bool_))
    width = max(block.rows.shape[1] for block in blocks)

    def widened(block: Pool, values: npt.NDArray[np.generic], fill: float) -> npt.NDArray[np.generic]:
        return np.pad(values, ((0, 0), (0, width - block.rows.shape[1])), constant_values=fill)

    return Pool(
        np.concatenate([widened(one, one.rows, -1) for one in blocks]).astype(np.int64),
        {name: np.concatenate([widened(one, one.channels[name], 0) for one in blocks]) for name in names},
        np.concatenate([widened(one, one.allowed, 0) for one in blocks]).astype(np.bool_),
    )


def fuse(pool: Pool, weights: Weights, prior_first: bool) -> npt.NDArray[np.float32]:
    """The weighted sum of channels, -inf for padding and, with `prior_first`, for what the prior forbids.

    The filter is undone for a review that it would leave with nothing.
    """
    total = np.zeros(pool.rows.shape, dtype=np.float32)
    for name, weight in weights.items():
        total += np.float32(weight) * pool.channels[name]
    keep = pool.rows >= 0
    if prior_first:
        keep &= pool.allowed | ~pool.allowed.any(axis=1, keepdims=True)
    return np.where(keep, np.round(total, 6), -np.inf).astype(np.float32)


def rank(pool: Pool, weights: Weights, *, prior: str = "", keep: int = 0) -> Ranking:
    """The first `DEPTH` products of each review; `prior` is "before", "after" or "" for no filter."""
    scores = fuse(pool, weights, prior == "before")
    order = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    best = np.take_along_axis(scores, order, axis=1)
    rows = np.where(np.isfinite(best), np.take_along_axis(pool.rows, order, axis=1), -1).astype(np.int64)
    allowed = np.take_along_axis(pool.allowed, order, axis=1)
    return Ranking(rows, best, allowed, keep if prior == "after" else 0)


def tune(pool: Pool, names: Sequence[str], gold: Integers, keep: int, prior: str) -> Weights:
    """Weights of `names` in tenths that sum to 1: best Recall@`keep`, then Recall@1, then the most even, on dev.

    Even weights where there is no review to tune on.
    """
    even = dict.fromkeys(names, 1 / len(names))
    if len(gold) == 0 or len(names) == 1:
        return even
    best: tuple[tuple[float, ...], Weights] | None = None
    for parts in combinations(range(STEPS + 1), repeat=len(names)):
        if sum(parts) != STEPS:
            continue
        weights = {name: part / STEPS for name, part in zip(names, parts, strict=True)}
        place = positions(rank(pool, weights, prior=prior, keep=keep).top(keep), gold)
        spread = sum((weight - even[name]) ** 2 for name, weight in weights.items())
        score = (float((place >= 0).mean()), float((place == 0).mean()), -round(spread, 6))
        if best is None or score > best[0]:
            best = (score, weights)
    return even if best is None else best[1]


def select(pool: Pool, rows: Integers) -> Pool:
    """The pool of some reviews."""
    return Pool(pool.rows[rows], {name: values[rows] for name, values in pool.channels.items()}, pool.allowed[rows])


def cosine_scorer(queries: Matrix, entities: Matrix) -> Scorer:
    """Cosines of one unit vector a review with one a product."""
    return lambda some: queries[some] @ entities.T


@dataclass(frozen=True, slots=True)
class Pictures:
    """Vectors of several pictures an item: item n has rows `starts[n]` up to `starts[n + 1]`, at least one."""

    vectors: Matrix
    starts: Integers

    def first(self) -> Matrix:
        """The vector of each item's first picture."""
        return self.vectors[self.starts[:-1]]


def picture_scorer(reviews: Pictures, products: Pictures, pooling: str) -> Scorer:
    """Cosines of pictures: of the first ones, or the maximum or mean over all pairs (`pooling`)."""
    if pooling == "first":
        return cosine_scorer(reviews.first(), products.first())
    counts = np.diff(products.starts)

    def scores(some: Integers) -> npt.NDArray[np.float32]:
        return np.stack([_pooled(reviews, products, counts, int(n), pooling) for n in some])

    return scores


def _pooled(reviews: Pictures, products: Pictures, counts: Integers, n: int, pooling: str) -> npt.NDArray[np.float32]:
    pairs = reviews.vectors[reviews.starts[n] : reviews.starts[n + 1]] @ products.vectors.T
    if pooling == "maximum":
        pooled = np.maximum.reduceat(pairs.max(axis=0), products.starts[:-1])
    else:
        pooled = np.add.reduceat(pairs.mean(axis=0), products.starts[:-1]) / counts
    return np.asarray(pooled, dtype=np.float32)
