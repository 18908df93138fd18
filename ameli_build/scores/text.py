"""Tables 4 and 5 as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

from ameli_build.core.paper import Numbers, paper, stands_beside
from ameli_build.core.text import columns
from ameli_build.scores.tables import KINDS, Row, Scores, in_order

WIDTH = 120


def render(scores: Scores) -> str:
    """Both tables of each split, at most `WIDTH` columns wide, with remarks below each table.

    Values are means over runs in percent, with deviation and 95 % interval. The paper's values stand beside Clean-Test,
    or beside test without one.
    """
    blocks = [
        *(_table4(scores, split, stands_beside(scores.table4)) for split in in_order(scores.table4)),
        *(_table5(scores, split, stands_beside(scores.table5)) for split in in_order(scores.table5)),
    ]
    return "\n\n".join([*blocks, _runs(scores)])


def _table4(scores: Scores, split: str, compared: str) -> str:
    rows = in_order(scores.table4[split])
    beside = paper().table4 if split == compared else None
    title = ("paper",) if beside is not None else ()
    head = (f"Table 4, {split}", "R@1", "R@10", *title, "±", "95 %", "R@20", "R@50", "R@100", "MRR", "macro")
    lines = ((name, *_recalls(row, None if beside is None else beside.get(name, {}))) for name, row in rows.items())
    return columns([head, *lines]) + _remarks(rows)


def _table5(scores: Scores, split: str, compared: str) -> str:
    rows = in_order(scores.table5[split])
    beside = paper().table5 if split == compared else None
    title = ("paper",) if beside is not None else ()
    head = (f"Table 5, {split}", *("F1", *title, "±", "95 %", "MRR", "macro") * len(KINDS))
    lines = ((name, *_linking(row, None if beside is None else beside.get(name, {}))) for name, row in rows.items())
    table = columns([head, *lines])
    first = table.index("F1")
    second = table.index("F1", first + 1)
    above = f"{' ' * first}{'disambiguation':{second - first}}end to end"
    return f"{above}\n{table}{_remarks(rows)}"


def _recalls(row: Row, beside: Numbers | None) -> tuple[str, ...]:
    spread = (_spread(row["recall@10_deviation"]), _interval(row["recall@10_interval"]))
    values = [_value(row[key]) for key in ("recall@1", "recall@10", "recall@20", "recall@50", "recall@100", "mrr")]
    return (*values[:2], *_beside(beside, "recall@10"), *spread, *values[2:], _value(row["macro_recall@10"]))


def _linking(row: Row, beside: Numbers | None) -> tuple[str, ...]:
    cells: list[str] = []
    for kind in KINDS:
        cells += [_value(row[f"{kind}_f1"]), *_beside(beside, f"{kind}_f1")]
        cells += [_spread(row[f"{kind}_deviation"]), _interval(row[f"{kind}_interval"])]
        cells += [_value(row[f"{kind}_mrr"]), _value(row[f"{kind}_macro_f1"])]
    return tuple(cells)


def _beside(numbers: Numbers | None, column: str) -> tuple[str, ...]:
    """The cell of the column `paper`; none in a table without that column."""
    return () if numbers is None else (_value(numbers.get(column)),)


def _remarks(rows: Mapping[str, Row]) -> str:
    """Reasons of rows that did not run, and notes, a line each; rows with the same remark share a line."""
    remarks: dict[str, list[str]] = {}
    for name, row in rows.items():
        for text in (f"not run: {row['reason']}" if "reason" in row else "", row.get("note", "")):
            if text:
                remarks.setdefault(text, []).append(name)
    lines = (f"{', '.join(names)}: {text}" for text, names in remarks.items())
    return "".join("\n" + fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines)


def _runs(scores: Scores) -> str:
    seeds = scores.notes.get("seeds", [])
    listed = ", ".join(map(str, seeds))
    means = f"Means over {len(seeds)} runs (seeds {listed}) with their standard deviation, where they differ."
    runs = "One run: no deviation." if len(seeds) < 2 else means
    return (
        f"{runs}\nIntervals: bootstrap over reviews. Macro: mean over categories.\npaper: its R@10 (Table 4) and F1 "
        f"(Table 5) on the Clean-Test of another data set, on whose test people reached {paper().human:.2f}."
    )


def _value(value: float | None) -> str:
    """A value in at most five characters; 100 has one decimal."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 100 else "100.0"


def _spread(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _interval(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f"[{interval[0]:.1f}, {interval[1]:.1f}]"
