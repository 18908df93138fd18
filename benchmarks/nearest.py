"""One contender of `candidates.py`: the ten nearest of random unit vectors, timed; order and answer are JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

K = 10
SCALE = 10_000
MORE = 64
"""The number of results that faiss returns: enough to include ties at the tenth place."""

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def made(rows: int, size: int) -> Vectors:
    """Random unit vectors, equal for all contenders."""
    vectors = np.random.default_rng(size).standard_normal((rows, size), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def own(vectors: Vectors) -> Rows:
    """This project."""
    from ameli_build.nearest import nearest_others

    return np.array(nearest_others(vectors, K))


def plain(vectors: Vectors) -> Rows:
    """The whole matrix at once, and a sort of the scores that reach the tenth place of their row."""
    scores = vectors @ vectors.T
    np.multiply(scores, SCALE, out=scores)
    np.rint(scores, out=scores)
    np.fill_diagonal(scores, -np.inf)
    return np.array([_sorted(np.flatnonzero(row >= np.partition(row, -K)[-K]), row) for row in scores])


def _sorted(places: Rows, row: Vectors) -> Rows:
    chosen: Rows = places[np.argsort(-row[places], kind="stable")[:K]]
    return chosen


def by_faiss(vectors: Vectors) -> Rows:
    """More than ten results from a flat index of faiss, sorted so that the lower row comes first in a tie."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    scores, places = index.search(vectors, MORE)
    rounded = np.rint(scores * SCALE)
    rounded[places == np.arange(len(vectors))[:, None]] = -np.inf
    order = np.lexsort((places, -rounded), axis=1)[:, :K]
    found: Rows = np.take_along_axis(places, order, axis=1)
    return found


def main() -> None:
    """Time the contender that the order names, and save its answer."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    contenders: dict[str, Callable[[Vectors], Rows]] = {"own": own, "numpy": plain, "faiss": by_faiss}
    search = contenders[order["contender"]]
    seconds, found = 0.0, []
    for size in order["sizes"]:
        vectors = made(order["rows"], size)
        search(vectors[:500])  # imports modules and starts threads
        start = time.perf_counter()
        found.append(search(vectors))
        seconds += time.perf_counter() - start
        del vectors
    np.save(order["out"], np.stack(found))
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
