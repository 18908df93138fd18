"""Scorers of the channels of retrieval: texts, or pictures, of which an item can have several (section 4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ameli_build.baseline.retrieval.search import Index, build_index
from ameli_build.core.arrays import Floats, Integers, Matrix

PAIRS = 1 << 25
"""Largest number of cosines of pictures in memory."""


class Scorer(Protocol):
    """Scores of reviews against products: all products, or a list of products for each review."""

    def __call__(self, reviews: Integers) -> Floats:
        """Against all products, shape (reviews, products)."""

    def at(self, reviews: Integers, rows: Integers) -> Floats:
        """Against the products `rows`, shape (reviews, width); undefined for padding (-1)."""

    def index(self, name: str) -> Index:
        """A faiss index over the vectors of the products."""

    def nearest(self, index: Index, reviews: Integers, top: int) -> Integers:
        """Rows of about the `top` best products by an index of this scorer, in any order, padded with -1."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Vectors of the pictures of items: item n has rows `starts[n]` up to `starts[n + 1]`, at least one row."""

    vectors: Matrix
    starts: Integers

    def first(self) -> Matrix:
        """The vector of each item's first picture."""
        return self.vectors[self.starts[:-1]]

    def mean(self) -> Matrix:
        """The mean vector of each item's pictures, not of unit length."""
        sums = np.add.reduceat(self.vectors, self.starts[:-1], axis=0)
        return np.asarray(sums / np.diff(self.starts)[:, None], dtype=np.float32)

    def of(self, items: Integers) -> tuple[Integers, Integers]:
        """Rows of all pictures of `items` in a sequence, and the start of each item in it."""
        counts = np.diff(self.starts)[items]
        starts = np.cumsum(counts) - counts
        rows = np.repeat(self.starts[items] - starts, counts) + np.arange(counts.sum())
        return rows, starts


@dataclass(frozen=True, slots=True)
class VectorScorer:
    """Inner products of vectors, one for each review and one for each product."""

    queries: Matrix
    entities: Matrix

    def __call__(self, reviews: Integers) -> Floats:
        """See `Scorer`."""
        scores: Floats = self.queries[reviews] @ self.entities.T
        return scores

    def at(self, reviews: Integers, rows: Integers) -> Floats:
        """See `Scorer`."""
        scores = np.zeros(rows.shape, dtype=np.float32)
        for n, review in enumerate(reviews):
            scores[n] = self.entities[rows[n]] @ self.queries[review]
        return scores

    def index(self, name: str) -> Index:
        """See `Scorer`."""
        return build_index(self.entities, name)

    def nearest(self, index: Index, reviews: Integers, top: int) -> Integers:
        """See `Scorer`."""
        return index.nearest(self.queries[reviews], top)


@dataclass(frozen=True, slots=True)
class BestPairScorer:
    """The largest cosine over all pairs of a review's and a product's pictures."""

    reviews: Pictures
    products: Pictures

    def __call__(self, reviews: Integers) -> Floats:
        """See `Scorer`."""
        scores = np.zeros((len(reviews), len(self.products.starts) - 1), dtype=np.float32)
        for part in self._parts(reviews):
            rows, starts = self.reviews.of(reviews[part])
            pairs = self.products.vectors @ self.reviews.vectors[rows].T
            best = np.maximum.reduceat(pairs, self.products.starts[:-1], axis=0)
            scores[part] = np.maximum.reduceat(best, starts, axis=1).T
        return scores

    def _parts(self, reviews: Integers) -> Iterator[slice]:
        """Slices of reviews with at most `PAIRS` pairs of pictures, but at least one review."""
        room = max(1, PAIRS // max(1, len(self.products.vectors)))
        counts = np.diff(self.reviews.starts)[reviews]
        start = 0
        while start < len(reviews):
            fitting = int(np.searchsorted(np.cumsum(counts[start:]), room, side="right"))
            yield slice(start, start := start + max(1, fitting))

    def at(self, reviews: Integers, rows: Integers) -> Floats:
        """See `Scorer`."""
        scores = np.zeros(rows.shape, dtype=np.float32)
        if not rows.shape[1]:
            return scores
        for n, review in enumerate(reviews):
            mine = self.reviews.vectors[self.reviews.starts[review] : self.reviews.starts[review + 1]]
            theirs, starts = self.products.of(np.maximum(rows[n], 0))
            scores[n] = np.maximum.reduceat((self.products.vectors[theirs] @ mine.T).max(axis=1), starts)
        return scores

    def index(self, name: str) -> Index:
        """See `Scorer`."""
        return build_index(self.products.vectors, name)

    def nearest(self, index: Index, reviews: Integers, top: int) -> Integers:
        """See `Scorer`: the products of the nearest pictures, as many pictures as `top` products have on average."""
        pictures, starts = self.reviews.of(reviews)
        products = len(self.products.starts) - 1
        wide = -(-top * len(self.products.vectors) // max(1, products))
        found = index.nearest(self.reviews.vectors[pictures], wide)
        owner = np.repeat(np.arange(products), np.diff(self.products.starts))
        owners = np.where(found >= 0, owner[found], -1)
        rows = np.full((len(reviews), top), -1, dtype=np.int64)
        for n, (start, end) in enumerate(zip(starts, [*starts[1:], len(pictures)], strict=True)):
            nearest_first = owners[start:end].T.ravel()
            distinct, place = np.unique(nearest_first[nearest_first >= 0], return_index=True)
            chosen = distinct[np.argsort(place)][:top]
            rows[n, : len(chosen)] = chosen
        return rows


def cosine_scorer(queries: Matrix, entities: Matrix) -> Scorer:
    """Cosines of unit vectors, one for each review and one for each product."""
    return VectorScorer(queries, entities)


def picture_scorer(reviews: Pictures, products: Pictures, pooling: str) -> Scorer:
    """Cosines of pictures: of the first pictures, or the maximum or mean over all pairs (`pooling`)."""
    if pooling == "first":
        return VectorScorer(reviews.first(), products.first())
    if pooling == "mean":  # the mean of inner products is the inner product of the means
        return VectorScorer(reviews.mean(), products.mean())
    return BestPairScorer(reviews, products)
