"""Ranking of the products that a review can be about: by retrieval, attribute filter, text module and image module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ameli_build.baseline.extraction.attributes import Sheet
from ameli_build.baseline.extraction.extract import counting_products
from ameli_build.baseline.linking.combine import weighted
from ameli_build.baseline.retrieval.pools import DECIMALS
from ameli_build.core.arrays import Floats, Integers, Mask
from ameli_build.core.settings import Settings
from ameli_build.single.answer import Answer, Match
from ameli_build.single.attributes import find_stated, verdicts
from ameli_build.single.index import Index
from ameli_build.single.mention import FOUND
from ameli_build.single.models import Models
from ameli_build.single.modules import score_by_image, score_by_text
from ameli_build.single.products import read_products
from ameli_build.single.reading import Reading
from ameli_build.single.verdict import judge
from ameli_build.single.weights import weighted_sum

NO_CROSS = "the cross-encoder is not used: it takes too long to read all retrieved products"
NOT_RUN = "attributes come from string match and OCR only: the language models take too long"
NOT_ALL = "the modules read {} of {:,} products; retrieval and attributes rank the others"
ORDER = (
    "products without a score come last: unread products, then products that an attribute excludes, then products that "
    "the mention cannot denote"
)

JUDGED = 32
"""Most products that the modules read for a review."""

NAME_WEIGHT = 2.0
"""Bonus for products named in the text of a review with a photograph, in standard deviations of the scores.

It applies only without trained modules. A photograph of another product can still outweigh it.
"""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """All products, shape (products,): similarities, scores of the ranking, and products that the review can mean.

    `allowed` are the products that the mention can denote. `candidates` are the products that are ranked first.
    """

    fused: Floats
    scores: Floats
    allowed: Mask
    candidates: Mask


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of all products, shape (products,), NaN where there is none; `score` ranks them, `by` names its origin."""

    score: Floats
    by: str
    text: Floats
    image: Floats


def answer(index: Index, models: Models, settings: Settings, reading: Reading, top: int) -> Answer:
    """The `top` products for a review.

    Products that the review can mean come first, without those that a stated attribute excludes: by the modules, which
    read `JUDGED` of them, then by retrieval. The excluded products and then all others follow, by retrieval.
    """
    retrieved = retrieve(index, settings, reading)
    counting = counting_products(settings, retrieved.allowed, _best(retrieved, settings.baseline.keep))
    found, in_text = find_stated(index, reading.text, reading.lines, counting)
    signals = verdicts(index, found)
    excluding = signals if is_trained(index) or not reading.lines else verdicts(index, in_text)
    against = _contradictions(index, settings, excluding, retrieved)
    ranked = retrieved.candidates & (against == 0)
    rows = _to_read(retrieved, ranked, _count(index, signals, 1)) if is_trained(index) else np.flatnonzero(ranked)
    products = read_products(index, rows)
    text = score_by_text(index, models, settings, reading, products, found, rows)
    judged = _combine(index, text, score_by_image(settings, index, reading, rows), retrieved.scores, rows)
    order = _order(retrieved, judged, ranked, against)[:top]
    shown = dict(zip(order.tolist(), read_products(index, order).sheets, strict=True))
    matches = [_match(index, reading, retrieved, judged, row, sheet, signals) for row, sheet in shown.items()]
    notes = [*reading.notes, *_remarks(index, settings)]
    if len(rows) < ranked.sum():
        notes.append(NOT_ALL.format(len(rows), ranked.sum()))
    if any(match.score is None for match in matches):
        notes.append(ORDER)
    verdict = judge(index, reading.channels, reading.text, reading.rows)
    pairs, texts = found.pairs(), in_text.pairs()
    photographed = tuple(pair for pair in pairs if pair not in texts)
    return Answer(reading.named, tuple(pairs), photographed, tuple(matches), judged.by, tuple(notes), verdict)


def is_trained(index: Index) -> bool:
    """Whether `ameli baseline` has trained modules, whose weights then decide.

    Without trained modules, the reliability of OCR, prior and cosines is unknown. Products are then ranked by cosines
    alone. Attributes read by OCR, perhaps from another thing's label, are shown but exclude no product.
    """
    trained = index.about["trained"]
    return bool(trained["head"] or trained["adapter"])


def retrieve(index: Index, settings: Settings, reading: Reading) -> Retrieved:
    """The similarity of all products to the review.

    The candidates are the products that the mention can denote. If the mention was only found in the text, the review
    has a photograph, and no module was trained, they are all products, and `NAME_WEIGHT` is added instead.
    """
    fused = weighted_sum(index.about["trained"]["weights"], reading.channels)
    allowed = np.zeros(len(index), dtype=np.bool_)
    allowed[reading.rows] = True
    allowed |= not allowed.any()
    if reading.named.how == FOUND and "image" in reading.channels and not is_trained(index):
        scores = np.round(fused + np.float32(NAME_WEIGHT) * fused.std() * allowed, DECIMALS)
        return Retrieved(fused, scores, allowed, np.ones_like(allowed))
    return Retrieved(fused, fused, allowed, allowed)


def _best(retrieved: Retrieved, count: int) -> Integers:
    """The first `count` candidates by retrieval; ties by SKU."""
    rows = np.flatnonzero(retrieved.candidates)
    return rows[np.argsort(-retrieved.scores[rows], kind="stable")][:count]


def _count(index: Index, signals: Mapping[str, Integers], signal: int) -> Integers:
    """The number of attributes with this signal, for each product."""
    return sum((values == signal for values in signals.values()), np.zeros(len(index), dtype=np.int64))


def _contradictions(
    index: Index, settings: Settings, signals: Mapping[str, Integers], retrieved: Retrieved
) -> Integers:
    """The number of attributes that exclude each candidate; 0 without the filter, or if it would exclude them all."""
    against = _count(index, signals, -1) * retrieved.candidates * settings.baseline.attribute_filter
    return against if (against == 0)[retrieved.candidates].any() else np.zeros_like(against)


def _to_read(retrieved: Retrieved, ranked: Mask, support: Integers) -> Integers:
    """Rows of at most `JUDGED` products of `ranked`: the first by retrieval and the first by attributes, in turn."""
    rows = np.flatnonzero(ranked)
    rows = rows[np.argsort(-retrieved.scores[rows], kind="stable")]
    by_support = np.empty(len(rows), dtype=np.int64)
    by_support[np.argsort(-support[rows], kind="stable")] = np.arange(len(rows))
    turns = np.argsort(np.minimum(by_support, np.arange(len(rows))), kind="stable")
    return np.sort(rows[turns[:JUDGED]])


def _combine(index: Index, text: Floats | None, image: Floats | None, retrieval: Floats, rows: Integers) -> Judged:
    """The weighted sum of the modules; of a single module, its scores; without a module, the scores of retrieval."""
    trained = index.about["trained"]
    weight = trained["lambda"]
    score, by = retrieval[rows], "retrieval scores"
    if text is not None and image is not None and weight is not None:
        score, by = weighted(text, image, weight), f"{weight:g} x text module + {1 - weight:g} x image module"
    elif text is not None and image is None:
        score, by = text, "text module"
    elif image is not None and text is None and trained["head"]:
        score, by = image, "image module"
    columns = [np.full(len(index), np.nan, dtype=np.float32) for _ in range(3)]
    for column, values in zip(columns, (score, text, image), strict=True):
        if values is not None:
            column[rows] = values
    return Judged(columns[0], f"{by}, after the attribute filter", columns[1], columns[2])


def _order(retrieved: Retrieved, judged: Judged, ranked: Mask, against: Integers) -> Integers:
    """All products: by score, then unread by retrieval, then excluded, then not denoted; ties by SKU."""
    unscored = np.isnan(judged.score)
    group = np.where(~unscored, 0, np.where(ranked, 1, np.where(retrieved.allowed, 2, 3)))
    score = np.where(unscored, 0, np.round(judged.score, DECIMALS))
    return np.lexsort((-retrieved.scores, against, -score, group)).astype(np.int64)


def _match(
    index: Index,
    reading: Reading,
    retrieved: Retrieved,
    judged: Judged,
    row: int,
    sheet: Sheet,
    signals: Mapping[str, Integers],
) -> Match:
    named = {key: int(values[row]) for key, values in signals.items() if values[row]}
    return Match(
        sku=index.skus[row],
        name=index.titles[row],
        score=_number(judged.score, row),
        retrieval=round(float(retrieved.fused[row]), 4),
        text=_number(reading.channels.get("text"), row),
        image=_number(reading.channels.get("image"), row),
        text_module=_number(judged.text, row),
        image_module=_number(judged.image, row),
        prior=bool(retrieved.allowed[row]),
        agrees=tuple(key for key, signal in named.items() if signal > 0),
        contradicts=tuple(key for key, signal in named.items() if signal < 0),
        values=tuple((key, value) for key, value in sheet.rows if key in named),
    )


def _number(scores: Floats | None, row: int) -> float | None:
    return None if scores is None or np.isnan(scores[row]) else round(float(scores[row]), 4)


def _remarks(index: Index, settings: Settings) -> list[str]:
    """Parts of the baseline that this answer could not use."""
    notes = [index.about["trained"]["note"]] if index.about["trained"]["note"] else []
    if settings.models.cross_encoder and settings.baseline.cross_channel:
        notes.append(NO_CROSS)
    if settings.models.generator or settings.models.implied:
        notes.append(NOT_RUN)
    return notes
