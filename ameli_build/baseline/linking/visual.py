"""V2VEL, V2TEL and V2VTEL: linkers that see the review's picture and no attribute (section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.linking.combine import Scores, rank
from ameli_build.baseline.linking.resnet import embed_resnet
from ameli_build.baseline.metrics import Integers
from ameli_build.baseline.retrieval.channels import cosine_scorer
from ameli_build.baseline.retrieval.pools import score_candidates
from ameli_build.baseline.retrieval.retrievers import learn_adapters
from ameli_build.models import Matrix
from ameli_build.settings import Settings
from ameli_build.snapshot import UnusableInput
from ameli_build.stages import Work

RERANKED = 5
"""V2VTEL: so many candidates of V2VEL go to V2TEL."""


def visual_linkers(
    work: Work, settings: Settings, data: Data, vectors: Vectors, rows: Integers, candidates: Integers, seed: int
) -> Mapping[str, Integers | str]:
    """Rankings of `candidates` for the reviews at `rows`, or why there are none.

    V2VEL compares pictures by a ResNet, V2TEL picture and text by CLIP; V2VTEL re-ranks the first five of V2VEL by
    V2TEL.
    """
    text = _by_text(work, settings, data, vectors, rows, candidates, seed + 1)
    by_text = text if isinstance(text, str) else rank(text, candidates)
    try:
        pictures = embed_resnet(work, settings, data)
    except UnusableInput as error:
        both = text if isinstance(text, str) else f"needs V2VEL: {error}"
        return {tables.V2VEL: str(error), tables.V2TEL: by_text, tables.V2VTEL: both}
    visual = _adapted(work, data, *pictures, settings, seed + 2, rows, candidates)
    by_picture = tables.NOTHING_TO_LEARN if visual is None else rank(visual, candidates)
    if visual is None or isinstance(text, str):
        both = text if isinstance(text, str) else tables.NOTHING_TO_LEARN
        return {tables.V2VEL: by_picture, tables.V2TEL: by_text, tables.V2VTEL: both}
    return {tables.V2VEL: by_picture, tables.V2TEL: by_text, tables.V2VTEL: rerank(visual, text, candidates)}


def _by_text(
    work: Work, settings: Settings, data: Data, vectors: Vectors, rows: Integers, candidates: Integers, seed: int
) -> Scores | str:
    """V2TEL's scores, or why there are none."""
    if isinstance(vectors.titles, str):
        return vectors.titles
    queries = vectors.review_pictures.first()
    scores = _adapted(work, data, queries, vectors.titles, settings, seed, rows, candidates)
    return tables.NOTHING_TO_LEARN if scores is None else scores


def rerank(visual: Scores, text: Scores, candidates: Integers) -> Integers:
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
) -> Scores | None:
    """Cosines with the candidates after adapters trained for these two kinds of vectors; None without training."""
    adapters = learn_adapters(work, data, queries, entities, settings, seed)
    if adapters is None:
        return None
    scorer = cosine_scorer(adapters.adapt_reviews(queries), adapters.adapt_products(entities))
    return score_candidates(scorer, rows, candidates)
