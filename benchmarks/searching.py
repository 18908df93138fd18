"""One contender of `baseline.py`: the best entities of each query, best first; order and answer are JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SIZE = 384
STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")
DECIMALS = 6

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Search = Callable[[], Any]
Contender = Callable[[Vectors, Vectors, int], tuple[Search, Callable[[Any], Rows]]]
"""Takes queries, entities and a number of results; returns the timed search, and a function from its answer to rows."""


def made(rows: int, seed: int) -> Vectors:
    """Random unit vectors, equal for all contenders."""
    vectors = np.random.default_rng(seed).standard_normal((rows, SIZE), dtype=np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def own(queries: Vectors, entities: Vectors, top: int) -> tuple[Search, Callable[[Any], Rows]]:
    """This project: the pool of all queries, sorted by score and row."""
    from ameli_build.baseline.retrieval.channels import cosine_scorer
    from ameli_build.baseline.retrieval.pools import build_pool

    everything = np.ones(len(entities), dtype=np.bool_)

    def search() -> Rows:
        pool = build_pool({"text": cosine_scorer(queries, entities)}, [everything] * len(queries), len(entities), top)
        order = np.argsort(-pool.channels["text"], axis=1, kind="stable")
        return np.take_along_axis(pool.rows, order, axis=1)

    return search, np.asarray


def by_sentence_transformers(queries: Vectors, entities: Vectors, top: int) -> tuple[Search, Callable[[Any], Rows]]:
    """`semantic_search` with its defaults, but with inner products, because the vectors have unit length."""
    import torch
    from sentence_transformers.util import dot_score, semantic_search

    asked, known = torch.from_numpy(queries), torch.from_numpy(entities)
    return (
        lambda: semantic_search(asked, known, top_k=top, score_function=dot_score),
        lambda found: np.array([[hit["corpus_id"] for hit in hits] for hits in found], dtype=np.int64),
    )


def by_faiss(queries: Vectors, entities: Vectors, top: int) -> tuple[Search, Callable[[Any], Rows]]:
    """Build and search a flat index over inner products."""
    import faiss

    def search() -> Any:
        index = faiss.IndexFlatIP(SIZE)
        index.add(entities)
        return index.search(queries, top)[1]

    return search, np.asarray


def plain(queries: Vectors, entities: Vectors, top: int) -> tuple[Search, Callable[[Any], Rows]]:
    """The whole matrix at once, partitioned, and a sort of the best entities."""

    def search() -> Rows:
        scores = queries @ entities.T
        cut = max(0, len(entities) - top)
        rows = np.argpartition(scores, cut, axis=1)[:, cut:] if cut else np.argsort(scores, axis=1)
        order = np.argsort(-np.take_along_axis(scores, rows, axis=1), axis=1, kind="stable")
        return np.take_along_axis(rows, order, axis=1)

    return search, np.asarray


CONTENDERS: dict[str, Contender] = {
    "own": own,
    "semantic_search": by_sentence_transformers,
    "faiss": by_faiss,
    "numpy": plain,
}


def main() -> None:
    """Time the contender that the order names, and save its answer."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    contender = CONTENDERS[order["contender"]]
    queries, entities = made(order["queries"], 1), made(order["entities"], 2)
    contender(queries[:8], entities[:64], min(8, order["top"]))[0]()  # imports modules and starts threads
    search, as_rows = contender(queries, entities, order["top"])
    FORGET.write_text("5")  # resets the peak, which would hide the memory of the search
    before, used, start = _mib("VmRSS"), time.process_time(), time.perf_counter()
    found = search()
    numbers = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - used, "mib": _mib("VmHWM") - before}
    np.save(order["out"], as_rows(found))
    print(json.dumps(numbers))


def _mib(kind: str) -> float:
    """Memory of this process from the kernel: current (`VmRSS`), or the peak since the last reset (`VmHWM`)."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(kind))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
