"""The scores of V2VEL and V2TEL, which compare the review's picture and read no attribute (section 5.2)."""

from __future__ import annotations

import numpy as np

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.linking.combine import rank
from ameli_build.baseline.linking.resnet import embed_resnet
from ameli_build.baseline.retrieval.channels import cosine_scorer
from ameli_build.baseline.retrieval.pools import score_candidates
from ameli_build.baseline.retrieval.retrievers import learn_adapters
from ameli_build.core.arrays import Floats, Integers, Matrix
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings

RERANKED = 5
"""Number of candidates of V2VEL that V2VTEL ranks again."""


def scores_by_picture(
    work: Work, settings: Settings, data: Data, rows: Integers, candidates: Integers, seed: int
) -> Floats | NotRun:
    """V2VEL: cosines of pictures by a ResNet and adapters, for the reviews at `rows`: (reviews, candidates)."""
    try:
        pictures = embed_resnet(work, settings, data)
    except UnusableInput as error:
        return NotRun(str(error))
    return _adapted(work, data, *pictures, settings, seed, rows, candidates)


def scores_by_title(
    work: Work, settings: Settings, data: Data, vectors: Vectors, rows: Integers, candidates: Integers, seed: int
) -> Floats | NotRun:
    """V2TEL: cosines of picture and text by CLIP and adapters, for the reviews at `rows`: (reviews, candidates)."""
    if isinstance(vectors.titles, NotRun):
        return vectors.titles
    queries = vectors.review_pictures.first()
    return _adapted(work, data, queries, vectors.titles, settings, seed, rows, candidates)


def rerank(visual: Floats, text: Floats, candidates: Integers) -> Integers:
    """The first five candidates by `visual` in order of `text`, then the rest as `visual` has them."""
    order = np.lexsort((-np.round(visual, 6), candidates < 0), axis=1)
    best = order[:, :RERANKED]
    shortlist = rank(np.take_along_axis(text, best, axis=1), np.take_along_axis(candidates, best, axis=1))
    return np.concatenate([shortlist, np.take_along_axis(candidates, order[:, RERANKED:], axis=1)], axis=1)


def _adapted(
    work: Work,
    data: Data,
    queries: Matrix,
    entities: Matrix,
    settings: Settings,
    seed: int,
    rows: Integers,
    candidates: Integers,
) -> Floats | NotRun:
    """Cosines with the candidates, after adapters trained for these two kinds of vectors."""
    adapters = learn_adapters(work, data, queries, entities, settings, seed)
    if adapters is None:
        return tables.NOTHING_TO_LEARN
    scorer = cosine_scorer(adapters.adapt_reviews(queries), adapters.adapt_products(entities))
    return score_candidates(scorer, rows, candidates)
