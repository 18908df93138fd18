"""Candidate retrieval (section 4.3): pools, the weighted sum of their channels, the prior filter, Recall@K.

The pool of a review is the union of its top-J products by text and its top-J by image; every product of the pool has a
score in every channel. Scores are rounded to six decimals and ties go to the smaller SKU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product as combinations
from typing import Any

import numpy as np

from ameli_build.baseline.retrieval.channels import Scorer
from ameli_build.baseline.retrieval.search import EXACT, Index, among_top, best_columns
from ameli_build.core.arrays import Floats, Integers, Mask
from ameli_build.scores.metrics import positions

Weights = Mapping[str, float]

DEPTH = 100
BLOCK = 256
DECIMALS = 6
STEPS = 10


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of each review before ranking: rows of the knowledge base, ascending, padded with -1.

    `channels` and `allowed` (the prior's verdict) have the shape of `rows`: (reviews, width).
    """

    rows: Integers
    channels: Mapping[str, Floats]
    allowed: Mask


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first products of each review, best first, padded with -1; `allowed` is the prior's verdict on each."""

    rows: Integers
    scores: Floats
    allowed: Mask
    after: int = 0
    """Above 0, the prior filters each list after the cut; the cut keeps at least this number of products."""
    weights: Weights = field(default_factory=dict)
    """Weights of the channels that were chosen on dev."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """The record of the model's training (`TunedText.record`)."""

    def top(self, k: int) -> Integers:
        """The first `k` products, shape (reviews, k), padded with -1."""
        if not self.after:
            return _pad(self.rows[:, :k], k)
        cut = max(k, self.after)
        rows, allowed = self.rows[:, :cut], self.allowed[:, :cut] & (self.rows[:, :cut] >= 0)
        allowed = np.where(allowed.any(axis=1, keepdims=True), allowed, rows >= 0)
        order = np.argsort(~allowed, axis=1, kind="stable")
        rows = np.where(np.take_along_axis(allowed, order, axis=1), np.take_along_axis(rows, order, axis=1), -1)
        return _pad(rows[:, :k], k)


def _pad(rows: Integers, k: int) -> Integers:
    return np.pad(rows, ((0, 0), (0, max(0, k - rows.shape[1]))), constant_values=-1).astype(np.int64)


def build_pool(
    scorers: Mapping[str, Scorer], allowed: Sequence[Mask], products: int, top: int, index: str = EXACT
) -> Pool:
    """The union of the top products of each channel, with the scores of every channel.

    Args:
        scorers: The channels by name.
        allowed: For each review, the products that its mention can denote, shape (products,).
        products: Number of products.
        top: Number of products from each channel.
        index: "exact", or the factory string of the faiss index that searches each channel.

    Raises:
        UnusableInput: The index cannot be built.
    """
    searched = index != EXACT and top < products
    indexes = {name: scorer.index(index) for name, scorer in scorers.items()} if searched else {}
    width = min(products, top * len(scorers))
    shape = (len(allowed), width)
    pool = Pool(
        np.full(shape, -1, dtype=np.int64),
        {name: np.zeros(shape, dtype=np.float32) for name in scorers},
        np.zeros(shape, dtype=np.bool_),
    )
    width = 0
    for start in range(0, len(allowed), BLOCK):
        masks = allowed[start : start + BLOCK]
        block = np.arange(start, start + len(masks), dtype=np.int64)
        rows, channels = _found(scorers, indexes, block, top) if searched else _scanned(scorers, block, top)
        place = slice(start, start + len(masks)), slice(rows.shape[1])
        pool.rows[place] = rows
        for name, values in channels.items():
            pool.channels[name][place] = values
        pool.allowed[place] = np.stack([mask[row] for mask, row in zip(masks, rows, strict=True)]) & (rows >= 0)
        width = max(width, rows.shape[1])
    return select(pool, slice(None), slice(width))


def score_candidates(scorer: Scorer, reviews: Integers, candidates: Integers) -> Floats:
    """Scores of the candidates of some reviews, shape (reviews, candidates); undefined for padding (-1)."""
    return np.round(scorer.at(reviews, candidates), DECIMALS)


Block = tuple[Integers, dict[str, Floats]]


def _scanned(scorers: Mapping[str, Scorer], reviews: Integers, top: int) -> Block:
    """Rows and channels of some reviews, compared with every product."""
    full = {name: np.round(scorer(reviews), DECIMALS) for name, scorer in scorers.items()}
    keep = np.logical_or.reduce([among_top(scores, top) for scores in full.values()])
    rows = _ascending(keep)
    channels = {name: np.take_along_axis(scores, np.maximum(rows, 0), axis=1) for name, scores in full.items()}
    return rows, channels


def _found(scorers: Mapping[str, Scorer], indexes: Mapping[str, Index], reviews: Integers, top: int) -> Block:
    """Rows and channels of some reviews: products found by the indexes, with exact scores."""
    found = [scorer.nearest(indexes[name], reviews, top) for name, scorer in scorers.items()]
    distinct = [np.unique(row[row >= 0]) for row in np.concatenate(found, axis=1)]
    rows = np.full((len(reviews), max(len(row) for row in distinct)), -1, dtype=np.int64)
    for n, row in enumerate(distinct):
        rows[n, : len(row)] = row
    return rows, {name: score_candidates(scorer, reviews, rows) for name, scorer in scorers.items()}


def _ascending(keep: Mask) -> Integers:
    """The columns that `keep` marks in each row, ascending, padded with -1."""
    counts = keep.sum(axis=1)
    rows = np.full((len(keep), int(counts.max(initial=0))), -1, dtype=np.int64)
    rows[np.arange(rows.shape[1]) < counts[:, None]] = np.nonzero(keep)[1]
    return rows


def fuse(pool: Pool, weights: Weights, prior_first: bool) -> Floats:
    """The weighted sum of channels; -inf for padding and, with `prior_first`, for products that the prior excludes.

    The prior is ignored for a review if it excludes all products.
    """
    total = np.zeros(pool.rows.shape, dtype=np.float32)
    for name, weight in weights.items():
        total += np.float32(weight) * pool.channels[name]
    keep = pool.rows >= 0
    if prior_first:
        keep &= pool.allowed | ~pool.allowed.any(axis=1, keepdims=True)
    return np.where(keep, np.round(total, DECIMALS), -np.inf).astype(np.float32)


def rank(pool: Pool, weights: Weights, *, prior: str = "", keep: int = 0) -> Ranking:
    """The first `DEPTH` products of each review; `prior` is "before", "after" or "" for no filter."""
    scores = fuse(pool, weights, prior == "before")
    order = best_columns(scores, DEPTH)
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


def channels_at(pool: Pool, candidates: Integers) -> dict[str, Floats]:
    """Scores of each channel for candidates from the pool, shape (reviews, candidates); 0 for padding (-1)."""
    real = candidates >= 0
    place = np.zeros(candidates.shape, dtype=np.int64)
    for n, row in enumerate(candidates):
        place[n, real[n]] = np.searchsorted(pool.rows[n][pool.rows[n] >= 0], row[real[n]])
    if not real.size:
        return {name: np.zeros(real.shape, dtype=np.float32) for name in pool.channels}
    return {
        name: np.where(real, np.take_along_axis(values, place, axis=1), 0).astype(np.float32)
        for name, values in pool.channels.items()
    }


def select(pool: Pool, reviews: Integers | slice, columns: slice = slice(None)) -> Pool:
    """The pool of some reviews, or some columns of it."""
    channels = {name: values[reviews, columns] for name, values in pool.channels.items()}
    return Pool(pool.rows[reviews, columns], channels, pool.allowed[reviews, columns])
