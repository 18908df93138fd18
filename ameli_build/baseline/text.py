"""Tables 4 and 5 as text, for people who look at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ameli_build.baseline.tables import HUMAN, RECALLS, TABLE5, Row, Scores
from ameli_build.text import columns

SPLITS = ("test", "clean_test")


def render(scores: Scores) -> str:
    """Both tables, a block a split: values in percent with their 95 % intervals, or why there are none."""
    blocks = []
    for split in (name for name in SPLITS if name in scores.table4):
        head = (f"Table 4, {split}", *(f"R@{k}" for k in RECALLS), "R@10 interval")
        blocks.append(
            columns([head, *((name, *_recalls(scores.table4[split][name])) for name in scores.table4[split])])
        )
    for split in (name for name in SPLITS if name in scores.table5):
        head = (f"Table 5, {split}", "disambiguation F1", "", "end-to-end F1")
        blocks.append(columns([head, *((name, *_linking(scores.table5[split][name])) for name in (*TABLE5, HUMAN))]))
    return "\n\n".join(blocks)


def _recalls(row: Row) -> tuple[str, ...]:
    if row["recall@1"] is None:
        return (f"not run: {row['reason']}",)
    return (*(f"{row[f'recall@{k}']:.2f}" for k in RECALLS), _interval(row["recall@10_interval"]))


def _linking(row: Row) -> tuple[str, ...]:
    kinds = ("disambiguation", "end_to_end")
    if all(row[f"{kind}_f1"] is None for kind in kinds):
        return ("-", "", "-", "", f"not run: {row['reason']}")
    cells = [cell for kind in kinds for cell in (_value(row[f"{kind}_f1"]), _interval(row[f"{kind}_interval"]))]
    return (*cells, row.get("note", ""))


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _interval(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f"[{interval[0]:.1f}, {interval[1]:.1f}]"
