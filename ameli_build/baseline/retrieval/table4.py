"""The rows of Table 4: each ranks products for every review, or returns `NotRun` (section 4.3).

To add a row, write a function from `Case` to a ranking here, with `@retriever(NAME)` above it. Scores, rankings,
tables, model card and report show every registered row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.linking.image_module import Adapters, Examples, train_adapters
from ameli_build.baseline.retrieval.channels import Pictures, Scorer, cosine_scorer, picture_scorer
from ameli_build.baseline.retrieval.cross_encoder import CrossScores, cross_encode
from ameli_build.baseline.retrieval.pools import DEPTH, Pool, Ranking, build_pool, channels_at, rank, select, tune
from ameli_build.baseline.retrieval.prior import Prior, rank_by_prior
from ameli_build.baseline.retrieval.simple_baselines import colour_histograms, rank_by_cosine, rank_by_words
from ameli_build.baseline.retrieval.tuned_text import tune_text
from ameli_build.core.arrays import Floats, Integers, Mask, Matrix
from ameli_build.core.cache import Work
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.models.embed import embed_texts
from ameli_build.scores import tables

TRAININGS = "trainings"
"""Folder of the cache for checkpoints and finished weights."""
FLOOR = "a floor, beyond the paper"
BEYOND = "beyond the paper; trained once, with the seed of the first run"


@dataclass(frozen=True)
class Case:
    """The input of the rows of Table 4: all reviews and products, and the pool of candidates.

    `allowed` has the products that each review's mention can denote. `adapters` are those of a run, None for pictures
    as they are. At full size a pool takes most of a gigabyte, so it is built when a row first reads it.
    """

    work: Work
    settings: Settings
    data: Data
    vectors: Vectors
    prior: Prior
    allowed: Sequence[Mask]
    adapters: Adapters | None = None
    cross: CrossScores | None = None
    """The cross-encoder's scores, None without that channel."""

    @cached_property
    def pool(self) -> Pool:
        """The candidates of all reviews with their scores in each channel."""
        image = image_scorer(self.vectors, self.adapters, self.settings)
        text = cosine_scorer(self.vectors.reviews, self.vectors.entities)
        pool = self.pool_by({"text": text, "image": image})
        return pool if self.cross is None else self.cross.onto(pool)

    def pool_by(self, scorers: Mapping[str, Scorer]) -> Pool:
        """A pool of the first `baseline.retrieve` products of each channel."""
        options = self.settings.baseline
        return build_pool(scorers, self.allowed, len(self.data.kb), options.retrieve, options.index)

    @property
    def text(self) -> list[str]:
        """The channels that read text: `text` and, with a cross-encoder, `cross`."""
        return [name for name in self.pool.channels if name != "image"]

    def ranked(self, *channels: str, prior: str = "") -> Ranking:
        """Products by the sum of channels, with the weights that are best on dev; `prior` as in `pools.rank`."""
        dev, keep = self.data.reviews.rows("dev"), self.settings.baseline.keep
        weights = tune(select(self.pool, dev), channels, self.data.reviews.gold[dev], keep, prior)
        return replace(rank(self.pool, weights, prior=prior, keep=keep), weights=weights)

    @property
    def empty(self) -> NotRun | None:
        """The reason why simple baselines cannot run: no review or no product."""
        there = len(self.data.kb) and len(self.data.reviews)
        return None if there else NotRun("no review or no product")

    def with_cross_encoder(self, adapters: Iterable[Adapters | None]) -> Case:
        """The case with the cross-encoder's scores of the pools without and with each of `adapters`.

        The cross-encoder reads dev, test, and the train reviews that the text module is trained on.
        """
        if why_no_cross(self.settings):
            return self
        reviews = self.data.reviews
        train = reviews.sample("train", self.settings.baseline.text_reviews, self.settings.run.seed)
        scored = np.sort(np.concatenate([train, reviews.linked()]))
        distinct = [None, *(trained for trained in adapters if trained is not None)]
        pools = (replace(self, adapters=trained).pool for trained in distinct)
        return replace(self, cross=cross_encode(self.work, self.settings, self.data, scored, pools))


Rank = Callable[[Case], Ranking | NotRun]


@dataclass(frozen=True, slots=True)
class Retriever:
    """A row of Table 4; an `adapted` row is ranked in each run, with the adapters of the run."""

    rank: Rank
    adapted: bool
    note: str


RETRIEVERS: dict[str, Retriever] = {}
"""All rows of Table 4 by name."""


def retriever(name: str, *, adapted: bool = False, note: str = "") -> Callable[[Rank], Rank]:
    """Register a function as the row `name` of Table 4; `note` is a remark below the table."""

    def register(function: Rank) -> Rank:
        RETRIEVERS[name] = Retriever(function, adapted, note)
        return function

    return register


@retriever(tables.PRIOR, note="products whose P(e|m) is above 0, by P(e|m), P(c|m) and SKU")
def by_prior(case: Case) -> Ranking:
    """The prior alone (section 4.2)."""
    rows = rank_by_prior(case.prior, case.data.reviews.mentions, min(DEPTH, len(case.data.kb)))
    return Ranking(rows, np.zeros(rows.shape, dtype=np.float32), rows >= 0)


@retriever(tables.SBERT)
def by_text(case: Case) -> Ranking:
    """Text by SBERT and the cross-encoder."""
    return case.ranked(*case.text)


@retriever(tables.TUNED, adapted=True)
@retriever(tables.CLIP)
def by_image(case: Case) -> Ranking:
    """Pictures by CLIP."""
    return case.ranked("image")


@retriever(tables.TUNED_BOTH, adapted=True)
@retriever(tables.BOTH)
def by_both(case: Case) -> Ranking:
    """Text and pictures."""
    return case.ranked(*case.text, "image")


@retriever(tables.TUNED_PRIOR, adapted=True)
@retriever(tables.BOTH_PRIOR)
def by_both_and_prior(case: Case) -> Ranking:
    """Text and pictures, among the products that the mention can denote."""
    return case.ranked(*case.text, "image", prior=case.settings.baseline.prior)


@retriever(tables.TUNED_TEXT, note=BEYOND)
def by_tuned_text(case: Case) -> Ranking | NotRun:
    """Text by an SBERT that was fine-tuned on train."""
    tuned = tune_text(case.work, case.settings, case.data)
    if isinstance(tuned, NotRun):
        return tuned
    pool = case.pool_by({"text": cosine_scorer(tuned.reviews, tuned.entities)})
    return replace(rank(pool, {"text": 1.0}), training=tuned.record)


@retriever(tables.COLOURS, note=FLOOR)
def by_colours(case: Case) -> Ranking | NotRun:
    """Colours of the first pictures."""
    images = case.data.reviews.images, case.data.kb.images
    return case.empty or rank_by_cosine(
        *(colour_histograms(case.work, case.settings, case.data.root, paths) for paths in images)
    )


@retriever(tables.WORDS, note=FLOOR)
def by_words(case: Case) -> Ranking | NotRun:
    """Words of the texts by BM25."""
    entities = case.data.kb.texts(case.settings.baseline.entity_text)
    return case.empty or rank_by_words(case.data.reviews.texts, entities)


@retriever(tables.TITLES, note=FLOOR)
def by_titles(case: Case) -> Ranking | NotRun:
    """Titles of the products by SBERT."""
    sides = case.data.reviews.texts, case.data.kb.names
    return case.empty or rank_by_cosine(*(embed_texts(case.work, case.settings, texts) for texts in sides))


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Rankings of all reviews by the adapted rows of a run, and the candidates for section 4.4.

    `best` is the ranking of the row `source`, `candidates` its first K products, shape (reviews, K); `channels` has
    their scores in each channel, of the same shape. `adapters` is None without data to train on.
    """

    rankings: Mapping[str, Ranking | NotRun]
    adapters: Adapters | None
    source: str
    best: Ranking
    candidates: Integers
    channels: Mapping[str, Floats]


def rank_shared(case: Case) -> dict[str, Ranking | NotRun]:
    """Rank by the rows that all runs share."""
    copy = replace(case)  # its pool is freed on return
    return {name: row.rank(copy) for name, row in RETRIEVERS.items() if not row.adapted}


def retrieve(case: Case, shared: Mapping[str, Ranking | NotRun]) -> Retrieved:
    """Rank by the adapted rows; the candidates come from the last of them, or without adapters from a shared row."""
    rows = {name: row for name, row in RETRIEVERS.items() if row.adapted}
    rankings: Mapping[str, Ranking | NotRun]
    if case.adapters is None:
        source, rankings = tables.BOTH_PRIOR, dict.fromkeys(rows, tables.NOTHING_TO_LEARN)
    else:
        source, rankings = tables.TUNED_PRIOR, {name: row.rank(case) for name, row in rows.items()}
    best = {**shared, **rankings}[source]
    if isinstance(best, NotRun):
        raise TypeError(f"{source} did not run: {best}")
    candidates = best.top(case.settings.baseline.keep)
    return Retrieved(rankings, case.adapters, source, best, candidates, channels_at(case.pool, candidates))


def retrieval_notes(settings: Settings) -> dict[str, str]:
    """Remarks on rows of Table 4."""
    further = {name: "beyond the paper" for name in RETRIEVERS if name not in tables.TABLE4}
    notes = further | {name: row.note for name, row in RETRIEVERS.items() if row.note}
    if why := why_no_cross(settings):
        notes |= {name: f"without the cross-encoder's term: {why}" for name in tables.TABLE4 if "SBERT" in name}
    return notes


def why_no_cross(settings: Settings) -> str:
    """The reason why there is no channel of the cross-encoder; empty if there is one."""
    if not settings.models.cross_encoder:
        return "models.cross_encoder is empty"
    return "" if settings.baseline.cross_channel else "baseline.cross_channel is false"


def learn_adapters(
    work: Work, data: Data, queries: Matrix, entities: Matrix, settings: Settings, seed: int
) -> Adapters | None:
    """Adapters trained on train, chosen on dev; `queries` has a vector for each review, `entities` for each product."""
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
