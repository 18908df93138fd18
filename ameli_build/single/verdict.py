"""Whether a review is about a product of this catalogue, by thresholds that are calibrated on dev.

A dev review of which the gold product and all products of its category are hidden stands for a review of an unknown
product. The similarity of the best product is compared: with the catalogue as it is, and with that category hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ameli_build.baseline.retrieval.channels import Pictures, picture_scorer
from ameli_build.core.arrays import Floats, Integers, Mask, Matrix
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.mentions.match import find_spans, lookup_of
from ameli_build.mentions.tables import name_table
from ameli_build.single.answer import Verdict
from ameli_build.single.index import Index
from ameli_build.single.mention import Places, choose, find_places
from ameli_build.single.weights import weighted_sum

KNOWN, UNSURE, UNKNOWN, UNCALIBRATED = "in this catalogue", "unsure", "not in this catalogue", "not calibrated"

PRECISION = 0.9
"""Share of dev reviews for which "in this catalogue" is right, and share for which "not in this catalogue" is right."""

LEAST = 10
"""Least number of dev reviews that a threshold is based on."""

MOST = 500
"""Most dev reviews that are compared."""

CHANNELS = (("text",), ("image",), ("text", "image"))

Sample = tuple[str, bool, bool, float]
"""Channels, whether a name was found, whether the product is in the catalogue, similarity of the best product."""


def judge(index: Index, channels: Mapping[str, Floats], text: str, rows: Integers) -> Verdict:
    """The verdict on a review; `rows` are the products that its mention can denote, none without such a mention."""
    fused = weighted_sum(index.about["trained"]["weights"], channels)
    best = round(float(fused[rows].max() if len(rows) else fused.max()), 4)
    found = index.about["thresholds"].get(_key(channels, bool(len(rows))))
    if found is None:
        return Verdict(UNCALIBRATED, best, None, None)
    high = found["high"]
    # without any noun of a thing, nothing is said against the catalogue
    low = found["low"] if len(rows) or _names_a_thing(text) else None
    if high is not None and best >= high:
        return Verdict(KNOWN, best, low, high)
    return Verdict(UNKNOWN if low is not None and best < low else UNSURE, best, low, high)


def _names_a_thing(text: str) -> bool:
    return bool(find_spans(text, lookup_of(dict.fromkeys(name_table().things, False)), 1))


def _key(channels: Mapping[str, Any], named: bool) -> str:
    return f"{'+'.join(sorted(channels))}, {'named' if named else 'unnamed'}"


def calibrate(index: Index, settings: Settings, data: Data, texts: Matrix, pictures: Pictures) -> dict[str, Any]:
    """Thresholds by channels and by whether a name was found, for `Index.about`.

    Args:
        index: The index, without thresholds.
        settings: Settings of the run.
        data: The data set.
        texts: Vectors of the reviews of `dev_rows`, shape (reviews, dimension).
        pictures: Vectors of their pictures, with adapters if they were trained.
    """
    rows = dev_rows(data, settings)
    products = Pictures(index.vectors["pictures"], index.starts)
    scorer = picture_scorer(pictures, products, settings.baseline.images)
    leaves = data.kb.titles()["leaf"].to_numpy()
    samples: dict[tuple[str, bool], tuple[list[float], list[float]]] = {}
    for n, row in enumerate(rows):
        channels = {"text": index.vectors["texts"] @ texts[n], "image": scorer(np.array([n]))[0]}
        others = leaves != leaves[data.reviews.gold[row]]
        places = find_places(index, data.reviews.texts[row], settings.mentions.max_words)
        for key, named, known, best in _samples(index, data.reviews.texts[row], places, channels, others):
            samples.setdefault((key, named), ([], []))[known].append(best)
    found = ((_key(dict.fromkeys(key.split("+")), named), _thresholds(*pair)) for (key, named), pair in samples.items())
    return {key: thresholds for key, thresholds in sorted(found, key=lambda item: item[0]) if thresholds}


def dev_rows(data: Data, settings: Settings) -> Integers:
    """The dev reviews for the calibration."""
    return data.reviews.sample("dev", MOST, settings.run.seed)


def _samples(index: Index, text: str, places: Places, channels: Mapping[str, Floats], others: Mask) -> Iterator[Sample]:
    """The similarities of a dev review, with all products and with those of `others` only.

    A review without a name is a dev review whose name is ignored, because each dev review has one.
    """
    every = np.ones(len(others), dtype=np.bool_)
    for names in CHANNELS if others.any() else ():
        chosen = {name: channels[name] for name in names}
        fused, key = weighted_sum(index.about["trained"]["weights"], chosen), "+".join(names)
        yield key, False, True, float(fused.max())
        for known, mask in ((True, every), (False, others)):
            rows = _named(text, places, chosen, mask)
            if len(rows):
                yield key, True, known, float(fused[rows].max())
            if not known and (not len(rows) or "text" not in names):
                yield key, False, False, float(fused[mask].max())


def _named(text: str, places: Places, channels: Mapping[str, Floats], mask: Mask) -> Integers:
    """The rows in `mask` of the products that the mention can denote; none if it names no product of `mask`."""
    held = {key: rows[mask[rows]] for key, rows in places.rows.items()}
    occurrences = tuple(place for place in places.occurrences if len(held[place.key]))
    likeness = np.asarray(sum(channels.values(), start=np.float32(0)), dtype=np.float32)
    return choose(text, Places(occurrences, held), likeness)[1]


def _thresholds(unknown: Sequence[float], known: Sequence[float]) -> dict[str, Any] | None:
    """`low` and `high`, each None if no threshold reaches `PRECISION`; None with too few reviews.

    Of the dev reviews below `low`, a share of `PRECISION` is of unknown products; from `high` on, of known products.
    The thresholds are between -1 (all reviews are above) and 1 (all are below).
    """
    if len(unknown) + len(known) < 2 * LEAST:
        return None
    rated = sorted([*((score, False) for score in unknown), *((score, True) for score in known)])
    scores, truth = np.array([score for score, _ in rated]), np.array([is_known for _, is_known in rated])
    edges = np.concatenate([[-1.0], (scores[1:] + scores[:-1]) / 2, [1.0]])
    below = np.arange(len(edges))
    above = below[::-1]
    unknown_below = np.concatenate([[0], np.cumsum(~truth)])
    known_above = truth.sum() - np.concatenate([[0], np.cumsum(truth)])
    lows = edges[(below >= LEAST) & (unknown_below >= PRECISION * below)]
    highs = edges[(above >= LEAST) & (known_above >= PRECISION * above)]
    low, high = (float(lows[-1]) if len(lows) else None), (float(highs[0]) if len(highs) else None)
    if low is not None and high is not None and low > high:
        low = high = (low + high) / 2
    rounded = {name: None if value is None else round(value, 4) for name, value in (("low", low), ("high", high))}
    return rounded | {"known": len(known), "unknown": len(unknown)}
