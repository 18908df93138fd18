"""Tables 4 and 5 as text, for people who look at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

from ameli_build.baseline.tables import Row, Scores, in_order
from ameli_build.text import columns

WIDTH = 120
KINDS = ("disambiguation", "end_to_end")


def render(scores: Scores) -> str:
    """Both tables, a block a split: the mean over runs in percent, its deviation and 95 % interval; then the remarks.

    At most `WIDTH` columns wide.
    """
    blocks = []
    for split in in_order(scores.table4):
        head = (f"Table 4, {split}", "R@1", "R@10", "±", "95 %", "R@20", "R@50", "R@100", "MRR", "macro")
        rows = in_order(scores.table4[split])
        blocks.append(columns([head, *((name, *_recalls(row)) for name, row in rows.items())]) + _remarks(rows))
    for split in in_order(scores.table5):
        rows = in_order(scores.table5[split])
        heads: list[tuple[str, ...]] = [(f"Table 5, {split}", "disambiguation", "", "", "", "", "end to end")]
        heads += [("", *("F1", "±", "95 %", "MRR", "macro") * len(KINDS))]
        blocks.append(columns([*heads, *((name, *_linking(row)) for name, row in rows.items())]) + _remarks(rows))
    return "\n\n".join([*blocks, _runs(scores)])


def _recalls(row: Row) -> tuple[str, ...]:
    spread = (_spread(row["recall@10_deviation"]), _interval(row["recall@10_interval"]))
    values = [_value(row[key]) for key in ("recall@1", "recall@10", "recall@20", "recall@50", "recall@100", "mrr")]
    return (*values[:2], *spread, *values[2:], _value(row["macro_recall@10"]))


def _linking(row: Row) -> tuple[str, ...]:
    cells: list[str] = []
    for kind in KINDS:
        cells += [_value(row[f"{kind}_f1"]), _spread(row[f"{kind}_deviation"]), _interval(row[f"{kind}_interval"])]
        cells += [_value(row[f"{kind}_mrr"]), _value(row[f"{kind}_macro_f1"])]
    return tuple(cells)


def _remarks(rows: Mapping[str, Row]) -> str:
    """Why a row has no numbers, and what else is to know of it, a line each; rows with the same remark together."""
    said: dict[str, list[str]] = {}
    for name, row in rows.items():
        for text in (f"not run: {row['reason']}" if "reason" in row else "", row.get("note", "")):
            if text:
                said.setdefault(text, []).append(name)
    lines = (f"{', '.join(names)}: {text}" for text, names in said.items())
    return "".join("\n" + fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines)


def _runs(scores: Scores) -> str:
    seeds = scores.notes.get("seeds", [])
    if len(seeds) < 2:
        return "One run: no deviation. Intervals: bootstrap over reviews. Macro: mean over categories."
    told = ", ".join(map(str, seeds))
    return (
        f"Means over {len(seeds)} runs (seeds {told}) with their standard deviation, where they differ. "
        "Intervals: bootstrap over reviews.\nMacro: mean over categories."
    )


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _spread(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _interval(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f"[{interval[0]:.1f}, {interval[1]:.1f}]"
