"""The section on results in the hub's card."""

from __future__ import annotations

from collections.abc import Sequence

from ameli_build.core.markdown import as_text
from ameli_build.core.paper import stands_beside
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.core.standing import stage_record
from ameli_build.scores.tables import Table, in_order, read_scores

RETRIEVAL = {"Recall@1": "recall@1", "Recall@10": "recall@10", "MRR": "mrr"}
LINKING = {"F1, gold retrieved": "disambiguation_f1", "F1, end to end": "end_to_end_f1"}
"""Columns of both tables, and their keys in `scores.json`."""


def results_of(snapshot: Snapshot) -> str:
    """Tables 4 and 5 as Markdown, on Clean-Test where there is one; "" without a baseline of the current release."""
    path = snapshot.root / "baseline" / "scores.json"
    baseline, release = (stage_record(snapshot, name) for name in ("baseline", "release"))
    written = baseline.get("outputs", {}).get(path.name)
    current = baseline.get("finished", "") >= release.get("finished", "")
    if not current or not path.is_file() or file_digest(path) != written:
        return ""
    scores = read_scores(path)
    split = stands_beside(scores.table4)
    lines = [
        f"On `{split}` ({scores.notes['reviews'][split]} reviews), in percent, by `ameli baseline` of profile "
        f"{as_text(scores.notes['profile'])}; means over {scores.notes['runs']} runs where a row learns.",
        *_table("retrieval", scores.table4, split, RETRIEVAL),
        *_table("disambiguation", scores.table5, split, LINKING),
    ]
    return "\n".join(lines)


def _table(title: str, table: Table, split: str, columns: dict[str, str]) -> Sequence[str]:
    rows = [
        [as_text(name), *("n/a" if row[key] is None else f"{row[key]:.2f}" for key in columns.values())]
        for name, row in in_order(table[split]).items()
        if any(row[key] is not None for key in columns.values())
    ]
    head = [[title, *columns], ["---"] * (1 + len(columns))]
    return ["", *(f"| {' | '.join(cells)} |" for cells in [*head, *rows])]
