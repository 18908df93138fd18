"""Precision and recall of each extractor against the attributes of the gold products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.baseline.extraction.extract import Extracted
from ameli_build.core.arrays import Integers
from ameli_build.core.not_run import NotRun
from ameli_build.core.statistics import Share
from ameli_build.datasets.data import Data

FUSED = "all together"


def rate(data: Data, sheets: Sequence[Sheet], extracted: Extracted, rows: Integers) -> dict[str, dict[str, Any]]:
    """Precision and recall in percent of each extractor and of all together, for the reviews at `rows`.

    A stated attribute is right if the gold product has it with that value, `wrong` if the product has another value,
    and `unknown` if it does not have the attribute. Recall counts the distinguishing attributes of the gold product. A
    review states few of them, so recall compares extractors and cannot reach 100. Intervals are Wilson's of 95 %. An
    extractor that did not run has its reason, and null for every number. Reads gold: for scoring only.
    """
    rated = {**extracted.by, FUSED: extracted.found}
    return {
        name: {**_measures(Share.of(0, 0), Share.of(0, 0)), "reason": found.reason}
        if isinstance(found, NotRun)
        else _rate(data, sheets, found, extracted.distinguishing, rows)
        for name, found in rated.items()
    }


def _rate(
    data: Data, sheets: Sequence[Sheet], found: Sequence[Found], asked: Sequence[frozenset[str]], rows: Integers
) -> dict[str, Any]:
    right = wrong = unknown = hits = known = 0
    for row in rows:
        gold = sheets[data.reviews.gold[row]]
        stated = found[row].values
        agreed = {key for key, values in stated.items() if values & gold.values.get(key, frozenset())}
        right += len(agreed)
        unknown += len(stated.keys() - gold.values.keys())
        wrong += len(stated.keys() & gold.values.keys()) - len(agreed)
        recallable = asked[row] & gold.values.keys()
        known += len(recallable)
        hits += len(recallable & agreed)
    precision = Share.of(right, right + wrong + unknown)
    counts = {"reviews": len(rows), "right": right, "wrong": wrong, "unknown": unknown, "known": known}
    return {**_measures(precision, Share.of(hits, known)), **counts}


def _measures(precision: Share, recall: Share) -> dict[str, Any]:
    """Values with their intervals; null for a share of nothing."""
    measures: dict[str, Any] = {}
    for name, share in (("precision", precision), ("recall", recall)):
        interval = [round(100 * share.low, 2), round(100 * share.high, 2)]
        measures[name] = round(100 * share.value, 2) if share.rows else None
        measures[f"{name}_interval"] = interval if share.rows else None
    return measures
