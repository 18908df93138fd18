"""The rows of Tables 4 and 5 with their intervals, and what they say about the paper's comparisons (section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ameli_build.baseline.metrics import Integers, Values, difference, estimate, hits

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What each row did on one split: per-review values, or why there are none.

    `found` tells which reviews have their gold product among the candidates.
    """

    retrieval: Mapping[str, Mapping[int, Values] | str]
    linking: Mapping[str, Values | str]
    found: Values
    remarks: Mapping[str, str] = field(default_factory=dict)


def recall_values(ranked: Mapping[int, Integers], gold: Integers) -> dict[int, Values]:
    """Per-review hits at each K of Table 4; `ranked[k]` are the first `k` products, shape (reviews, k)."""
    return {k: hits(rows, gold, k) for k, rows in ranked.items()}


def table4_rows(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Row]:
    """Table 4 on one split."""
    return {name: _recall_row(outcome, name, bootstrap) for name in TABLE4}


def _recall_row(outcome: Outcome, name: str, bootstrap: Bootstrap) -> Row:
    row: Row = {f"recall@{k}": None for k in RECALLS} | {f"recall@{k}_interval": None for k in RECALLS} | {"n": 0}
    values = outcome.retrieval[name]
    if isinstance(values, str):
        return row | {"reason": values}
    for k in RECALLS:
        found = estimate(values[k], bootstrap.times, bootstrap.seed)
        if found is None:
            return row | {"reason": EMPTY}
        told = found.as_json()
        row |= {f"recall@{k}": told["value"], f"recall@{k}_interval": told["interval"], "n": told["n"]}
    return row | _remark(outcome, name)


def table5_rows(outcome: Outcome, bootstrap: Bootstrap) -> dict[str, Row]:
    """Table 5 on one split: micro F1 end to end, and on the reviews whose gold product was retrieved."""
    return {name: _linking_row(outcome, name, bootstrap) for name in TABLE5}


def _linking_row(outcome: Outcome, name: str, bootstrap: Bootstrap) -> Row:
    row = linking_blank()
    values = outcome.linking[name]
    if isinstance(values, str):
        return row | {"reason": values}
    if not len(values):
        return row | {"reason": EMPTY}
    row |= _f1("end_to_end", values, bootstrap)
    inside = values[outcome.found > 0]
    if len(inside):
        row |= _f1("disambiguation", inside, bootstrap)
    else:
        row["note"] = "no review of this split has its gold product among the candidates"
    return row | _remark(outcome, name)


def linking_blank() -> Row:
    """A row of Table 5 that holds nothing yet."""
    return {f"{kind}_{key}": None for kind in ("disambiguation", "end_to_end") for key in ("f1", "interval", "n")}


def _f1(kind: str, values: Values, bootstrap: Bootstrap) -> Row:
    found = estimate(values, bootstrap.times, bootstrap.seed)
    told = {"value": None, "interval": None, "n": None} if found is None else found.as_json()
    return {f"{kind}_f1": told["value"], f"{kind}_interval": told["interval"], f"{kind}_n": told["n"]}


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
    if metric == "end_to_end_f1":
        linked = outcome.linking[name]
        return None if isinstance(linked, str) else linked
    retrieved = outcome.retrieval[name]
    return None if isinstance(retrieved, str) else retrieved[int(metric.split("@")[1])]


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


def mean_chance(candidates: Integers, gold: Integers) -> Values:
    """What choosing blindly is expected to get: 1 over the number of candidates where gold is one of them, else 0."""
    counts = np.maximum((candidates >= 0).sum(axis=1), 1)
    return np.asarray((candidates == gold[:, None]).any(axis=1) / counts, dtype=np.float64)
