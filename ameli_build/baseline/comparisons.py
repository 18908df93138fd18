"""The paper's claims, row against row: paired differences and their significance (section 5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ameli_build.baseline.metrics import difference
from ameli_build.baseline.significance import TEST, holm, p_value
from ameli_build.baseline.tables import (
    BOTH,
    BOTH_PRIOR,
    CLIP,
    COLOURS,
    NO_ATTRIBUTE,
    NO_IMAGE,
    NO_TEXT,
    OURS,
    RANDOM,
    SBERT,
    TITLES,
    TUNED,
    TUNED_BOTH,
    TUNED_PRIOR,
    TUNED_TEXT,
    V2TEL,
    V2VEL,
    V2VTEL,
    WORDS,
    Bootstrap,
    Outcome,
)
from ameli_build.core.arrays import Values
from ameli_build.core.not_run import NotRun


@dataclass(frozen=True, slots=True)
class Comparison:
    """One claim of section 5: `better` beats `worse` in `metric`."""

    claim: str
    better: str
    worse: str
    metric: str


METRICS = {"end_to_end_f1": "recall@1"}
"""Names of scores among the per-review values, where they differ."""

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


FLOOR_CLAIMS = tuple(
    Comparison(claim, better, worse, "recall@10")
    for claim, better, worse in (
        ("text retrieval beats word counts", SBERT, WORDS),
        ("text retrieval beats the nearest title", SBERT, TITLES),
        ("image retrieval beats colours", CLIP, COLOURS),
        ("the fine-tuned adapter beats colours", TUNED, COLOURS),
        ("the best retriever beats word counts", TUNED_PRIOR, WORDS),
        ("fine-tuning the text encoder helps text retrieval", TUNED_TEXT, SBERT),
        ("the fine-tuned text encoder beats word counts", TUNED_TEXT, WORDS),
    )
)
"""Beyond the paper."""
ALL = (*RETRIEVAL_CLAIMS, *LINKING_CLAIMS, MORE_THAN_IMAGES, MORE_THAN_TEXT, *FLOOR_CLAIMS)


def compare(split: str, outcome: Outcome, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Each comparison on one split; null if a row did not run.

    `difference` is the mean over reviews of the paired difference in percentage points (each review's values averaged
    over runs) with its bootstrap `interval`; `p_value` is that of `test`, `p_value_holm` corrected for all
    comparisons of the split that are the paper's, or for all that are not. The same of the reciprocal ranks under
    `mrr_...`.
    """
    rows = [
        {
            "split": split,
            **asdict(one),
            **_paired(outcome, one, one.metric, bootstrap, ""),
            **_paired(outcome, one, "mrr", bootstrap, "mrr_"),
            "test": TEST,
            "paper": one not in FLOOR_CLAIMS,
        }
        for one in ALL
    ]
    for key in ("p_value", "mrr_p_value"):
        for paper in (True, False):  # rows beyond the paper must not weaken the paper's p-values
            family = [row for row in rows if row["paper"] == paper]
            for row, corrected in zip(family, holm([row[key] for row in family]), strict=True):
                row[f"{key}_holm"] = _rounded(corrected)
                row[key] = _rounded(row[key])
    return rows


def _paired(outcome: Outcome, one: Comparison, metric: str, bootstrap: Bootstrap, prefix: str) -> dict[str, Any]:
    better, worse = (_values(outcome, name, one.metric, metric) for name in (one.better, one.worse))
    if better is None or worse is None:
        estimated, chance = None, None
    else:
        estimated, chance = difference(better, worse, bootstrap.times, bootstrap.seed), p_value(better, worse)
    row = {"value": None, "interval": None, "n": 0} if estimated is None else estimated.as_json()
    found: dict[str, Any] = {
        f"{prefix}difference": row["value"],
        f"{prefix}interval": row["interval"],
        f"{prefix}p_value": chance,
    }
    return found if prefix else found | {"n": row["n"]}


def _rounded(chance: float | None) -> float | None:
    return None if chance is None else float(f"{chance:.4g}")


def _values(outcome: Outcome, name: str, table: str, metric: str) -> Values | None:
    """Per-review values of a row, averaged over runs; `table` is a metric of the table that holds the row."""
    measured = (outcome.linking if table == "end_to_end_f1" else outcome.retrieval).get(name, NotRun("no such row"))
    return None if isinstance(measured, NotRun) else measured[METRICS.get(metric, metric)].mean(axis=0)
