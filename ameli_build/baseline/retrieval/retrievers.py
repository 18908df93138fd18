"""The rows of Table 4: each retriever's ranking of all reviews, its weights tuned on dev (section 4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.linking.image_module import Adapters, Examples, train_adapters
from ameli_build.baseline.retrieval.channels import Pictures, Scorer, cosine_scorer, picture_scorer
from ameli_build.baseline.retrieval.cross_encoder import Crossed, cross_encode
from ameli_build.baseline.retrieval.pools import (
    DEPTH,
    Pool,
    Ranking,
    Weights,
    build_pool,
    channels_at,
    rank,
    select,
    tune,
)
from ameli_build.baseline.retrieval.prior import Prior, rank_by_prior
from ameli_build.baseline.retrieval.simple_baselines import floors
from ameli_build.baseline.retrieval.tuned_text import TunedText, tune_text
from ameli_build.core.arrays import Floats, Integers, Mask, Matrix
from ameli_build.core.cache import Work
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings

NO_CROSS = "without the cross-encoder's term: {}"
A_FLOOR = "a floor, beyond the paper"
BEYOND = "beyond the paper; trained once, with the seed of the first run"
TRAININGS = "trainings"
"""Folder of the cache for checkpoints and finished weights."""
PRIOR_ONLY = "products whose P(e|m) is above 0, by P(e|m), P(c|m) and SKU"


@dataclass(frozen=True, slots=True)
class Plain:
    """Results shared by all runs: rankings of all reviews by row of Table 4.

    `text_tuning` has the epoch of the fine-tuned text encoder and its mean reciprocal rank on dev; empty without one.
    """

    rankings: Mapping[str, Ranking | NotRun]
    weights: Mapping[str, Weights]
    remarks: Mapping[str, str]
    text_tuning: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Results of one run: rankings of all reviews by the rows with its adapters, and its trained and tuned values.

    `adapters` is None without data to train on; `candidates` are those of section 4.4, shape (reviews, K).
    """

    rankings: Mapping[str, Ranking | NotRun]
    tuned: Mapping[str, Any]
    adapters: Adapters | None
    candidates: Integers
    source: str
    """The row of Table 4 that the candidates come from."""
    best: Ranking
    """That row's ranking."""
    channels: Mapping[str, Floats]
    """The candidates' score in each channel of retrieval, shape (reviews, K)."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Pools of all reviews, built on demand: at full size each takes most of a gigabyte.

    `adapters` by seed, None without data to train on; `crossed` is None without a cross-encoder.
    """

    settings: Settings
    data: Data
    vectors: Vectors
    allowed: Sequence[Mask]
    adapters: Mapping[int, Adapters | None]
    crossed: Crossed | None = None

    def pool(self, adapters: Adapters | None = None) -> Pool:
        """The pool with original pictures, or with adapted ones."""
        plain = self._plain(adapters)
        return plain if self.crossed is None else self.crossed.onto(plain)

    def _plain(self, adapters: Adapters | None) -> Pool:
        vectors, options = self.vectors, self.settings.baseline
        scorers = {
            "text": cosine_scorer(vectors.reviews, vectors.entities),
            "image": image_scorer(vectors, adapters, self.settings),
        }
        return build_pool(scorers, self.allowed, len(self.data.kb), options.retrieve, options.index)

    def with_cross_encoder(self, work: Work) -> Pools:
        """Pools with the channel `cross`; unchanged if the settings turn it off.

        The cross-encoder reads dev, test, and the train reviews that the text module is trained on.
        """
        data, settings = self.data, self.settings
        if _why_no_cross(settings):
            return self
        reviews = data.reviews
        train = reviews.sample("train", settings.baseline.text_reviews, settings.run.seed)
        scored = np.sort(np.concatenate([train, reviews.rows("dev"), reviews.rows("test")]))
        distinct = [None, *(one for one in self.adapters.values() if one is not None)]
        pools = [partial(self._plain, one) for one in distinct]
        return replace(self, crossed=cross_encode(work, settings, data, scored, pools))


def make_pools(
    work: Work, settings: Settings, data: Data, vectors: Vectors, allowed: Sequence[Mask], seeds: Sequence[int]
) -> Pools:
    """Train the adapters of each seed, and score the pairs of all pools by the cross-encoder."""
    firsts = vectors.review_pictures.first(), vectors.product_pictures.first()
    adapters = {seed: learn_adapters(work, data, *firsts, settings, seed) for seed in seeds}
    return Pools(settings, data, vectors, allowed, adapters).with_cross_encoder(work)


def retrieve_plain(work: Work, settings: Settings, data: Data, prior: Prior, pools: Pools) -> Plain:
    """Rank all reviews by the rows that all runs share: the untrained ones, and the fine-tuned text encoder."""
    pool = pools.pool()
    text = _text_channels(pool)
    plans = {
        tables.SBERT: (text, ""),
        tables.CLIP: (["image"], ""),
        tables.BOTH: ([*text, "image"], ""),
        tables.BOTH_PRIOR: ([*text, "image"], settings.baseline.prior),
    }
    by_prior = rank_by_prior(prior, data.reviews.mentions, min(DEPTH, len(data.kb)))
    ranked, weights = _run(plans, pool, data, settings)
    tuned = tune_text(work, settings, data)
    rankings: dict[str, Ranking | NotRun] = {
        tables.PRIOR: Ranking(by_prior, np.zeros(by_prior.shape, dtype=np.float32), by_prior >= 0),
        **ranked,
        tables.TUNED_TEXT: tuned if isinstance(tuned, NotRun) else _rank_by_text(settings, data, tuned, pools.allowed),
        **floors(work, settings, data),
    }
    remarks = {tables.PRIOR: PRIOR_ONLY, tables.TUNED_TEXT: BEYOND, **dict.fromkeys(tables.FLOORS, A_FLOOR)}
    if why := _why_no_cross(settings):
        remarks |= {name: NO_CROSS.format(why) for name in tables.TABLE4 if "SBERT" in name}
    return Plain(rankings, weights, remarks, {} if isinstance(tuned, NotRun) else tuned.record)


def _why_no_cross(settings: Settings) -> str:
    """The reason why there is no channel of the cross-encoder; empty if there is one."""
    if not settings.models.cross_encoder:
        return "models.cross_encoder is empty"
    return "" if settings.baseline.cross_channel else "baseline.cross_channel is false"


def _rank_by_text(settings: Settings, data: Data, tuned: TunedText, allowed: Sequence[Mask]) -> Ranking:
    """The ranking by the fine-tuned text encoder alone."""
    options, scorer = settings.baseline, cosine_scorer(tuned.reviews, tuned.entities)
    pool = build_pool({"text": scorer}, allowed, len(data.kb), options.retrieve, options.index)
    return rank(pool, {"text": 1.0})


def retrieve_tuned(settings: Settings, data: Data, plain: Plain, pools: Pools, seed: int) -> Retrieved:
    """Rank all reviews by the rows with the adapters of `seed`; the last row provides the candidates."""
    adapters = pools.adapters[seed]
    pool = pools.pool(adapters)
    rankings: Mapping[str, Ranking | NotRun]
    if adapters is None:
        source, weights = tables.BOTH_PRIOR, dict(plain.weights)
        rankings = dict.fromkeys((tables.TUNED, tables.TUNED_BOTH, tables.TUNED_PRIOR), tables.NOTHING_TO_LEARN)
        best, chosen = plain.rankings[source], None
    else:
        text = _text_channels(pool)
        plans = {
            tables.TUNED: (["image"], ""),
            tables.TUNED_BOTH: ([*text, "image"], ""),
            tables.TUNED_PRIOR: ([*text, "image"], settings.baseline.prior),
        }
        rankings, tuned = _run(plans, pool, data, settings)
        source, weights = tables.TUNED_PRIOR, {**plain.weights, **tuned}
        best, chosen = rankings[source], {"epoch": adapters.epoch, "dev_mrr": adapters.dev_mrr}
    if isinstance(best, NotRun):
        raise TypeError(f"{source} did not run: {best}")
    learnt = {"weights": weights, "adapter": chosen}
    candidates = best.top(settings.baseline.keep)
    return Retrieved(rankings, learnt, adapters, candidates, source, best, channels_at(pool, candidates))


def _text_channels(pool: Pool) -> list[str]:
    return [name for name in pool.channels if name != "image"]


def _run(
    plans: Mapping[str, tuple[list[str], str]], pool: Pool, data: Data, settings: Settings
) -> tuple[dict[str, Ranking], dict[str, Weights]]:
    """Rank by each plan (channels and mode of the prior) with weights tuned on dev."""
    dev, keep = data.reviews.rows("dev"), settings.baseline.keep
    dev_pool, gold = select(pool, dev), data.reviews.gold[dev]
    weights = {name: tune(dev_pool, channels, gold, keep, mode) for name, (channels, mode) in plans.items()}
    rankings = {name: rank(pool, weights[name], prior=mode, keep=keep) for name, (_, mode) in plans.items()}
    return rankings, weights


def learn_adapters(
    work: Work, data: Data, queries: Matrix, entities: Matrix, settings: Settings, seed: int
) -> Adapters | None:
    """Adapters trained on the train split, chosen on dev: `queries` a review each, `entities` a product each."""
    reviews = data.reviews
    train, dev = (
        Examples(queries[rows], reviews.gold[rows], [reviews.hard[row] for row in rows])
        for rows in (reviews.rows("train"), reviews.rows("dev"))
    )
    return train_adapters(train, dev, entities, settings.baseline, seed, work.folder(TRAININGS))


def image_scorer(vectors: Vectors, adapters: Adapters | None, settings: Settings) -> Scorer:
    """Cosines of original or adapted pictures, pooled by `baseline.images`."""
    reviews, products = vectors.review_pictures, vectors.product_pictures
    if adapters is not None:
        reviews = Pictures(adapters.adapt_reviews(reviews.vectors), reviews.starts)
        products = Pictures(adapters.adapt_products(products.vectors), products.starts)
    return picture_scorer(reviews, products, settings.baseline.images)
