"""The paper's claims, row against row: paired differences and their significance (section 5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ameli_build.core.arrays import Values
from ameli_build.core.not_run import NotRun
from ameli_build.scores import tables
from ameli_build.scores.metrics import TEST, difference, holm, p_value
from ameli_build.scores.tables import NO_ATTRIBUTE, NO_IMAGE, NO_TEXT, OURS, Bootstrap, Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """One claim of section 5: `better` beats `worse` in `metric`."""

    claim: str
    better: str
    worse: str
    metric: str = "recall@10"


METRICS = {"end_to_end_f1": "recall@1"}
"""Names of scores among the per-review values, where they differ."""

RETRIEVAL_CLAIMS = (
    Comparison("multimodal retrieval beats text alone", tables.BOTH, tables.SBERT),
    Comparison("multimodal retrieval beats images alone", tables.BOTH, tables.CLIP),
    Comparison("the prior helps retrieval", tables.BOTH_PRIOR, tables.BOTH),
    Comparison("the prior helps retrieval with the fine-tuned adapter", tables.TUNED_PRIOR, tables.TUNED_BOTH),
    Comparison("fine-tuning the adapter helps image retrieval", tables.TUNED, tables.CLIP),
    Comparison("fine-tuning the adapter helps multimodal retrieval", tables.TUNED_BOTH, tables.BOTH),
)
LINKING_CLAIMS = tuple(
    Comparison(claim, OURS, worse, "end_to_end_f1")
    for claim, worse in (
        ("attributes help disambiguation", NO_ATTRIBUTE),
        ("images help disambiguation", NO_IMAGE),
        ("text helps disambiguation", NO_TEXT),
        ("the full model beats chance", tables.RANDOM),
        ("the full model beats V2TEL", tables.V2TEL),
        ("the full model beats V2VEL", tables.V2VEL),
        ("the full model beats V2VTEL", tables.V2VTEL),
    )
)
ATTRIBUTE_CLAIMS = (
    Comparison("attributes contribute more than images", NO_IMAGE, NO_ATTRIBUTE, "end_to_end_f1"),
    Comparison("attributes contribute more than text", NO_TEXT, NO_ATTRIBUTE, "end_to_end_f1"),
)
FLOOR_CLAIMS = (
    Comparison("text retrieval beats word counts", tables.SBERT, tables.WORDS),
    Comparison("text retrieval beats the nearest title", tables.SBERT, tables.TITLES),
    Comparison("image retrieval beats colours", tables.CLIP, tables.COLOURS),
    Comparison("the fine-tuned adapter beats colours", tables.TUNED, tables.COLOURS),
    Comparison("the best retriever beats word counts", tables.TUNED_PRIOR, tables.WORDS),
    Comparison("fine-tuning the text encoder helps text retrieval", tables.TUNED_TEXT, tables.SBERT),
    Comparison("the fine-tuned text encoder beats word counts", tables.TUNED_TEXT, tables.WORDS),
)
"""Beyond the paper."""
ALL = (*RETRIEVAL_CLAIMS, *LINKING_CLAIMS, *ATTRIBUTE_CLAIMS, *FLOOR_CLAIMS)


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
            **asdict(claim),
            **_paired(outcome, claim, claim.metric, bootstrap, ""),
            **_paired(outcome, claim, "mrr", bootstrap, "mrr_"),
            "test": TEST,
            "paper": claim not in FLOOR_CLAIMS,
        }
        for claim in ALL
    ]
    for key in ("p_value", "mrr_p_value"):
        for paper in (True, False):  # rows beyond the paper must not weaken the paper's p-values
            family = [row for row in rows if row["paper"] == paper]
            for row, corrected in zip(family, holm([row[key] for row in family]), strict=True):
                row[f"{key}_holm"] = _rounded(corrected)
                row[key] = _rounded(row[key])
    return rows


def _paired(outcome: Outcome, claim: Comparison, metric: str, bootstrap: Bootstrap, prefix: str) -> dict[str, Any]:
    better, worse = (_values(outcome, name, claim.metric, metric) for name in (claim.better, claim.worse))
    if better is None or worse is None:
        estimated, chance = None, None
    else:
        estimated, chance = difference(better, worse, bootstrap.times, bootstrap.seed), p_value(better, worse)
    row = {"value": None, "interval": None, "n": 0} if estimated is None else estimated.as_json()
    values = {"difference": row["value"], "interval": row["interval"], "p_value": chance}
    return {f"{prefix}{name}": value for name, value in values.items()} | ({} if prefix else {"n": row["n"]})


def _rounded(chance: float | None) -> float | None:
    return None if chance is None else float(f"{chance:.4g}")


def _values(outcome: Outcome, name: str, table: str, metric: str) -> Values | None:
    """Per-review values of a row, averaged over runs; `table` is a metric of the table that holds the row."""
    measured = (outcome.linking if table == "end_to_end_f1" else outcome.retrieval).get(name, NotRun("no such row"))
    return None if isinstance(measured, NotRun) else measured[METRICS.get(metric, metric)].mean(axis=0)
