"""Untrained scores that each trained row of Table 4 must beat: colours, words and titles (beyond the paper)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import PIL
import polars as pl

from ameli_build.baseline.retrieval.pools import BLOCK, DECIMALS, DEPTH, Ranking
from ameli_build.baseline.retrieval.search import best_columns
from ameli_build.core.arrays import Floats, Integers, Matrix
from ameli_build.core.cache import Kind, Work, vectors_of
from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import content_key, open_picture
from ameli_build.core.settings import Settings

BINS = (8, 4, 4)
"""Of hue, saturation and value."""
SIDE = 128
"""Pixels: pictures are shrunk into a square of this side before their pixels are counted."""


def rank_by_words(queries: Sequence[str], documents: Sequence[str]) -> Ranking:
    """Documents by BM25 (Lucene's form, k1 1.5, b 0.75), without English stop words and without stemming.

    A document without a word of the query is not retrieved.
    """
    splitter: Any = bm25s.tokenization.Tokenizer(lower=True, stopwords="english", stemmer=None)
    corpus = splitter.tokenize(list(documents), update_vocab=True, show_progress=False, allow_empty=False)
    words = splitter.tokenize(list(queries), update_vocab=False, show_progress=False, allow_empty=False)
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    if any(corpus):
        index.index((corpus, splitter.get_vocab_dict()), show_progress=False)

    def scores(query: list[int]) -> Floats:
        if not query or not any(corpus):
            return np.zeros(len(documents), dtype=np.float32)
        found: Floats = index.get_scores_from_ids(query)
        return found

    blocks = (words[start : start + BLOCK] for start in range(0, len(words), BLOCK))
    return _ranking((np.stack([scores(list(query)) for query in block]) for block in blocks), least=0.0)


def colour_histograms(work: Work, settings: Settings, root: Path, images: Sequence[Sequence[str]]) -> Matrix:
    """Square roots of the HSV histogram of each item's first picture, unit vectors of shape (items, 128).

    Their inner product is the Bhattacharyya coefficient of the histograms. Raises `RunFailed` for a picture that
    cannot be decoded.
    """
    keys = [content_key(root, paths[0]) for paths in images]
    items = {key: paths[0] for key, paths in zip(keys, images, strict=True)}
    mine = fingerprint("colours", PIL.__version__)
    kind = Kind(
        "colour histograms", _histograms, (str(root),), mine, settings.run.shard_rows, model=False, unit="pictures"
    )
    return vectors_of(work, kind, items, keys, settings.run.shard_rows)


def _histograms(root: str, paths: Sequence[str]) -> pl.DataFrame:
    vectors = np.stack([_histogram(Path(root) / path) for path in paths])
    return pl.DataFrame({"vector": vectors}, schema={"vector": pl.Array(pl.Float32, vectors.shape[1])})


def _histogram(path: Path) -> Matrix:
    try:
        image = open_picture(path)
    except (OSError, ValueError) as error:
        raise RunFailed(f"{path}: cannot be decoded ({error})") from error
    image.thumbnail((SIDE, SIDE))
    pixels = np.asarray(image.convert("HSV")).reshape(-1, 3)
    cells = np.ravel_multi_index(tuple((pixels.astype(np.int64) * BINS // 256).T), BINS)
    shares = np.bincount(cells, minlength=int(np.prod(BINS))) / len(pixels)
    return np.round(np.sqrt(shares), DECIMALS).astype(np.float32)


def rank_by_cosine(queries: Matrix, entities: Matrix) -> Ranking:
    """The first `DEPTH` entities of each query by cosine; unit vectors, shapes (queries, dim) and (entities, dim)."""
    return _ranking(queries[start : start + BLOCK] @ entities.T for start in range(0, len(queries), BLOCK))


def _ranking(blocks: Iterable[Floats], least: float = -np.inf) -> Ranking:
    """The best columns by rounded scores above `least`, a block of queries at a time."""
    rows, best = [], []
    for scores in blocks:
        scores = np.round(scores, DECIMALS)
        columns: Integers = best_columns(scores, DEPTH)
        values = np.take_along_axis(scores, columns, axis=1)
        rows.append(np.where(values > least, columns, -1))
        best.append(np.where(values > least, values, np.float32(-np.inf)))
    ranked = np.concatenate(rows)
    return Ranking(ranked, np.concatenate(best).astype(np.float32), ranked >= 0)
