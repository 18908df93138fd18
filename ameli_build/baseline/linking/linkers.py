"""The rows of Table 5: each linker's ranking of the candidates of every dev and test review (section 4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.extraction.attributes import Found, Sheet, contradictions
from ameli_build.baseline.linking.combine import rank, softmax, tune_weight, weighted
from ameli_build.baseline.linking.cost import training_cost
from ameli_build.baseline.linking.head import make_lists
from ameli_build.baseline.linking.lists import Encoded, TextLists
from ameli_build.baseline.linking.text_module import TextModule, train_text_module
from ameli_build.baseline.linking.visual import visual_linkers
from ameli_build.baseline.metrics import Integers
from ameli_build.baseline.retrieval.pools import score_candidates
from ameli_build.baseline.retrieval.retrievers import TRAININGS, Retrieved, image_scorer
from ameli_build.progress import say
from ameli_build.settings import Settings
from ameli_build.stages import Work

NOTHING_TO_JUDGE = "no dev or test review to link"
ONE_CANDIDATE = "one candidate a review, nothing to choose from: baseline.keep or baseline.text_candidates is 1"

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates of the dev and test reviews at `rows`, and what each module says of them: (reviews, candidates).

    `text`, `plain` (the text module without attributes) and `image` are after softmax; None where a module could not
    be trained. `contradicted` candidates have an attribute that the review states with another value.
    """

    rows: Integers
    candidates: Integers
    contradicted: Mask
    text: Floats | None
    plain: Floats | None
    image: Floats | None


@dataclass(frozen=True, slots=True)
class Linked:
    """Ranked candidates of the reviews at `judged.rows` by row of Table 5, or why there are none.

    `text_module` is the trained one with attributes, None where there was nothing to learn from.
    """

    judged: Judged
    ranked: Mapping[str, Integers | str]
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
    """Train both modules of the run and let every linker of Table 5 but chance, which needs no ranking, rank."""
    seed = settings.run.seed + run
    rows = linked_rows(data)
    modules, learnt = _text_modules(work, settings, data, encoded, run, rows)
    judged = _judge(settings, vectors, retrieved, sheets, found, encoded, run, rows, modules)
    ranked, combined, weights = _ours(data, judged, _why_none(data, encoded.lists[run]))
    ranked |= visual_linkers(work, settings, data, vectors, rows, judged.candidates, seed)
    return Linked(judged, ranked, combined, {"lambda": weights, "text_module": learnt}, modules[0])


def linked_rows(data: Data) -> Integers:
    """The reviews that are linked: dev, then test."""
    return np.concatenate([data.reviews.rows("dev"), data.reviews.rows("test")])


Modules = tuple[TextModule | None, TextModule | None]
"""The text module with attributes, and the one that reads the description alone."""


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


def _why_none(data: Data, lists: TextLists) -> str:
    """Why there is no text module, where there is none."""
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
) -> Judged:
    """What the trained modules and the attribute filter say of each candidate."""
    candidates = retrieved.candidates[rows]
    contradicted = contradictions([found[row] for row in rows], sheets, candidates)
    if not settings.baseline.attribute_filter:
        contradicted = np.zeros_like(contradicted)
    text, plain = (
        None
        if module is None
        else softmax(module.scores(make_lists(encoded.lists[run].judging, encoded.vectors, alone)), candidates)
        for module, alone in zip(modules, (False, True), strict=True)
    )
    image = None
    if retrieved.adapters is not None:
        scores = score_candidates(image_scorer(vectors, retrieved.adapters, settings), rows, candidates)
        image = softmax(scores * np.float32(settings.baseline.image_scale), candidates)
    return Judged(rows, candidates, contradicted, text, plain, image)


def _ours(data: Data, judged: Judged, without_text: str) -> tuple[dict[str, Integers | str], Floats, dict[str, float]]:
    """The full model and its ablations: their rankings, the full model's scores, and each lambda.

    `without_text` says why there is no text module, where there is none.
    """
    is_dev = _is_dev(data, judged.rows)
    gold = data.reviews.gold[judged.rows[is_dev]]
    ranked: dict[str, Integers | str] = {}
    weights: dict[str, float] = {}
    combined = np.zeros(judged.candidates.shape, dtype=np.float32)
    mask: Mask | None
    plans = (
        (tables.OURS, judged.text, judged.image, judged.contradicted),
        (tables.NO_ATTRIBUTE, judged.plain, judged.image, None),
    )
    for name, text, image, mask in plans:
        if text is None or image is None:
            ranked[name] = without_text if text is None else tables.NOTHING_TO_LEARN
            continue
        dev_mask = None if mask is None else mask[is_dev]
        weight = tune_weight(text[is_dev], image[is_dev], judged.candidates[is_dev], dev_mask, gold)
        scores = weighted(text, image, weight)
        weights[name] = weight
        ranked[name] = rank(scores, judged.candidates, mask)
        if name == tables.OURS:
            combined = scores
    alone = ((tables.NO_IMAGE, judged.text, without_text), (tables.NO_TEXT, judged.image, tables.NOTHING_TO_LEARN))
    for name, module, reason in alone:
        ranked[name] = reason if module is None else rank(module, judged.candidates, judged.contradicted)
    return ranked, combined, weights
