"""The rows of Tables 4 and 5 from per-review values: means over runs, intervals over reviews (section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ameli_build.core.arrays import Integers, Values
from ameli_build.core.not_run import NotRun
from ameli_build.core.statistics import Share
from ameli_build.scores.metrics import Estimate, deviation, estimate, macro
from ameli_build.scores.tables import EMPTY, KINDS, MACRO_RECALL, RECALLS, TABLE4, TABLE5, Bootstrap, Outcome, Row

METRICS = (*(f"recall@{k}" for k in RECALLS), "mrr")
CLEAN_TEST = "clean-test"
"""The annotation task in which a person chooses the product."""


def table4_rows(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Row]:
    """Table 4 on one split, then the rows beyond the paper.

    Values are percentages, the mean over runs; `mrr` looks at the first 100 products; `macro_recall@10` is the mean
    over the gold products' categories (whole paths).
    """
    further = [name for name in outcome.retrieval if name not in TABLE4]
    return {name: {**_recall_row(outcome, name, bootstrap), "paper": name in TABLE4} for name in (*TABLE4, *further)}


def _recall_row(outcome: Outcome, name: str, bootstrap: Bootstrap) -> Row:
    measured, key = outcome.retrieval[name], f"macro_{MACRO_RECALL}"
    row: Row = {key: None, f"{key}_deviation": None, "n": 0}
    for metric in METRICS:
        row |= _cells(None, metric, metric)
    if isinstance(measured, NotRun):
        return row | {"reason": measured.reason}
    for metric in METRICS:
        found = estimate(measured[metric], bootstrap.times, bootstrap.seed)
        if found is None:
            return row | {"reason": EMPTY}
        row |= {**_cells(found, metric, metric), "n": found.n}
    return row | _macro(key, measured[MACRO_RECALL], outcome.groups) | _note(outcome, name)


def table5_rows(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Row]:
    """Table 5 on one split, then the rows beyond the paper.

    Each row is scored end to end, and on the reviews whose gold product was retrieved (disambiguation).
    Values are percentages, the mean over runs: micro F1 with its interval and deviation, MRR over the candidates, and
    macro F1 (`_macro_f1`), the mean over the gold products' categories (whole paths). `end_to_end_recall@1` equals
    `end_to_end_f1`, since each review has one gold product and gets one prediction. `disambiguation_n` counts the
    reviews whose gold product was retrieved in at least one run.
    """
    further = [name for name in outcome.linking if name not in TABLE5]
    return {name: _linking_row(outcome, name, bootstrap) for name in (*TABLE5, *further)}


def _linking_row(outcome: Outcome, name: str, bootstrap: Bootstrap) -> Row:
    row, measured = linking_blank(), outcome.linking[name]
    if isinstance(measured, NotRun):
        return row | {"reason": measured.reason}
    if not outcome.found.shape[1]:
        return row | {"reason": EMPTY}
    for kind, counted in zip(KINDS, (outcome.found, np.ones_like(outcome.found)), strict=True):
        if not counted.any():
            row["note"] = "no review of this split has its gold product among the candidates"
            continue
        for metric, key, prefix in (("recall@1", f"{kind}_f1", kind), ("mrr", f"{kind}_mrr", f"{kind}_mrr")):
            found = estimate(measured[metric], bootstrap.times, bootstrap.seed, counted)
            row |= {**_cells(found, key, prefix), f"{kind}_n": None if found is None else found.n}
        row |= _macro(f"{kind}_macro_f1", measured["recall@1"], outcome.groups, counted)
    return row | {"end_to_end_recall@1": row["end_to_end_f1"]} | _note(outcome, name)


def linking_blank() -> Row:
    """A row of Table 5 in which every value is None."""
    keys = ("f1", "interval", "deviation", "n", "mrr", "mrr_interval", "mrr_deviation", "macro_f1")
    row: Row = {f"{kind}_{key}": None for kind in KINDS for key in (*keys, "macro_f1_deviation")}
    return row | {"end_to_end_recall@1": None}


def human_row(split: str, report: Mapping[str, Any]) -> Row:
    """The annotators' accuracy with the gold product always among the candidates, from `sheets/report.json`.

    The 95 % interval is Wilson's: the report has the number of right reviews, no result per review.
    """
    row = linking_blank()
    if split == "clean_test":
        return row | {"reason": "annotators chose the reviews of Clean-Test, so their accuracy on it means nothing"}
    accuracy = report.get("accuracy") if report.get("task", CLEAN_TEST) == CLEAN_TEST else None
    if not isinstance(accuracy, int | float):
        return row | {"reason": "no annotation sheet has been imported"}
    who = ["a simulated annotator, not a person"] if report.get("simulated") else []
    note = "; ".join([*who, "the gold product is always a candidate, so there is no end-to-end score"])
    reviews = int(report.get("reviews") or 0)
    share = Share.of(round(accuracy * reviews), reviews)
    return row | {
        "disambiguation_f1": round(100 * accuracy, 2),
        "disambiguation_interval": [round(100 * share.low, 2), round(100 * share.high, 2)],
        "disambiguation_n": reviews,
        "note": note,
    }


def _cells(found: Estimate | None, key: str, prefix: str) -> Row:
    """An estimate under `key`, its interval and deviation under the prefix; None for all without an estimate."""
    values: Row = {} if found is None else found.as_json()
    parts = {key: "value", f"{prefix}_interval": "interval", f"{prefix}_deviation": "deviation"}
    return {name: values.get(part) for name, part in parts.items()}


def _macro(key: str, values: Values, groups: Integers, counted: Values | None = None) -> Row:
    single = macro(values, groups, counted) * 100
    single = single[np.isfinite(single)]
    spread = deviation(single)
    return {
        key: round(float(single.mean()), 2) if len(single) else None,
        f"{key}_deviation": None if spread is None else round(spread, 2),
    }


def _note(outcome: Outcome, name: str) -> Row:
    return {"note": outcome.notes[name]} if name in outcome.notes else {}
