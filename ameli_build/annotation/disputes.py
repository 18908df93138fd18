"""Reviews for which answers differ, and the adjudicators who decide them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ameli_build.annotation.tasks import CLEAN_TEST, Task
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot

ADJUDICATOR = "adjudicator-"
"""Prefix of the names of adjudicators."""

PICK = pl.coalesce("sku", "choice")
"""What an answer chose: a product, whose number may have changed since, or a fixed choice."""
_DECIDES = pl.col("annotator").str.starts_with(ADJUDICATOR)


def of_annotators(answers: pl.DataFrame) -> pl.DataFrame:
    """The answers of annotators, without those of adjudicators, who see only difficult reviews."""
    return answers.filter(~_DECIDES)


def decided(answers: pl.DataFrame) -> pl.DataFrame:
    """The answers that count: those of adjudicators where there are any."""
    decisions = answers.filter(_DECIDES)
    return pl.concat([answers.join(decisions, on="review_id", how="anti"), decisions]).sort("annotator", "review_id")


def disputes(answers: pl.DataFrame) -> pl.DataFrame:
    """The differing answers of annotators, by review, without reviews that an adjudicator has decided."""
    differ = of_annotators(answers).group_by("review_id").agg(picks=PICK.n_unique()).filter(pl.col("picks") > 1)
    return of_annotators(decided(answers)).join(differ, on="review_id", how="semi").sort("review_id", "annotator")


def disputed_reviews(snapshot: Snapshot, task: Task) -> list[str]:
    """The reviews of a task for which imported answers differ; raises `UnusableInput` if there are no answers."""
    path = answers_path(snapshot, task.name)
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; import answers first")
    found = disputes(pl.read_parquet(path))["review_id"].unique().to_list()
    return sorted(task.items.keys() & set(found))


def answers_path(snapshot: Snapshot, task: str) -> Path:
    """The file with all imported answers of a task."""
    return snapshot.root / "sheets" / "answers" / f"{task}.parquet"


def report_path(snapshot: Snapshot, task: str) -> Path:
    """The report of the last import of a task."""
    return snapshot.root / "sheets" / ("report.json" if task == CLEAN_TEST else f"report-{task}.json")
