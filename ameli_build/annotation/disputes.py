"""Reviews for which answers differ, and the adjudicators who decide them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from ameli_build.annotation.tasks import CLEAN_TEST, Task
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot

ADJUDICATOR = "adjudicator-"
"""Prefix of the names of adjudicators."""

PICK = pl.coalesce("sku", "choice")
"""The choice of an answer: a product, whose number can have changed since, or a fixed choice."""


def by_adjudicator(names: Collection[str]) -> pl.Expr:
    """Whether an answer is an adjudicator's: by sheet, by annotator in `names`, or by e-mail address in `names`.

    In Label Studio an annotator is a sheet and a person, as "annotator-01 lead@example.org".
    """
    annotator = pl.col("annotator").str.to_lowercase()
    listed = [name.lower() for name in names]
    address = annotator.str.split(" ").list.last()
    return (
        annotator.str.starts_with(ADJUDICATOR)
        | annotator.is_in(listed)
        | address.is_in([name for name in listed if "@" in name])
    )


def decided(answers: pl.DataFrame, decides: pl.Expr) -> pl.DataFrame:
    """The answers that count: those of adjudicators where there are any."""
    decisions = answers.filter(decides)
    return pl.concat([answers.join(decisions, on="review_id", how="anti"), decisions]).sort("annotator", "review_id")


def disputes(answers: pl.DataFrame, decides: pl.Expr) -> pl.DataFrame:
    """The differing answers of annotators, by review, without reviews that an adjudicator has decided."""
    differ = answers.filter(~decides).group_by("review_id").agg(picks=PICK.n_unique()).filter(pl.col("picks") > 1)
    undecided = decided(answers, decides).filter(~decides)
    return undecided.join(differ, on="review_id", how="semi").sort("review_id", "annotator")


def disputed_reviews(snapshot: Snapshot, task: Task, adjudicators: Collection[str]) -> list[str]:
    """The reviews of a task for which imported answers differ; raises `UnusableInput` if there are no answers."""
    path = answers_path(snapshot, task.name)
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; import answers first")
    found = disputes(pl.read_parquet(path), by_adjudicator(adjudicators))["review_id"].unique().to_list()
    return sorted(task.items.keys() & set(found))


def answers_path(snapshot: Snapshot, task: str) -> Path:
    """The file with all imported answers of a task."""
    return snapshot.root / "sheets" / "answers" / f"{task}.parquet"


def report_path(snapshot: Snapshot, task: str) -> Path:
    """The report of the last import of a task."""
    return snapshot.root / "sheets" / ("report.json" if task == CLEAN_TEST else f"report-{task}.json")
