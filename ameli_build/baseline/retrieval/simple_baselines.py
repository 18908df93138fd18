"""Untrained rows that each trained row of Table 4 must beat: colours, words and titles (beyond the paper).

Each row ranks all products for all reviews by one score, without the prior.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import PIL
import polars as pl

from ameli_build.baseline.data import Data
from ameli_build.baseline.retrieval.channels import cosine_scorer
from ameli_build.baseline.retrieval.pools import BLOCK, DECIMALS, DEPTH, Ranking
from ameli_build.baseline.retrieval.search import best_columns
from ameli_build.baseline.tables import COLOURS, TITLES, WORDS
from ameli_build.core.arrays import Floats, Integers, Matrix
from ameli_build.core.cache import Shard, Work
from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.not_run import NotRun
from ameli_build.core.pictures import content_key, open_picture
from ameli_build.core.settings import Settings
from ameli_build.models.embed import embed_texts

BINS = (8, 4, 4)
"""Of hue, saturation and value."""
SIDE = 128
"""Pixels: pictures are shrunk into a square of this side before their pixels are counted."""


def floors(work: Work, settings: Settings, data: Data) -> Mapping[str, Ranking | NotRun]:
    """The first `DEPTH` products of every review by row."""
    kb, reviews = data.kb, data.reviews
    if not len(kb) or not len(reviews):
        return dict.fromkeys((COLOURS, WORDS, TITLES), NotRun("no review or no product"))
    colours = [colour_histograms(work, settings, data.root, images) for images in (reviews.images, kb.images)]
    titles = embed_texts(work, settings, kb.names)
    return {
        COLOURS: rank_by_cosine(*colours),
        WORDS: rank_by_words(reviews.texts, kb.texts(settings.baseline.entity_text)),
        TITLES: rank_by_cosine(embed_texts(work, settings, reviews.texts), titles),
    }


def rank_by_words(queries: Sequence[str], documents: Sequence[str]) -> Ranking:
    """Documents by BM25 (Lucene's form, k1 1.5, b 0.75), without English stop words and without stemming.

    A document without a word of the query is not retrieved.
    """
    splitter: Any = bm25s.tokenization.Tokenizer(lower=True, stopwords="english", stemmer=None)
    corpus = splitter.tokenize(list(documents), update_vocab=True, show_progress=False, allow_empty=False)
    asked = splitter.tokenize(list(queries), update_vocab=False, show_progress=False, allow_empty=False)
    if not any(corpus):
        return _ranking([np.zeros((len(queries), len(documents)), dtype=np.float32)], least=0.0)
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index((corpus, splitter.get_vocab_dict()), show_progress=False)
    blocks = (asked[start : start + BLOCK] for start in range(0, len(asked), BLOCK))
    return _ranking((np.stack([_word_scores(index, words, len(documents)) for words in some]) for some in blocks), 0.0)


def _word_scores(index: Any, words: Sequence[int], documents: int) -> Floats:
    if not len(words):
        return np.zeros(documents, dtype=np.float32)
    scores: Floats = index.get_scores_from_ids(list(words))
    return scores


def colour_histograms(work: Work, settings: Settings, root: Path, images: Sequence[Sequence[str]]) -> Matrix:
    """Square roots of the HSV histogram of each item's first picture, unit vectors of shape (items, 128).

    Their inner product is the Bhattacharyya coefficient of the histograms. Raises `RunFailed` for a picture that
    cannot be decoded.
    """
    paths = [some[0] for some in images]
    keys = [content_key(root, path) for path in paths]
    items = sorted(dict(zip(keys, paths, strict=True)).items())
    size = settings.run.shard_rows
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    shards = [
        Shard(
            fingerprint("colours", [key for key, _ in part], PIL.__version__), (str(root), [path for _, path in part])
        )
        for part in parts
    ]
    tables = work.map("colour histograms", _histograms, shards)
    vectors = np.concatenate([table["vector"].to_numpy() for table in tables])
    place = {key: n for n, (key, _) in enumerate(items)}
    chosen: Matrix = vectors[[place[key] for key in keys]]
    return chosen


def _histograms(payload: tuple[str, list[str]]) -> pl.DataFrame:
    root, paths = payload
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
    """The first `DEPTH` entities of each query by cosine, one unit vector each."""
    scorer = cosine_scorer(queries, entities)
    rows = np.arange(len(queries), dtype=np.int64)
    return _ranking(scorer(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK))


def _ranking(blocks: Iterator[Floats] | Sequence[Floats], least: float = -np.inf) -> Ranking:
    """The best products by rounded scores above `least`, a block of reviews at a time."""
    rows, best = [], []
    for scores in blocks:
        scores = np.round(scores, DECIMALS)
        columns: Integers = best_columns(scores, DEPTH)
        values = np.take_along_axis(scores, columns, axis=1)
        rows.append(np.where(values > least, columns, -1))
        best.append(np.where(values > least, values, np.float32(-np.inf)))
    ranked = np.concatenate(rows)
    return Ranking(ranked, np.concatenate(best).astype(np.float32), ranked >= 0)
