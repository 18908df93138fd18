"""Which product a review is about: retrieval with the prior, then text module, image module and attribute filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.baseline.extraction.extract import counting_products
from ameli_build.baseline.linking.combine import rank as rank_judged
from ameli_build.baseline.linking.combine import weighted
from ameli_build.baseline.metrics import Integers
from ameli_build.baseline.retrieval.pools import Pool, fuse, rank
from ameli_build.link.answer import Answer, Match
from ameli_build.link.index import Index
from ameli_build.link.loaded import Models
from ameli_build.link.modules import score_by_image, score_by_text
from ameli_build.link.products import read_products
from ameli_build.link.reading import Reading
from ameli_build.link.stated import find_stated
from ameli_build.settings import Settings

Mask = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float32]

NO_CROSS = "the cross-encoder is left out: reading all retrieved products takes too long for one answer"
NOT_RUN = "only string match and OCR are asked for attributes: the language models take too long for one answer"


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Products as retrieved, best first; `fused` (scores) and `allowed` (the prior's verdict) are of all products."""

    rows: Integers
    fused: Scores
    allowed: Mask


@dataclass(frozen=True, slots=True)
class Judged:
    """What the modules say of the first retrieved products; `score` ranks them, as `by` tells."""

    score: Scores
    by: str
    text: Scores | None
    image: Scores | None


def answer(index: Index, models: Models, settings: Settings, reading: Reading, top: int) -> Answer:
    """The `top` products: the first `baseline.keep` judged by all modules, those behind them as retrieved."""
    keep = settings.baseline.keep
    retrieved = retrieve(index, settings, reading, max(top, keep))
    rows = retrieved.rows[:keep]
    products = read_products(index, retrieved.rows)
    found = find_stated(index, reading.text, reading.lines, counting_products(settings, retrieved.allowed, rows))
    text = score_by_text(index, models, settings, reading, products, found, rows)
    judged = _combine(index, text, score_by_image(settings, index, reading, rows), retrieved.fused[rows])
    contradicted = np.array([found.contradicts(products.sheets[place]) for place in range(len(rows))], dtype=np.bool_)
    dropped = contradicted if settings.baseline.attribute_filter else np.zeros_like(contradicted)
    order = rank_judged(judged.score[None], np.arange(len(rows), dtype=np.int64)[None], dropped[None])[0]
    places = [*order, *range(len(rows), len(retrieved.rows))][:top]
    matches = [_match(index, reading, retrieved, judged, int(n), products.sheets[n], found) for n in places]
    return Answer(
        reading.named, tuple(found.pairs()), tuple(matches), judged.by, (*reading.notes, *_remarks(index, settings))
    )


def retrieve(index: Index, settings: Settings, reading: Reading, top: int) -> Retrieved:
    """The first `top` products by the weighted sum of the channels that there are, filtered by the prior."""
    options = settings.baseline
    weights = _weights(index.about["learnt"]["weights"], list(reading.channels))
    allowed = np.zeros(len(index), dtype=np.bool_)
    allowed[reading.rows] = True
    allowed |= not allowed.any()
    every = np.arange(len(index), dtype=np.int64)[None]
    pool = Pool(every, {name: scores[None] for name, scores in reading.channels.items()}, allowed[None])
    ranked = rank(pool, weights, prior=options.prior, keep=options.keep).top(top)[0]
    return Retrieved(ranked[ranked >= 0], fuse(pool, weights, prior_first=False)[0], allowed)


def _weights(learnt: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """The tuned weights of the channels that there are, as shares; even ones where none was tuned."""
    some = {name: learnt.get(name, 0.0) for name in names}
    total = sum(some.values())
    return {name: weight / total for name, weight in some.items()} if total else dict.fromkeys(names, 1 / len(names))


def _combine(index: Index, text: Scores | None, image: Scores | None, fused: Scores) -> Judged:
    """The modules' weighted sum; the one of them that there is; or the scores of retrieval."""
    weight = index.about["learnt"]["lambda"]
    if text is not None and image is not None and weight is not None:
        by = f"{weight:g} x text module + {1 - weight:g} x image module, then the attribute filter"
        return Judged(weighted(text, image, weight), by, text, image)
    if text is not None and image is None:
        return Judged(text, "text module, then the attribute filter", text, image)
    if image is not None and text is None and index.about["learnt"]["head"]:
        return Judged(image, "image module, then the attribute filter", text, image)
    return Judged(fused, "retrieval scores, then the attribute filter", text, image)


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


def _number(scores: Scores | None, place: int) -> float | None:
    return None if scores is None else round(float(scores[place]), 4)


def _remarks(index: Index, settings: Settings) -> list[str]:
    """What the baseline would have used and this answer did not."""
    notes = [index.about["learnt"]["note"]] if index.about["learnt"]["note"] else []
    if settings.models.cross_encoder:
        notes.append(NO_CROSS)
    if settings.models.generator or settings.models.implied:
        notes.append(NOT_RUN)
    return notes
