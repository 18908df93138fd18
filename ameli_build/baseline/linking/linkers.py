"""One run of disambiguation: both modules are trained, then every row of Table 5 ranks (section 4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.extraction.attributes import Found, Sheet, contradictions
from ameli_build.baseline.linking.combine import Mixture, softmax, tune_weight, weighted
from ameli_build.baseline.linking.cost import training_cost
from ameli_build.baseline.linking.head import make_lists
from ameli_build.baseline.linking.lists import Encoded, TextLists
from ameli_build.baseline.linking.table5 import LINKERS, Case, Judged
from ameli_build.baseline.linking.text_module import TextModule, train_text_module
from ameli_build.baseline.retrieval.pools import score_candidates
from ameli_build.baseline.retrieval.retrievers import TRAININGS, Retrieved, image_scorer
from ameli_build.core.arrays import Floats, Integers, Mask
from ameli_build.core.cache import Work
from ameli_build.core.not_run import NotRun
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings

NOTHING_TO_JUDGE = NotRun("no dev or test review to link")
ONE_CANDIDATE = NotRun("one candidate a review, nothing to choose from: baseline.keep or baseline.text_candidates is 1")


@dataclass(frozen=True, slots=True)
class Linked:
    """Ranked candidates of the reviews at `judged.rows` by row of Table 5.

    `combined` are the full model's scores, 0 where it did not run. `text_module` is the trained one with attributes,
    None where there was nothing to learn from.
    """

    judged: Judged
    ranked: Mapping[str, Integers | NotRun]
    combined: Floats
    tuned: Mapping[str, Any]
    text_module: TextModule | None


def link(
    work: Work,
    settings: Settings,
    data: Data,
    vectors: Vectors,
    retrieved: Retrieved,
    sheets: Sequence[Sheet],
    found: Sequence[Found],
    encoded: Encoded,
    run: int,
) -> Linked:
    """Train both modules of the run, then rank the candidates by every row of Table 5 that is registered."""
    seed = settings.run.seed + run
    rows = linked_rows(data)
    modules, learnt = _text_modules(work, settings, data, encoded, run, rows)
    without_text = _why_none(data, encoded.lists[run])
    judged = _judge(settings, vectors, retrieved, sheets, found, encoded, run, rows, modules, without_text)
    full = _mix(data, judged, judged.text, judged.contradicted)
    no_attribute = _mix(data, judged, judged.plain, None)
    case = Case(work, settings, data, vectors, judged, full, no_attribute, seed)
    ranked = {name: row(case) for name, row in LINKERS.items()}
    mixtures = {tables.OURS: full, tables.NO_ATTRIBUTE: no_attribute}
    weights = {name: mixed.weight for name, mixed in mixtures.items() if not isinstance(mixed, NotRun)}
    combined = np.zeros(judged.candidates.shape, dtype=np.float32) if isinstance(full, NotRun) else full.scores
    return Linked(judged, ranked, combined, {"lambda": weights, "text_module": learnt}, modules[0])


def linked_rows(data: Data) -> Integers:
    """The rows of the linked reviews: dev, then test."""
    return np.concatenate([data.reviews.rows("dev"), data.reviews.rows("test")])


Modules = tuple[TextModule | None, TextModule | None]
"""The text module with attributes, and the one that reads descriptions only."""


def _text_modules(
    work: Work, settings: Settings, data: Data, encoded: Encoded, run: int, rows: Integers
) -> tuple[Modules, dict[str, Any]]:
    lists, reviews = encoded.lists[run], data.reviews
    learnt: dict[str, Any] = {"train_reviews": len(lists.train), "pairs": len(encoded.pairs)}
    if not lists.learning.slots.size or not lists.judging.slots.size:
        return (None, None), learnt | {"with_attributes": None, "description_only": None}
    if run == 0 and settings.baseline.text_layers:
        say(training_cost(settings, lists.learning, len(encoded.lists)))
    is_dev = _is_dev(data, rows)
    dev_gold = reviews.gold[rows[is_dev]]
    modules: list[TextModule | None] = []
    for name, plain in (("with_attributes", False), ("description_only", True)):
        learning = make_lists(lists.learning, encoded.vectors, plain)
        dev = make_lists(lists.judging, encoded.vectors, plain).some(is_dev)
        module = train_text_module(
            learning,
            reviews.gold[lists.train],
            dev,
            dev_gold,
            settings.baseline,
            settings.run.seed + run,
            work.folder(TRAININGS),
        )
        modules.append(module)
        learnt[name] = None if module is None else {"epoch": module.epoch, "dev_f1": module.dev_f1}
    return (modules[0], modules[1]), learnt


def _why_none(data: Data, lists: TextLists) -> NotRun:
    """The reason for a missing text module."""
    if not len(lists.judging.candidates):
        return NOTHING_TO_JUDGE
    alone = len(lists.train) > 0 and lists.learning.candidates.shape[1] < 2 <= len(data.kb)
    return ONE_CANDIDATE if alone else tables.NOTHING_TO_LEARN


def _is_dev(data: Data, rows: Integers) -> Mask:
    return np.array([data.reviews.splits[row] == "dev" for row in rows], dtype=np.bool_)


def _judge(
    settings: Settings,
    vectors: Vectors,
    retrieved: Retrieved,
    sheets: Sequence[Sheet],
    found: Sequence[Found],
    encoded: Encoded,
    run: int,
    rows: Integers,
    modules: Modules,
    without_text: NotRun,
) -> Judged:
    """Score each candidate by the trained modules and the attribute filter; `without_text` is for a missing module."""
    candidates = retrieved.candidates[rows]
    contradicted = contradictions([found[row] for row in rows], sheets, candidates)
    if not settings.baseline.attribute_filter:
        contradicted = np.zeros_like(contradicted)
    text, plain = (
        without_text
        if module is None
        else softmax(module.scores(make_lists(encoded.lists[run].judging, encoded.vectors, alone)), candidates)
        for module, alone in zip(modules, (False, True), strict=True)
    )
    image: Floats | NotRun = tables.NOTHING_TO_LEARN
    if retrieved.adapters is not None:
        scores = score_candidates(image_scorer(vectors, retrieved.adapters, settings), rows, candidates)
        image = softmax(scores * np.float32(settings.baseline.image_scale), candidates)
    return Judged(rows, candidates, contradicted, text, plain, image)


def _mix(data: Data, judged: Judged, text: Floats | NotRun, contradicted: Mask | None) -> Mixture | NotRun:
    """Mix a text module with the image module; the weight has the best F1 on dev, without `contradicted` candidates."""
    image = judged.image
    if isinstance(text, NotRun):
        return text
    if isinstance(image, NotRun):
        return image
    dev = _is_dev(data, judged.rows)
    dev_mask = None if contradicted is None else contradicted[dev]
    gold = data.reviews.gold[judged.rows[dev]]
    weight = tune_weight(text[dev], image[dev], judged.candidates[dev], dev_mask, gold)
    return Mixture(weight, weighted(text, image, weight))
