"""The rows of Table 4: each retriever's ranking of all reviews, its weights tuned on dev (section 4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors, with_cross_encoder
from ameli_build.baseline.linking.image_module import Adapters, Examples, train_adapters
from ameli_build.baseline.metrics import Integers
from ameli_build.baseline.retrieval.pools import (
    DEPTH,
    Pictures,
    Pool,
    Ranking,
    Scorer,
    build_pool,
    cosine_scorer,
    picture_scorer,
    rank,
    select,
    tune,
)
from ameli_build.baseline.retrieval.prior import Mask, Prior, rank_by_prior
from ameli_build.models import Matrix
from ameli_build.settings import Settings
from ameli_build.stages import Work

NOTHING_TO_LEARN = "no train review, or fewer than two products, to learn from"
NO_CROSS = "without the cross-encoder's term: models.cross_encoder is empty"
PRIOR_ONLY = "products whose P(e|m) is above 0, by P(e|m), P(c|m) and SKU"


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Rankings of all reviews by row of Table 4 (or why there is none), and what was learnt and tuned for them.

    `adapters` is None where there was nothing to learn from; `candidates` are section 4.4's, shape (reviews, K).
    """

    rankings: Mapping[str, Ranking | str]
    tuned: Mapping[str, Any]
    remarks: Mapping[str, str]
    adapters: Adapters | None
    candidates: Integers
    source: str
    """The row of Table 4 that the candidates come from."""
    best: Ranking
    """That row's ranking."""


def retrieve(
    work: Work, settings: Settings, data: Data, vectors: Vectors, prior: Prior, allowed: Sequence[Mask]
) -> Retrieved:
    """Run every retriever of Table 4 over all splits."""
    options = settings.baseline
    adapters = learn_adapters(
        data, vectors.review_pictures.first(), vectors.product_pictures.first(), settings, settings.run.seed
    )
    plain = _pool(work, settings, data, vectors, allowed, None)
    text = [name for name in plain.channels if name != "image"]
    plans: dict[str, tuple[Pool | None, list[str], str]] = {
        tables.SBERT: (plain, text, ""),
        tables.CLIP: (plain, ["image"], ""),
        tables.BOTH: (plain, [*text, "image"], ""),
        tables.BOTH_PRIOR: (plain, [*text, "image"], options.prior),
    }
    tuned_pool = None if adapters is None else _pool(work, settings, data, vectors, allowed, adapters)
    plans |= {
        tables.TUNED: (tuned_pool, ["image"], ""),
        tables.TUNED_BOTH: (tuned_pool, [*text, "image"], ""),
        tables.TUNED_PRIOR: (tuned_pool, [*text, "image"], options.prior),
    }
    depth = min(DEPTH, len(data.kb))
    by_prior = rank_by_prior(prior, data.reviews.mentions, depth)
    rankings: dict[str, Ranking | str] = {
        tables.PRIOR: Ranking(by_prior, np.zeros(by_prior.shape, dtype=np.float32), by_prior >= 0)
    }
    tuned: dict[str, Any] = {}
    for name, (pool, channels, mode) in plans.items():
        if pool is None:
            rankings[name] = NOTHING_TO_LEARN
            continue
        dev = data.reviews.rows("dev")
        weights = tune(select(pool, dev), channels, data.reviews.gold[dev], options.keep, mode)
        tuned[name] = dict(weights)
        rankings[name] = rank(pool, weights, prior=mode, keep=options.keep)
    return _finished(rankings, tuned, adapters, settings)


def _finished(
    rankings: Mapping[str, Ranking | str], tuned: Mapping[str, Any], adapters: Adapters | None, settings: Settings
) -> Retrieved:
    source = tables.BOTH_PRIOR if adapters is None else tables.TUNED_PRIOR
    best = rankings[source]
    if isinstance(best, str):
        raise TypeError(f"{source} did not run")
    remarks = {tables.PRIOR: PRIOR_ONLY}
    if not settings.models.cross_encoder:
        remarks |= {name: NO_CROSS for name in rankings if "SBERT" in name}
    chosen = {"epoch": adapters.epoch, "dev_mrr": adapters.dev_mrr} if adapters is not None else None
    return Retrieved(
        rankings,
        {"weights": dict(tuned), "adapter": chosen},
        remarks,
        adapters,
        best.top(settings.baseline.keep),
        source,
        best,
    )


def learn_adapters(data: Data, queries: Matrix, entities: Matrix, settings: Settings, seed: int) -> Adapters | None:
    """Adapters trained on the train split, chosen on dev: `queries` a review each, `entities` a product each."""
    reviews = data.reviews
    train, dev = (
        Examples(queries[rows], reviews.gold[rows], [reviews.hard[row] for row in rows])
        for rows in (reviews.rows("train"), reviews.rows("dev"))
    )
    return train_adapters(train, dev, entities, settings.baseline, seed)


def _pool(
    work: Work, settings: Settings, data: Data, vectors: Vectors, allowed: Sequence[Mask], adapters: Adapters | None
) -> Pool:
    scorers = {
        "text": cosine_scorer(vectors.reviews, vectors.entities),
        "image": image_scorer(vectors, adapters, settings),
    }
    pool = build_pool(scorers, allowed, len(data.kb), settings.baseline.retrieve)
    return with_cross_encoder(work, settings, data, pool)


def image_scorer(vectors: Vectors, adapters: Adapters | None, settings: Settings) -> Scorer:
    """Cosines of pictures as they are, or adapted; pooled as the settings say."""
    reviews, products = vectors.review_pictures, vectors.product_pictures
    if adapters is not None:
        reviews = Pictures(adapters.adapt_reviews(reviews.vectors), reviews.starts)
        products = Pictures(adapters.adapt_products(products.vectors), products.starts)
    return picture_scorer(reviews, products, settings.baseline.images)
