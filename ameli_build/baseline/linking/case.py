"""The input of the rows of Table 5 in one run: candidates, and the scores of both modules (section 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ameli_build.baseline.encode import Vectors, embed_resnet
from ameli_build.baseline.extraction.attributes import Found, Sheet, contradictions
from ameli_build.baseline.linking.combine import Mixture, rank, softmax, tune_weight, weighted
from ameli_build.baseline.linking.head import make_lists
from ameli_build.baseline.linking.lists import Encoded, training_cost
from ameli_build.baseline.linking.text_module import TextModule, train_text_module
from ameli_build.baseline.retrieval.channels import cosine_scorer
from ameli_build.baseline.retrieval.pools import score_candidates
from ameli_build.baseline.retrieval.table4 import TRAININGS, Retrieved, image_scorer, learn_adapters
from ameli_build.core.arrays import Floats, Integers, Mask, Matrix
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.not_run import NotRun
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.scores import tables

NOTHING_TO_JUDGE = NotRun("no dev or test review to link")
ONE_CANDIDATE = NotRun("one candidate a review, nothing to choose from: baseline.keep or baseline.text_candidates is 1")

ModuleScores = Floats | NotRun
"""Scores of shape (reviews, candidates), higher is better; or the reason why there are none."""


@dataclass(frozen=True)
class Case:
    """The dev and test reviews of a run with their candidates; modules are trained when a row first reads their scores.

    `retrieved` are the candidates of all reviews, `found` the attributes that they state, `encoded` the pairs that the
    text module reads; `run` counts from 0.
    """

    work: Work
    settings: Settings
    data: Data
    vectors: Vectors
    sheets: Sequence[Sheet]
    retrieved: Retrieved
    found: Sequence[Found]
    encoded: Encoded
    run: int

    @property
    def seed(self) -> int:
        """The seed of this run."""
        return self.settings.run.seed + self.run

    @cached_property
    def rows(self) -> Integers:
        """The rows of the dev reviews, then of the test reviews."""
        return self.data.reviews.linked()

    @cached_property
    def candidates(self) -> Integers:
        """Rows of the retrieved products, shape (reviews, candidates), padded with -1."""
        return self.retrieved.candidates[self.rows]

    @cached_property
    def contradicted(self) -> Mask:
        """Candidates with an attribute for which the review states another value, (reviews, candidates)."""
        if not self.settings.baseline.attribute_filter:
            return np.zeros(self.candidates.shape, dtype=np.bool_)
        return contradictions([self.found[row] for row in self.rows], self.sheets, self.candidates)

    @cached_property
    def text(self) -> ModuleScores:
        """The text module's scores after softmax."""
        return self._by_text(self.text_module, plain=False)

    @cached_property
    def plain(self) -> ModuleScores:
        """The scores after softmax of a text module that reads descriptions only."""
        return self._by_text(self.plain_module, plain=True)

    @cached_property
    def image(self) -> ModuleScores:
        """The image module's scores after softmax."""
        if self.retrieved.adapters is None:
            return tables.NOTHING_TO_LEARN
        scorer = image_scorer(self.vectors, self.retrieved.adapters, self.settings)
        scores = score_candidates(scorer, self.rows, self.candidates)
        return softmax(scores * np.float32(self.settings.baseline.image_scale), self.candidates)

    @cached_property
    def full(self) -> Mixture | NotRun:
        """Text and image, with the weight that is best on dev without contradicted candidates."""
        return self._mix(self.text, self.contradicted)

    @cached_property
    def no_attribute(self) -> Mixture | NotRun:
        """Descriptions and image, with the weight that is best on dev."""
        return self._mix(self.plain, None)

    @cached_property
    def by_title(self) -> ModuleScores:
        """V2TEL: cosines of review pictures and product texts by CLIP and adapters."""
        if isinstance(self.vectors.titles, NotRun):
            return self.vectors.titles
        return self._adapted(self.vectors.review_pictures.first(), self.vectors.titles, self.seed + 1)

    @cached_property
    def by_picture(self) -> ModuleScores:
        """V2VEL: cosines of review and product pictures by a ResNet and adapters."""
        try:
            pictures = embed_resnet(self.work, self.settings, self.data)
        except UnusableInput as error:
            return NotRun(str(error))
        return self._adapted(*pictures, self.seed + 2)

    def rank(self, scores: ModuleScores | Mixture, contradicted: Mask | None = None) -> Integers | NotRun:
        """The candidates by `scores`, best first, `contradicted` ones last; `NotRun` is passed on."""
        if isinstance(scores, NotRun):
            return scores
        return rank(scores.scores if isinstance(scores, Mixture) else scores, self.candidates, contradicted)

    @cached_property
    def text_module(self) -> TextModule | None:
        """The trained text module; None if there is nothing to learn from."""
        if self._has_lists and self.run == 0 and self.settings.baseline.text_layers:
            say(training_cost(self.settings, self.encoded.lists[0].learning, len(self.encoded.lists)))
        return self._trained(plain=False)

    @cached_property
    def plain_module(self) -> TextModule | None:
        """The trained text module that reads descriptions only."""
        return self._trained(plain=True)

    @property
    def tuned(self) -> dict[str, Any]:
        """Values that were chosen on dev, for `scores.json`."""
        mixtures = {tables.OURS: self.full, tables.NO_ATTRIBUTE: self.no_attribute}
        modules = {"with_attributes": self.text_module, "description_only": self.plain_module}
        chosen = {name: _chosen(module) for name, module in modules.items()}
        amounts = {"train_reviews": len(self.encoded.lists[self.run].train), "pairs": len(self.encoded.pairs)}
        weights = {name: mixed.weight for name, mixed in mixtures.items() if isinstance(mixed, Mixture)}
        return {"lambda": weights, "text_module": {**amounts, **chosen}}

    @property
    def _has_lists(self) -> bool:
        lists = self.encoded.lists[self.run]
        return bool(lists.learning.slots.size and lists.judging.slots.size)

    @cached_property
    def _is_dev(self) -> Mask:
        return np.array([self.data.reviews.splits[row] == "dev" for row in self.rows], dtype=np.bool_)

    def _trained(self, *, plain: bool) -> TextModule | None:
        if not self._has_lists:
            return None
        lists, vectors, gold = self.encoded.lists[self.run], self.encoded.vectors, self.data.reviews.gold
        learning = make_lists(lists.learning, vectors, plain)
        dev = make_lists(lists.judging, vectors, plain).some(self._is_dev)
        dev_gold, cache = gold[self.rows[self._is_dev]], self.work.folder(TRAININGS)
        options = self.settings.baseline
        return train_text_module(learning, gold[lists.train], dev, dev_gold, options, self.seed, cache)

    def _by_text(self, module: TextModule | None, *, plain: bool) -> ModuleScores:
        lists = self.encoded.lists[self.run]
        if module is not None:
            return softmax(module.scores(make_lists(lists.judging, self.encoded.vectors, plain)), self.candidates)
        if not len(self.rows):
            return NOTHING_TO_JUDGE
        alone = len(lists.train) > 0 and lists.learning.candidates.shape[1] < 2 <= len(self.data.kb)
        return ONE_CANDIDATE if alone else tables.NOTHING_TO_LEARN

    def _mix(self, text: ModuleScores, contradicted: Mask | None) -> Mixture | NotRun:
        if isinstance(text, NotRun):
            return text
        if isinstance(self.image, NotRun):
            return self.image
        dev = self._is_dev
        dev_mask = None if contradicted is None else contradicted[dev]
        gold = self.data.reviews.gold[self.rows[dev]]
        weight = tune_weight(text[dev], self.image[dev], self.candidates[dev], dev_mask, gold)
        return Mixture(weight, weighted(text, self.image, weight))

    def _adapted(self, queries: Matrix, entities: Matrix, seed: int) -> ModuleScores:
        """Cosines with the candidates, after adapters that are trained for these two kinds of vectors."""
        adapters = learn_adapters(self.work, self.data, queries, entities, self.settings, seed)
        if adapters is None:
            return tables.NOTHING_TO_LEARN
        scorer = cosine_scorer(adapters.adapt_reviews(queries), adapters.adapt_products(entities))
        return score_candidates(scorer, self.rows, self.candidates)


def _chosen(module: TextModule | None) -> dict[str, Any] | None:
    return None if module is None else {"epoch": module.epoch, "dev_f1": module.dev_f1}
