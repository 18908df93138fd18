"""Precision and recall of each extractor against the attributes of the gold products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ameli_build.baseline.data import Data
from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.baseline.extraction.extract import Extracted
from ameli_build.core.arrays import Integers
from ameli_build.core.not_run import NotRun
from ameli_build.core.statistics import Share

FUSED = "all together"


def rate(data: Data, sheets: Sequence[Sheet], extracted: Extracted, rows: Integers) -> dict[str, dict[str, Any]]:
    """Precision and recall in percent of each extractor and of all together, for the reviews at `rows`.

    A stated attribute is right when the gold product has it with that value; `wrong` when it has another value,
    `unknown` when it does not have the attribute: neither is right. Recall asks for the gold product's telling
    attributes, of which a review states few: it compares extractors, and cannot reach 100. Intervals are Wilson's of
    95 %. An extractor that was not run has its reason, and null for every number. Reads gold: for scoring only.
    """
    rated = {**extracted.by, FUSED: extracted.found}
    return {
        name: {**_measures(None, None), "reason": found.reason}
        if isinstance(found, NotRun)
        else _rate(data, sheets, found, extracted.telling, rows)
        for name, found in rated.items()
    }


def _rate(
    data: Data, sheets: Sequence[Sheet], found: Sequence[Found], telling: Sequence[frozenset[str]], rows: Integers
) -> dict[str, Any]:
    right = wrong = unknown = hits = known = 0
    for row in rows:
        gold = sheets[data.reviews.gold[row]]
        stated = found[row].values
        agreed = {key for key, values in stated.items() if values & gold.values.get(key, frozenset())}
        right += len(agreed)
        unknown += len(stated.keys() - gold.values.keys())
        wrong += len(stated.keys() & gold.values.keys()) - len(agreed)
        asked = telling[row] & gold.values.keys()
        known += len(asked)
        hits += len(asked & agreed)
    precision = Share.of(right, right + wrong + unknown)
    counts = {"reviews": len(rows), "right": right, "wrong": wrong, "unknown": unknown, "known": known}
    return {**_measures(precision, Share.of(hits, known)), **counts}


def _measures(precision: Share | None, recall: Share | None) -> dict[str, Any]:
    """Values with their intervals; null for a share of nothing."""
    measures: dict[str, Any] = {}
    for name, share in (("precision", precision), ("recall", recall)):
        there = share is not None and share.rows > 0
        measures[name] = round(100 * share.value, 2) if share is not None and there else None
        measures[f"{name}_interval"] = (
            [round(100 * share.low, 2), round(100 * share.high, 2)] if share is not None and there else None
        )
    return measures
