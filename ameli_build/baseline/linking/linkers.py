"""The rows of Table 5: each linker's prediction for every dev and test review (section 4.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.extraction.attributes import Found, Sheet, contradictions
from ameli_build.baseline.linking.combine import predict, softmax, tune_weight, weighted
from ameli_build.baseline.linking.pairs import encode_pairs, lay_out
from ameli_build.baseline.linking.resnet import embed_resnet
from ameli_build.baseline.linking.text_module import Lists, TextModule, make_lists, train_text_module
from ameli_build.baseline.metrics import Integers
from ameli_build.baseline.retrieval.pools import cosine_scorer, score_candidates
from ameli_build.baseline.retrieval.retrievers import NOTHING_TO_LEARN, Retrieved, image_scorer, learn_adapters
from ameli_build.models import Matrix
from ameli_build.settings import Settings
from ameli_build.snapshot import UnusableInput
from ameli_build.stages import Work

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

RERANKED = 5
"""V2VTEL: so many candidates of V2VEL go to V2TEL."""


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
    """Predicted products of the reviews at `judged.rows` by row of Table 5, or why there are none."""

    judged: Judged
    predicted: Mapping[str, Integers | str]
    combined: Floats
    tuned: Mapping[str, Any]


def link(
    work: Work,
    settings: Settings,
    data: Data,
    vectors: Vectors,
    retrieved: Retrieved,
    sheets: Sequence[Sheet],
    found: Sequence[Found],
) -> Linked:
    """Train both modules and run every linker of Table 5 but chance, which needs no prediction."""
    rows = np.concatenate([data.reviews.rows("dev"), data.reviews.rows("test")])
    text, plain, learnt = _text_modules(work, settings, data, vectors, retrieved, sheets, found, rows)
    candidates = retrieved.candidates[rows]
    contradicted = contradictions([found[row] for row in rows], sheets, candidates)
    if not settings.baseline.attribute_filter:
        contradicted = np.zeros_like(contradicted)
    image = None
    if retrieved.adapters is not None:
        scores = score_candidates(image_scorer(vectors, retrieved.adapters, settings), rows, candidates)
        image = softmax(scores * np.float32(settings.baseline.image_scale), candidates)
    judged = Judged(rows, candidates, contradicted, text, plain, image)
    predicted, combined, weights = _ours(data, judged)
    predicted |= _visual_linkers(work, settings, data, vectors, judged)
    return Linked(judged, predicted, combined, {"lambda": weights, "text_module": learnt})


def _text_modules(
    work: Work,
    settings: Settings,
    data: Data,
    vectors: Vectors,
    retrieved: Retrieved,
    sheets: Sequence[Sheet],
    found: Sequence[Found],
    rows: Integers,
) -> tuple[Floats | None, Floats | None, dict[str, Any]]:
    """Scores after softmax for the reviews at `rows`, with attributes and with the description alone."""
    options, reviews, seed = settings.baseline, data.reviews, settings.run.seed
    train = sample(reviews.rows("train"), reviews.ids, options.text_reviews, seed)
    lists = with_gold(retrieved.candidates[train], reviews.gold[train], options.text_candidates)
    shared = (reviews, data.kb, sheets, found, vectors.cosines, options.attributes_per_candidate)
    learning = lay_out(train, lists, *shared)
    judging = lay_out(rows, retrieved.candidates[rows], *shared)
    encodings = [encode_pairs(work, settings, reviews, layout.pairs) for layout in (learning, judging)]
    if not len(encodings[0]) or not len(encodings[1]):
        return None, None, {}
    is_dev = np.array([reviews.splits[row] == "dev" for row in rows], dtype=np.bool_)
    scores: list[Floats | None] = []
    learnt: dict[str, Any] = {"train_reviews": len(train), "pairs": len(learning.pairs) + len(judging.pairs)}
    for name, plain in (("with_attributes", False), ("description_only", True)):
        train_lists, all_lists = make_lists(learning, encodings[0], plain), make_lists(judging, encodings[1], plain)
        module = _train(train_lists, reviews.gold[train], all_lists, is_dev, reviews.gold[rows[is_dev]], settings)
        scores.append(None if module is None else softmax(module.scores(all_lists), judging.candidates))
        learnt[name] = None if module is None else {"epoch": module.epoch, "dev_f1": module.dev_f1}
    return scores[0], scores[1], learnt


def _train(
    train: Lists, gold: Integers, lists: Lists, is_dev: Mask, dev_gold: Integers, settings: Settings
) -> TextModule | None:
    return train_text_module(train, gold, lists.some(is_dev), dev_gold, settings.baseline, settings.run.seed)


def sample(rows: Integers, ids: Sequence[str], count: int, seed: int) -> Integers:
    """At most `count` of the reviews, chosen by a hash of seed and id; all of them for 0."""
    if count == 0 or count >= len(rows):
        return rows
    order = sorted(rows, key=lambda row: hashlib.sha256(f"{seed} {ids[row]}".encode()).digest())
    return np.sort(np.array(order[:count], dtype=np.int64))


def with_gold(candidates: Integers, gold: Integers, count: int) -> Integers:
    """Candidate lists to learn from: the gold product takes the last place where it was not retrieved.

    With `count` above 0, gold and the first others, `count` in all. Shape (reviews, candidates), padded with -1.
    """
    width = min(count, candidates.shape[1]) if count else candidates.shape[1]
    lists = np.full((len(gold), width), -1, dtype=np.int64)
    for n, (row, target) in enumerate(zip(candidates, gold, strict=True)):
        others = [product for product in row if product >= 0 and product != target][: width - 1]
        place = next((i for i, product in enumerate(row[:width]) if product == target), len(others))
        chosen = [*others[:place], target, *others[place:]]
        lists[n, : len(chosen)] = chosen
    return lists


def _ours(data: Data, judged: Judged) -> tuple[dict[str, Integers | str], Floats, dict[str, float]]:
    """The full model and its ablations: their predictions, the full model's scores, and each lambda."""
    gold = data.reviews.gold[judged.rows]
    is_dev = np.array([data.reviews.splits[row] == "dev" for row in judged.rows], dtype=np.bool_)
    rows: dict[str, Integers | str] = {}
    weights: dict[str, float] = {}
    combined = np.zeros(judged.candidates.shape, dtype=np.float32)
    mask: Mask | None
    plans = (
        (tables.OURS, judged.text, judged.image, judged.contradicted),
        (tables.NO_ATTRIBUTE, judged.plain, judged.image, None),
    )
    for name, text, image, mask in plans:
        if text is None or image is None:
            rows[name] = NOTHING_TO_LEARN
            continue
        dev_mask = None if mask is None else mask[is_dev]
        weight = tune_weight(text[is_dev], image[is_dev], judged.candidates[is_dev], dev_mask, gold[is_dev])
        scores = weighted(text, image, weight)
        weights[name] = weight
        rows[name] = predict(scores, judged.candidates, mask)
        if name == tables.OURS:
            combined = scores
    for name, module in ((tables.NO_IMAGE, judged.text), (tables.NO_TEXT, judged.image)):
        rows[name] = NOTHING_TO_LEARN if module is None else predict(module, judged.candidates, judged.contradicted)
    return rows, combined, weights


def _visual_linkers(
    work: Work, settings: Settings, data: Data, vectors: Vectors, judged: Judged
) -> dict[str, Integers | str]:
    """V2VEL (picture to picture by a ResNet), V2TEL (picture to text by CLIP), and the second re-ranking the first."""
    seed, rows, candidates = settings.run.seed, judged.rows, judged.candidates
    queries = vectors.review_pictures.first()
    text = _adapted(data, queries, vectors.titles, settings, seed + 1, rows, candidates)
    by_text = NOTHING_TO_LEARN if text is None else predict(text, candidates)
    try:
        pictures = embed_resnet(work, settings, data)
    except UnusableInput as error:
        return {tables.V2VEL: str(error), tables.V2TEL: by_text, tables.V2VTEL: f"needs V2VEL: {error}"}
    visual = _adapted(data, pictures[0], pictures[1], settings, seed + 2, rows, candidates)
    if visual is None or text is None:
        return {tables.V2VEL: NOTHING_TO_LEARN, tables.V2TEL: by_text, tables.V2VTEL: NOTHING_TO_LEARN}
    best = np.argsort(np.where(candidates >= 0, -np.round(visual, 6), np.inf), axis=1, kind="stable")[:, :RERANKED]
    shortlist = np.take_along_axis(candidates, best, axis=1)
    reranked = predict(np.take_along_axis(text, best, axis=1), shortlist)
    return {tables.V2VEL: predict(visual, candidates), tables.V2TEL: by_text, tables.V2VTEL: reranked}


def _adapted(
    data: Data,
    queries: Matrix,
    entities: Matrix,
    settings: Settings,
    seed: int,
    rows: Integers,
    candidates: Integers,
) -> Floats | None:
    """Cosines with the candidates after adapters trained for these two kinds of vectors; None without training."""
    adapters = learn_adapters(data, queries, entities, settings, seed)
    if adapters is None:
        return None
    scorer = cosine_scorer(adapters.adapt_reviews(queries), adapters.adapt_products(entities))
    return score_candidates(scorer, rows, candidates)
