"""One contender of `baseline.py`: the best entities of each query, best first; order and answer are JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

SIZE = 384
DECIMALS = 6

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def made(rows: int, seed: int) -> Vectors:
    """Random unit vectors, the same for each contender."""
    vectors = np.random.default_rng(seed).standard_normal((rows, SIZE), dtype=np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def own(queries: Vectors, entities: Vectors, top: int) -> Rows:
    """This project: the pool of all queries, sorted by score and row."""
    from ameli_build.baseline.retrieval.pools import build_pool, cosine_scorer

    everything = np.ones(len(entities), dtype=np.bool_)
    pool = build_pool({"text": cosine_scorer(queries, entities)}, [everything] * len(queries), len(entities), top)
    order = np.argsort(-pool.channels["text"], axis=1, kind="stable")
    return np.take_along_axis(pool.rows, order, axis=1)


def by_sentence_transformers(queries: Vectors, entities: Vectors, top: int) -> Rows:
    """`semantic_search` with its defaults, but for inner products: the vectors have unit length already."""
    import torch
    from sentence_transformers.util import dot_score, semantic_search

    found = semantic_search(torch.from_numpy(queries), torch.from_numpy(entities), top_k=top, score_function=dot_score)
    return np.array([[one["corpus_id"] for one in some] for some in found], dtype=np.int64)


def plain(queries: Vectors, entities: Vectors, top: int) -> Rows:
    """The whole matrix at once, partitioned, and a sort of what is left."""
    scores = queries @ entities.T
    cut = max(0, len(entities) - top)
    rows = (
        np.argpartition(scores, cut, axis=1)[:, cut:] if cut else np.tile(np.arange(len(entities)), (len(queries), 1))
    )
    order = np.argsort(-np.take_along_axis(scores, rows, axis=1), axis=1, kind="stable")
    return np.take_along_axis(rows, order, axis=1)


CONTENDERS: dict[str, Callable[[Vectors, Vectors, int], Rows]] = {
    "own": own,
    "semantic_search": by_sentence_transformers,
    "numpy": plain,
}


def main() -> None:
    """Time the contender that the order names, and save what it found."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    search = CONTENDERS[order["contender"]]
    queries, entities = made(order["queries"], 1), made(order["entities"], 2)
    search(queries[:8], entities[:64], min(8, order["top"]))  # imports and threads are there
    before, used, start = _peak_mib(), time.process_time(), time.perf_counter()
    found = search(queries, entities, order["top"])
    said = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - used, "mib": _peak_mib() - before}
    np.save(order["out"], found)
    print(json.dumps(said))


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
