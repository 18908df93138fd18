"""The answers of the annotators: agreement, seconds and disagreements (section 3.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from ameli_build.annotation.tasks import CANNOT_TELL
from ameli_build.report.inputs import Inputs

MOST = 20
"""Largest number of reviews with differing answers on the page, of each task."""


@dataclass(frozen=True, slots=True)
class Annotator:
    """A row of the table of annotators; `share` is the percentage of right or positive answers."""

    name: str
    answers: int
    cannot_tell: int
    share: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """The answers for a task. `whole` is the row of all annotators; `disputes` are differing answers by review."""

    task: str
    share_of: str
    simulated: bool
    reviews: int
    unanswered: int
    overlapping: int
    alpha: float | None
    choice_alpha: float | None
    pairs: float | None
    whole: Annotator
    annotators: Sequence[Annotator]
    disputes: Mapping[str, Sequence[tuple[str, str]]]
    adjudicated: int


def annotated_tasks(inputs: Inputs) -> list[Annotation]:
    """The tasks with answers."""
    return [_annotation(inputs, report) for report in inputs.annotation]


def _annotation(inputs: Inputs, report: Mapping[str, Any]) -> Annotation:
    pairs = report.get("pairwise_agreement")
    return Annotation(
        report["task"],
        "informative" if "share_yes" in report else "right",
        report["simulated"],
        report["reviews"],
        report["unanswered"],
        report["overlapping_reviews"],
        report["alpha"],
        report.get("choice_alpha"),
        None if pairs is None else 100 * pairs,
        _annotator("all", report),
        [_annotator(name, score) for name, score in report["annotators"].items()],
        _disputes(inputs, report.get("disagreements", [])),
        report.get("adjudicated", 0),
    )


def _annotator(name: str, score: Mapping[str, Any]) -> Annotator:
    share = score.get("accuracy", score.get("share_yes"))
    seconds = score.get("seconds", {}).get("median")
    return Annotator(name, score["answers"], score["cannot_tell"], None if share is None else 100 * share, seconds)


def _disputes(inputs: Inputs, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Annotators and their choices, in words, by review."""
    skus = {row["sku"] for row in rows if row["sku"]}
    names = {sku: product["name"] for sku, product in inputs.products(skus).items()} if skus else {}

    def words(row: Mapping[str, Any]) -> str:
        if row["choice"] == CANNOT_TELL:
            return "cannot tell"
        return str(names.get(row["sku"], row["sku"]) if row["sku"] else row["choice"])

    return {
        review_id: [(row["annotator"], words(row)) for row in group]
        for review_id, group in groupby(rows, itemgetter("review_id"))
    }
