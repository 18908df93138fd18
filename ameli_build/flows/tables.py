"""The funnel and the paper's Tables 2 to 5 as artifacts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from prefect.artifacts import create_table_artifact

from ameli_build.core.snapshot import Snapshot
from ameli_build.report.funnel import funnel_steps
from ameli_build.scores.tables import Scores, in_order

RETRIEVAL = ("recall@1", "recall@10", "recall@20", "recall@50", "recall@100", "mrr")
LINKING = ("disambiguation_f1", "disambiguation_mrr", "end_to_end_f1", "end_to_end_mrr")


def show_data_set(snapshot: Snapshot) -> None:
    """Show the funnel, Table 2 and Table 3 of a released snapshot; without a release, nothing."""
    path = snapshot.dataset / "stats.json"
    if not path.is_file():
        return
    stats: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    create_table_artifact(funnel_rows(stats["funnel"]), key="funnel", description="Reviews that left, and why")
    create_table_artifact(table2_rows(stats["table2"]), key="table-2", description="Table 2: the data set")
    create_table_artifact(stats["table3"], key="table-3", description="Table 3: the most frequent categories")


def show_scores(scores: Scores) -> None:
    """Show Tables 4 and 5, in percent."""
    retrieval = _score_rows(scores.table4, RETRIEVAL)
    create_table_artifact(retrieval, key="table-4", description="Table 4: retrieval, in percent")
    linking = _score_rows(scores.table5, LINKING)
    create_table_artifact(linking, key="table-5", description="Table 5: disambiguation and end to end, in percent")


def funnel_rows(funnel: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each reason, from all reviews to the reviews in the splits."""
    first = {"stage": "", "reason": "all reviews", "lost": 0, "kept": funnel["reviews_in"], "kept %": 100.0}
    rows = [
        {
            "stage": step.group,
            "reason": step.meaning,
            "lost": step.lost,
            "kept": step.remaining,
            "kept %": step.remaining_percent,
        }
        for step in funnel_steps(funnel)
    ]
    return [first, *rows]


def table2_rows(table2: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each number, with its part of the data set."""
    return [
        {"of": part.replace("_", " "), "what": name.replace("_", " "), "value": value}
        for part, numbers in in_order(table2).items()
        for name, value in numbers.items()
    ]


def _score_rows(table: Mapping[str, Mapping[str, Mapping[str, Any]]], metrics: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each model and split, with the reason if it could not run."""
    return [
        {"split": split, "row": name, **{metric: _shown(row.get(metric)) for metric in metrics}, "remark": _remark(row)}
        for split, rows in in_order(table).items()
        for name, row in in_order(rows).items()
    ]


def _shown(value: float | None) -> float | str:
    return "–" if value is None else round(value, 2)  # cells are Markdown, where a hyphen is a bullet


def _remark(row: Mapping[str, Any]) -> str:
    return str(row.get("reason") or row.get("note") or "")
