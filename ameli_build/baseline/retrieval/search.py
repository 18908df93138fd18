"""Top-J search: exact, or by a faiss index of the user's choice (section 4.3).

The exact search, the default, multiplies a block of queries with all vectors and partitions the scores at the top-J.
A flat faiss index ("Flat") also compares with every vector, but sorts equal scores in its own order; here the smaller
SKU comes first. A pool also needs each channel's scores of the products of the other channels: the block has them
already. `benchmarks/searching.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from ameli_build.core.arrays import Floats, Integers, Mask, Matrix
from ameli_build.core.errors import UnusableInput

EXACT = "exact"
SEARCHED_LISTS = 8
"""One in this number of lists of an inverted file is searched."""


def among_top(scores: Floats, top: int) -> Mask:
    """The `top` best columns of each row as a mask; of equal scores, the smaller columns."""
    columns = scores.shape[1]
    if top >= columns:
        return np.ones(scores.shape, dtype=np.bool_)
    least = np.partition(scores, columns - top, axis=1)[:, columns - top, None]
    keep: Mask = scores >= least
    tied = np.flatnonzero(keep.sum(axis=1) > top)
    if len(tied):
        above, equal = scores[tied] > least[tied], scores[tied] == least[tied]
        room = top - above.sum(axis=1, keepdims=True)
        keep[tied] = above | (equal & (np.cumsum(equal, axis=1) <= room))
    return keep


def best_columns(scores: Floats, top: int) -> Integers:
    """The `top` best columns of each row, best first, smaller columns before larger ones at equal scores."""
    top = min(top, scores.shape[1])
    columns = np.nonzero(among_top(scores, top))[1].reshape(len(scores), top)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Index:
    """A faiss index over vectors. It may miss some of the nearest; its scores are not used."""

    faiss: Any

    def nearest(self, queries: Matrix, top: int) -> Integers:
        """Rows of about the `top` vectors with the largest inner products, shape (queries, top), padded with -1."""
        _, rows = self.faiss.search(np.ascontiguousarray(queries, dtype=np.float32), min(top, self.faiss.ntotal))
        return np.asarray(rows, dtype=np.int64)


def build_index(vectors: Matrix, name: str) -> Index:
    """A faiss index by its factory string ("Flat", "HNSW32", "IVF256,Flat", "PQ32") over inner products.

    Built by one thread with the fixed seeds of faiss, so that it is reproducible. Raises `UnusableInput`, naming the
    setting, for an unknown index or too few vectors to train it.
    """
    count, width = vectors.shape
    try:
        index = faiss.index_factory(width, name, faiss.METRIC_INNER_PRODUCT)
        with _one_thread():
            if not index.is_trained:
                index.train(vectors)
            index.add(vectors)
    except RuntimeError as error:
        why = str(error).rpartition("failed: ")[2].strip() or "faiss knows no such index"
        raise UnusableInput(
            f"setting baseline.index: {name!r} cannot be built from {count:,} vectors of {width} numbers ({why[:200]})"
        ) from None
    lists = getattr(faiss.try_extract_index_ivf(index), "nlist", 0)
    if lists:
        faiss.extract_index_ivf(index).nprobe = max(1, lists // SEARCHED_LISTS)
    return Index(index)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for faiss: with several, a graph index differs from run to run."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
