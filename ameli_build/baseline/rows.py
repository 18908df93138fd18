"""The rows of Tables 4 and 5 from per-review values: means over runs, intervals over reviews (section 5)."""

from __future__ import annotations

import numpy as np

from ameli_build.baseline.metrics import Estimate, deviation, estimate, macro
from ameli_build.baseline.tables import EMPTY, MACRO_RECALL, RECALLS, TABLE4, TABLE5, Bootstrap, Measured, Outcome, Row
from ameli_build.core.arrays import Integers, Values
from ameli_build.core.not_run import NotRun


def table4_rows(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Row]:
    """Table 4 on one split, then the further rows, which are not the paper's.

    Values are percentages, the mean over runs; `mrr` looks at the first 100 products; `macro_recall@10` is the mean
    over the gold products' categories (whole paths).
    """
    further = [name for name in outcome.retrieval if name not in TABLE4]
    return {name: {**_recall_row(outcome, name, bootstrap), "paper": name in TABLE4} for name in (*TABLE4, *further)}


def _recall_row(outcome: Outcome, name: str, bootstrap: Bootstrap) -> Row:
    metrics = (*(f"recall@{k}" for k in RECALLS), "mrr")
    row: Row = {f"{metric}{part}": None for part in ("", "_interval", "_deviation") for metric in metrics}
    row |= {f"macro_{MACRO_RECALL}": None, f"macro_{MACRO_RECALL}_deviation": None, "n": 0}
    measured = outcome.retrieval[name]
    if isinstance(measured, NotRun):
        return row | {"reason": measured.reason}
    for metric in metrics:
        found = estimate(measured[metric], bootstrap.times, bootstrap.seed)
        if found is None:
            return row | {"reason": EMPTY}
        row |= {**_cells(found, metric, metric), "n": found.n}
    return row | _macro(f"macro_{MACRO_RECALL}", measured[MACRO_RECALL], outcome.groups) | _remark(outcome, name)


def table5_rows(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Row]:
    """Table 5 on one split, then the rows that are not the paper's.

    Each row is scored end to end, and on the reviews whose gold product was retrieved (disambiguation).
    Values are percentages, the mean over runs: micro F1 with its interval and deviation, MRR over the candidates, and
    macro F1 (`_macro_f1`), the mean over the gold products' categories (whole paths). `end_to_end_recall@1` equals
    `end_to_end_f1`, since each review has one gold product and gets one prediction. `disambiguation_n` counts the
    reviews whose gold product was retrieved in at least one run.
    """
    further = [name for name in outcome.linking if name not in TABLE5]
    return {name: _linking_row(outcome, name, bootstrap) for name in (*TABLE5, *further)}


def _linking_row(outcome: Outcome, name: str, bootstrap: Bootstrap) -> Row:
    row = linking_blank()
    measured = outcome.linking[name]
    if isinstance(measured, NotRun):
        return row | {"reason": measured.reason}
    if not outcome.found.shape[1]:
        return row | {"reason": EMPTY}
    row |= _linking_values("end_to_end", measured, outcome.groups, np.ones_like(outcome.found), bootstrap)
    row["end_to_end_recall@1"] = row["end_to_end_f1"]
    if outcome.found.any():
        row |= _linking_values("disambiguation", measured, outcome.groups, outcome.found, bootstrap)
    else:
        row["note"] = "no review of this split has its gold product among the candidates"
    return row | _remark(outcome, name)


def linking_blank() -> Row:
    """A row of Table 5 in which every value is None."""
    keys = (
        "f1",
        "interval",
        "deviation",
        "n",
        "mrr",
        "mrr_interval",
        "mrr_deviation",
        "macro_f1",
        "macro_f1_deviation",
    )
    row: Row = {f"{kind}_{key}": None for kind in ("disambiguation", "end_to_end") for key in keys}
    return row | {"end_to_end_recall@1": None}


def _linking_values(kind: str, measured: Measured, groups: Integers, counted: Values, bootstrap: Bootstrap) -> Row:
    row: Row = {}
    for metric, key, beside in (("recall@1", f"{kind}_f1", kind), ("mrr", f"{kind}_mrr", f"{kind}_mrr")):
        found = estimate(measured[metric], bootstrap.times, bootstrap.seed, counted)
        if found is not None:
            row |= {**_cells(found, key, beside), f"{kind}_n": found.n}
    return row | _macro(f"{kind}_macro_f1", measured["recall@1"], groups, counted)


def _cells(found: Estimate, key: str, beside: str) -> Row:
    """An estimate under `key`, its interval and deviation under the prefix `beside`."""
    values = found.as_json()
    return {
        key: values["value"],
        f"{beside}_interval": values["interval"],
        f"{beside}_deviation": values["deviation"],
    }


def _macro(key: str, values: Values, groups: Integers, counted: Values | None = None) -> Row:
    single = macro(values, groups, counted) * 100
    single = single[np.isfinite(single)]
    spread = deviation(single)
    return {
        key: round(float(single.mean()), 2) if len(single) else None,
        f"{key}_deviation": None if spread is None else round(spread, 2),
    }


def _remark(outcome: Outcome, name: str) -> Row:
    return {"note": outcome.remarks[name]} if name in outcome.remarks else {}
