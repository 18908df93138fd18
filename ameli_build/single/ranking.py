"""Ranking of products for a review: retrieval with the prior, then text module, image module and attribute filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.baseline.extraction.extract import counting_products
from ameli_build.baseline.linking.combine import rank as rank_judged
from ameli_build.baseline.linking.combine import weighted
from ameli_build.baseline.retrieval.pools import DECIMALS, Pool, fuse, rank
from ameli_build.core.arrays import Floats, Integers, Mask
from ameli_build.core.settings import Settings
from ameli_build.single.answer import Answer, Match
from ameli_build.single.attributes import find_stated
from ameli_build.single.index import Index
from ameli_build.single.mention import FOUND
from ameli_build.single.models import Models
from ameli_build.single.modules import score_by_image, score_by_text
from ameli_build.single.products import read_products
from ameli_build.single.reading import Reading

NO_CROSS = "the cross-encoder is not used: it takes too long to read all retrieved products"
NOT_RUN = "attributes come from string match and OCR only: the language models take too long"


NAME_WEIGHT = 2.0
"""Bonus for products named in the text of a review with a photograph, in standard deviations of the scores.

It applies only without trained modules. A photograph of another product can still outweigh it.
"""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Retrieved products, best first; the first `judged` of them go to the modules.

    For all products, `fused` has the weighted sums of the channels, `scores` the scores of the ranking, and `allowed`
    the verdicts of the prior.
    """

    rows: Integers
    judged: int
    fused: Floats
    scores: Floats
    allowed: Mask


@dataclass(frozen=True, slots=True)
class Judged:
    """The modules' scores of the first retrieved products; `score` ranks them, `by` names its origin."""

    score: Floats
    by: str
    text: Floats | None
    image: Floats | None


def answer(index: Index, models: Models, settings: Settings, reading: Reading, top: int) -> Answer:
    """The `top` products: the first `baseline.keep` ranked by all modules, the others in the order of retrieval."""
    retrieved = retrieve(index, settings, reading, max(top, settings.baseline.keep))
    rows = retrieved.rows[: retrieved.judged]
    products = read_products(index, retrieved.rows)
    counting = counting_products(settings, retrieved.allowed, rows)
    found = find_stated(index, reading.text, reading.lines, counting)
    text = score_by_text(index, models, settings, reading, products, found, rows)
    judged = _combine(index, text, score_by_image(settings, index, reading, rows), retrieved.scores[rows])
    stated = found if is_trained(index) else find_stated(index, reading.text, (), counting)
    dropped = np.array([stated.contradicts(products.sheets[place]) for place in range(len(rows))], dtype=np.bool_)
    dropped &= settings.baseline.attribute_filter
    order = rank_judged(judged.score[None], np.arange(len(rows), dtype=np.int64)[None], dropped[None])[0]
    places = [*order, *range(len(rows), len(retrieved.rows))][:top]
    matches = [_match(index, reading, retrieved, judged, int(n), products.sheets[n], found) for n in places]
    return Answer(
        reading.named, tuple(found.pairs()), tuple(matches), judged.by, (*reading.notes, *_remarks(index, settings))
    )


def is_trained(index: Index) -> bool:
    """Whether `ameli baseline` has trained modules, whose weights then decide.

    Without trained modules, the reliability of OCR, prior and cosines is unknown. Products are then ranked by cosines
    alone. Attributes read by OCR, perhaps from another thing's label, are shown but exclude no product.
    """
    learnt = index.about["learnt"]
    return bool(learnt["head"] or learnt["adapter"])


def retrieve(index: Index, settings: Settings, reading: Reading, top: int) -> Retrieved:
    """The first `top` products by the weighted sum of the available channels.

    Products that the mention can denote come first; the others are not judged. If the mention was only found in the
    text, the review has a photograph, and no module was trained, `NAME_WEIGHT` is added instead.
    """
    options = settings.baseline
    weights = _weights(index.about["learnt"]["weights"], list(reading.channels))
    allowed = np.zeros(len(index), dtype=np.bool_)
    allowed[reading.rows] = True
    allowed |= not allowed.any()
    every = np.arange(len(index), dtype=np.int64)[None]
    pool = Pool(every, {name: scores[None] for name, scores in reading.channels.items()}, allowed[None])
    fused = fuse(pool, weights, prior_first=False)[0]
    if reading.named.how == FOUND and "image" in reading.channels and not is_trained(index):
        scores = np.round(fused + np.float32(NAME_WEIGHT) * fused.std() * allowed, DECIMALS)
        first = _by_score(scores)
    else:
        scores = fused
        first = rank(pool, weights, prior=options.prior, keep=options.keep).top(top)[0]
        first = first[first >= 0]
    behind = _by_score(scores)
    rows = np.concatenate([first, behind[~np.isin(behind, first)]])[:top]
    return Retrieved(rows, min(len(first), options.keep), fused, scores, allowed)


def _by_score(scores: Floats) -> Integers:
    """All products, best first; ties by SKU."""
    return np.argsort(-scores, kind="stable").astype(np.int64)


def _weights(learnt: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """The tuned weights of the available channels, with a sum of 1; equal weights without tuning."""
    tuned = {name: learnt.get(name, 0.0) for name in names}
    total = sum(tuned.values())
    return {name: weight / total for name, weight in tuned.items()} if total else dict.fromkeys(names, 1 / len(names))


def _combine(index: Index, text: Floats | None, image: Floats | None, scores: Floats) -> Judged:
    """The weighted sum of the modules; of a single module, its scores; without a module, the scores of retrieval."""
    weight = index.about["learnt"]["lambda"]
    if text is not None and image is not None and weight is not None:
        by = f"{weight:g} x text module + {1 - weight:g} x image module, then the attribute filter"
        return Judged(weighted(text, image, weight), by, text, image)
    if text is not None and image is None:
        return Judged(text, "text module, then the attribute filter", text, image)
    if image is not None and text is None and index.about["learnt"]["head"]:
        return Judged(image, "image module, then the attribute filter", text, image)
    return Judged(scores, "retrieval scores, then the attribute filter", text, image)


def _match(
    index: Index, reading: Reading, retrieved: Retrieved, judged: Judged, place: int, sheet: Sheet, found: Found
) -> Match:
    row = int(retrieved.rows[place])
    inside = place < len(judged.score)
    signals = {key: found.signal(sheet, key) for key in found.values}
    return Match(
        sku=index.skus[row],
        name=index.titles[row],
        score=_number(judged.score, place) if inside else None,
        retrieval=round(float(retrieved.fused[row]), 4),
        text=_number(reading.channels.get("text"), row),
        image=_number(reading.channels.get("image"), row),
        text_module=_number(judged.text, place) if inside else None,
        image_module=_number(judged.image, place) if inside else None,
        prior=bool(retrieved.allowed[row]),
        agrees=tuple(key for key, signal in signals.items() if signal > 0),
        contradicts=tuple(key for key, signal in signals.items() if signal < 0),
    )


def _number(scores: Floats | None, place: int) -> float | None:
    return None if scores is None else round(float(scores[place]), 4)


def _remarks(index: Index, settings: Settings) -> list[str]:
    """Parts of the baseline that this answer could not use."""
    notes = [index.about["learnt"]["note"]] if index.about["learnt"]["note"] else []
    if settings.models.cross_encoder and settings.baseline.cross_channel:
        notes.append(NO_CROSS)
    if settings.models.generator or settings.models.implied:
        notes.append(NOT_RUN)
    return notes
