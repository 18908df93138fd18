"""The tables of the report as CSV and LaTeX, with intervals and the paper's values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ameli_build.core.paper import RECALLS, Numbers, paper, stands_beside
from ameli_build.core.snapshot import write_bytes
from ameli_build.report import latex
from ameli_build.report.inputs import Inputs
from ameli_build.report.page import named
from ameli_build.scores.claims import needed
from ameli_build.scores.tables import HUMAN, KINDS, Scores, in_order
from ameli_build.scores.verdicts import RULE, verdict_of

FOLDER = "report-tables"
"""The folder beside the report."""
NAMES = ("table2", "table3", "table4", "table5", "claims", "attributes")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Signs with which a text is a formula to a spreadsheet."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of CSV, and of LaTeX if it has a head there. A key that ends in `interval` is two columns of CSV."""

    key: str
    head: str = ""
    form: str = ".2f"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values by key; the first column groups the rows in LaTeX."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]

    def csv(self) -> str:
        """Header and rows; an empty cell for None. A text that a spreadsheet takes for a formula gets a quote."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([name for column in self.columns for name in _names(column.key)])
        for row in self.rows:
            writer.writerow([value for column in self.columns for value in _values(column.key, row.get(column.key))])
        return file.getvalue()

    def latex(self, note: str) -> str:
        """A table of booktabs; `note` ends its caption."""
        shown = [column for column in self.columns if column.head]
        texts = [any(isinstance(row.get(column.key), str) for row in self.rows) for column in shown]
        groups: dict[str, list[list[str]]] = {}
        for row in self.rows:
            cells = [latex.cell(row.get(column.key), column.form) for column in shown]
            groups.setdefault(_title(row[self.columns[0].key]), []).append(cells)
        aligned = "".join("l" if text else "r" for text in texts)
        caption = f"{self.caption} {note}".strip()
        return latex.table(f"ameli-{self.name}", caption, [column.head for column in shown], aligned, groups)


def _title(group: Any) -> str:
    return named(group).replace("_", " ") if isinstance(group, str) else ""


def _names(key: str) -> list[str]:
    """Names of the columns of a key in CSV.

    >>> _names("recall@10_interval"), _names("n")
    (['recall@10_low', 'recall@10_high'], ['n'])
    """
    stem = key.removesuffix("interval")
    return [key] if stem == key else [f"{stem}low", f"{stem}high"]


def _values(key: str, value: Any) -> list[Any]:
    if key.endswith("interval"):
        return list(value or (None, None))
    return [f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value]


def tables(inputs: Inputs) -> Iterator[Table]:
    """The tables whose numbers the snapshot has."""
    if inputs.stats:
        yield _table2(inputs.stats)
        yield _table3(inputs.stats)
    if inputs.scores:
        yield _table4(inputs.scores)
        yield _table5(inputs.scores)
        yield _claims(inputs.scores)
        yield _attributes(inputs.scores)


def write_tables(inputs: Inputs, note: str) -> None:
    """Write the tables into `FOLDER`, and remove those of an earlier report; `note` ends each caption in LaTeX."""
    files: dict[str, str] = {}
    for table in tables(inputs):
        files |= {f"{table.name}.csv": table.csv(), f"{table.name}.tex": table.latex(note)}
    folder = inputs.snapshot.root / FOLDER
    for name in (f"{table}.{kind}" for table in NAMES for kind in ("csv", "tex")):
        if name in files:
            write_bytes(folder / name, files[name].encode())
        else:
            (folder / name).unlink(missing_ok=True)


def _table2(stats: Mapping[str, Any]) -> Table:
    rows = [
        {"part": part, "statistic": key.replace("_", " "), "value": stats["table2"][part].get(key), "paper": theirs}
        for part, numbers in paper().table2.items()
        if part in stats["table2"]
        for key, theirs in numbers.items()
    ]
    columns = (Column("part"), Column("statistic", "statistic"), Column("value", "value"), Column("paper", "paper"))
    return Table("table2", f"Data set statistics. Paper: {paper().mark}.", columns, rows)


def _table3(stats: Mapping[str, Any]) -> Table:
    pairs: Iterator[tuple[Mapping[str, Any], ...]] = zip_longest(stats["table3"], paper().table3, fillvalue={})
    rows = [
        {"rank": rank, **ours, **{f"paper_{key}": value for key, value in beside.items()}}
        for rank, (ours, beside) in enumerate(pairs, 1)
    ]
    columns = (
        *(Column("rank"), Column("path"), Column("leaf", "category")),
        *(Column("products", "products"), Column("percent", "%")),
        *(Column("paper_leaf", "paper: category"), Column("paper_products", "paper: products")),
        Column("paper_percent", "paper: %"),
    )
    return Table("table3", f"The most frequent categories. Paper: {paper().mark}.", columns, rows)


def _table4(scores: Scores) -> Table:
    metrics = [*((f"recall@{k}", f"R@{k}") for k in RECALLS), ("mrr", "MRR")]
    measured = [
        column
        for key, head in metrics
        for column in (
            Column(key, head),
            Column(f"{key}_interval", "95 %" if key == "recall@10" else ""),
            Column(f"{key}_deviation", "±" if key == "recall@10" else ""),
        )
    ]
    columns = (
        *(Column("split"), Column("row", "method"), Column("n"), *measured),
        *(Column("macro_recall@10"), Column("macro_recall@10_deviation")),
        *(Column(f"paper_recall@{k}", f"paper R@{k}") for k in RECALLS),
        *(Column("note"), Column("reason")),
    )
    rows = _scored(scores.table4, paper().table4)
    return Table("table4", f"Candidate retrieval, in percent. {_explained()}", columns, list(rows))


def _table5(scores: Scores) -> Table:
    columns = [Column("split"), Column("row", "method")]
    for kind, head in zip(KINDS, ("gold retrieved", "end to end"), strict=True):
        columns += [Column(f"{kind}_n"), Column(f"{kind}_f1", f"F1, {head}")]
        columns += [Column(f"{kind}_interval", "95 %"), Column(f"{kind}_deviation", "±")]
        columns += [Column(f"paper_{kind}_f1", "paper F1")]
        columns += [Column(f"{kind}_mrr", "MRR"), Column(f"{kind}_mrr_interval"), Column(f"{kind}_mrr_deviation")]
        columns += [Column(f"{kind}_macro_f1"), Column(f"{kind}_macro_f1_deviation")]
    columns += [Column("note"), Column("reason")]
    rows = list(_scored(scores.table5, paper().table5))
    for row in rows:
        if (row["split"], row["row"]) == ("test", HUMAN):  # of the paper's test, not of its Clean-Test
            row["paper_disambiguation_f1"] = paper().human
    return Table("table5", f"Entity disambiguation, micro F1 in percent. {_explained()}", columns, rows)


def _explained() -> str:
    return f"95 %: bootstrap over reviews; ±: standard deviation over runs; --: not run. Paper: {paper().mark}."


def _scored(
    splits: Mapping[str, Mapping[str, Mapping[str, Any]]], beside: Mapping[str, Numbers]
) -> Iterator[dict[str, Any]]:
    """Rows of each split, with the paper's values in the split that is compared with them."""
    for split, rows in in_order(splits).items():
        known = beside if split == stands_beside(splits) else {}
        for name, row in in_order(rows).items():
            numbers = {f"paper_{key}": value for key, value in known.get(name, {}).items()}
            yield {**row, "split": split, "row": name, **numbers}


def _claims(scores: Scores) -> Table:
    columns = (
        *(Column("split"), Column("claim", "claim"), Column("better"), Column("worse"), Column("metric")),
        *(Column("n", "n"), Column("difference", "points"), Column("interval", "95 %"), Column("p_value", form=".2g")),
        *(Column("p_value_holm", "p", ".2g"), Column("verdict", "verdict"), Column("reviews_needed", "reviews needed")),
        *(Column("mrr_difference"), Column("mrr_interval"), Column("mrr_p_value"), Column("mrr_p_value_holm")),
    )
    rows = [{**row, "verdict": verdict_of(row), "reviews_needed": needed(row, scores)} for row in scores.comparisons]
    caption = f"The paper's claims and further ones: paired differences. p: corrected by Holm. Verdicts: {RULE}."
    return Table("claims", caption, columns, rows)


def _attributes(scores: Scores) -> Table:
    columns = (
        *(Column("split"), Column("extractor", "extractor"), Column("reviews"), Column("known")),
        *(Column("precision", "precision"), Column("precision_interval", "95 %")),
        *(Column("recall", "recall"), Column("recall_interval", "95 %")),
        *(Column("right", "right"), Column("wrong", "wrong"), Column("unknown", "unknown"), Column("reason")),
    )
    rows = [
        {**row, "split": split, "extractor": name}
        for split, rated in in_order(scores.attributes).items()
        for name, row in rated.items()
    ]
    return Table("attributes", "Attributes read in the reviews, in percent and counts.", columns, rows)
