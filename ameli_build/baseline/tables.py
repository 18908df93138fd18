"""The rows of Tables 4 and 5 with their intervals, and what they say about the paper's comparisons (section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ameli_build.baseline.metrics import Integers, Values, deviation, difference, estimate, macro

PRIOR = "P(e|m)"
SBERT = "Pre-trained SBERT"
CLIP = "Pre-trained CLIP"
BOTH = "Pre-trained CLIP/SBERT"
BOTH_PRIOR = "Pre-trained CLIP/SBERT + P(e|m)"
TUNED = "Fine-tuned CLIP"
TUNED_BOTH = "Fine-tuned CLIP+Pre-trained SBERT"
TUNED_PRIOR = "Fine-tuned CLIP+Pre-trained SBERT+P(e|m)"
TABLE4 = (PRIOR, SBERT, CLIP, BOTH, BOTH_PRIOR, TUNED, TUNED_BOTH, TUNED_PRIOR)

RANDOM = "Random Baseline"
V2VEL, V2TEL, V2VTEL = "V2VEL", "V2TEL", "V2VTEL"
NO_ATTRIBUTE, NO_IMAGE, NO_TEXT = "AMELINK_w/o_Attribute", "AMELINK_w/o_Image", "AMELINK_w/o_Text"
OURS = "AMELINK (Ours)"
TABLE5 = (RANDOM, V2VEL, V2TEL, V2VTEL, NO_ATTRIBUTE, NO_IMAGE, NO_TEXT, OURS)
HUMAN = "human"

RECALLS = (1, 10, 20, 50, 100)
MACRO_RECALL = "recall@10"
EMPTY = "no review in this split"

Row = dict[str, Any]
Table = dict[str, dict[str, Row]]
"""Split -> row by the paper's name -> what it holds."""


@dataclass(frozen=True, slots=True)
class Scores:
    """`scores.json`: both tables by split, what dev chose, paired differences, and how the run was made."""

    table4: Table
    table5: Table
    tuned: dict[str, Any]
    comparisons: list[dict[str, Any]]
    notes: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The object of `scores.json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are drawn."""

    times: int
    seed: int


Measured = Mapping[str, Values]
"""Metric -> per-review values, (runs, reviews): `recall@K` and `mrr`; one run for a row that learns nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each row did on one split: per-review values by metric, or why there are none.

    `found`, (runs, reviews), tells which reviews have their gold product among a run's candidates; `groups` are the
    numbers of the gold products' categories, (reviews,).
    """

    retrieval: Mapping[str, Measured | str]
    linking: Mapping[str, Measured | str]
    found: Values
    groups: Integers
    remarks: Mapping[str, str] = field(default_factory=dict)


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
    if isinstance(measured, str):
        return row | {"reason": measured}
    for metric in metrics:
        found = estimate(measured[metric], bootstrap.times, bootstrap.seed)
        if found is None:
            return row | {"reason": EMPTY}
        told = found.as_json()
        row |= {metric: told["value"], f"{metric}_interval": told["interval"], f"{metric}_deviation": told["deviation"]}
        row["n"] = told["n"]
    return row | _macro(f"macro_{MACRO_RECALL}", measured[MACRO_RECALL], outcome.groups) | _remark(outcome, name)


def table5_rows(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Row]:
    """Table 5 on one split: end to end, and on the reviews whose gold product was retrieved (disambiguation).

    Values are percentages, the mean over runs: micro F1 with its interval and deviation, MRR over the candidates, and
    macro F1 (`_macro_f1`), the mean over the gold products' categories (whole paths). `end_to_end_recall@1` equals
    `end_to_end_f1`, since each review has one gold product and gets one prediction. `disambiguation_n` counts the
    reviews whose gold product was retrieved in at least one run.
    """
    return {name: _linking_row(outcome, name, bootstrap) for name in TABLE5}


def _linking_row(outcome: Outcome, name: str, bootstrap: Bootstrap) -> Row:
    row = linking_blank()
    measured = outcome.linking[name]
    if isinstance(measured, str):
        return row | {"reason": measured}
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
    """A row of Table 5 that holds nothing yet."""
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
            told = found.as_json()
            row |= {
                key: told["value"],
                f"{beside}_interval": told["interval"],
                f"{beside}_deviation": told["deviation"],
            }
            row[f"{kind}_n"] = told["n"]
    return row | _macro(f"{kind}_macro_f1", measured["recall@1"], groups, counted)


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """One claim of section 5: `better` beats `worse` in `metric`."""

    claim: str
    better: str
    worse: str
    metric: str


RETRIEVAL_CLAIMS = tuple(
    Comparison(claim, better, worse, "recall@10")
    for claim, better, worse in (
        ("multimodal retrieval beats text alone", BOTH, SBERT),
        ("multimodal retrieval beats images alone", BOTH, CLIP),
        ("the prior helps retrieval", BOTH_PRIOR, BOTH),
        ("the prior helps retrieval with the fine-tuned adapter", TUNED_PRIOR, TUNED_BOTH),
        ("fine-tuning the adapter helps image retrieval", TUNED, CLIP),
        ("fine-tuning the adapter helps multimodal retrieval", TUNED_BOTH, BOTH),
    )
)
LINKING_CLAIMS = tuple(
    Comparison(claim, OURS, worse, "end_to_end_f1")
    for claim, worse in (
        ("attributes help disambiguation", NO_ATTRIBUTE),
        ("images help disambiguation", NO_IMAGE),
        ("text helps disambiguation", NO_TEXT),
        ("the full model beats chance", RANDOM),
        ("the full model beats V2TEL", V2TEL),
        ("the full model beats V2VEL", V2VEL),
        ("the full model beats V2VTEL", V2VTEL),
    )
)
MORE_THAN_IMAGES = Comparison("attributes contribute more than images", NO_IMAGE, NO_ATTRIBUTE, "end_to_end_f1")
MORE_THAN_TEXT = Comparison("attributes contribute more than text", NO_TEXT, NO_ATTRIBUTE, "end_to_end_f1")


def compare(split: str, outcome: Outcome, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Each comparison on one split with its paired difference in percentage points; null where a row did not run."""
    rows = []
    for one in (*RETRIEVAL_CLAIMS, *LINKING_CLAIMS, MORE_THAN_IMAGES, MORE_THAN_TEXT):
        better, worse = _values(outcome, one.better, one.metric), _values(outcome, one.worse, one.metric)
        found = None if better is None or worse is None else difference(better, worse, bootstrap.times, bootstrap.seed)
        told = {"value": None, "interval": None, "n": 0} if found is None else found.as_json()
        rows.append(
            {"split": split, **asdict(one), "difference": told["value"], "interval": told["interval"], "n": told["n"]}
        )
    return rows


def _values(outcome: Outcome, name: str, metric: str) -> Values | None:
    """Per-review values of a row, the mean over runs."""
    linking = metric == "end_to_end_f1"
    measured = (outcome.linking if linking else outcome.retrieval)[name]
    return None if isinstance(measured, str) else measured["recall@1" if linking else metric].mean(axis=0)


def claims(scores: Scores) -> list[str]:
    """One sentence for each of the paper's comparisons: whether this run supports, contradicts, or cannot tell it."""
    return [_sentence(one) for one in scores.comparisons] + _human_gaps(scores)


def _sentence(one: Mapping[str, Any]) -> str:
    start = f"{one['split']}: {one['claim']}"
    if one["difference"] is None:
        return f"{start}: not run"
    low, high = one["interval"]
    measured = f"{one['difference']:+.2f} points [{low:+.2f}, {high:+.2f}] {one['metric']}, n={one['n']}"
    return f"{start}: {verdict(low, high)} ({one['better']} against {one['worse']}: {measured})"


def verdict(low: float, high: float) -> str:
    """What an interval of a difference says: above zero supports, below contradicts, else nothing can be told."""
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "cannot tell"


def _human_gaps(scores: Scores) -> list[str]:
    sentences = []
    for split, rows in scores.table5.items():
        person, model = rows[HUMAN], rows[OURS]
        if person["disambiguation_f1"] is None or model["disambiguation_f1"] is None:
            sentences.append(f"{split}: a gap to human performance remains: not run")
            continue
        gap = person["disambiguation_f1"] - model["disambiguation_f1"]
        low, high = model["disambiguation_interval"]
        said = verdict(person["disambiguation_f1"] - high, person["disambiguation_f1"] - low)
        who = f"; {person['note']}" if "note" in person else ""
        sentences.append(
            f"{split}: a gap to human performance remains: {said} ({gap:+.2f} points over {OURS} with the gold product "
            f"among the candidates{who})"
        )
    return sentences
