"""Checks whether a data set is complete. A gap is a warning, or with `run.strict` (unattended runs) a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from ameli_build.baseline.tables import HUMAN, Scores
from ameli_build.core.errors import Incomplete
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot

_BY_THE_SETTINGS = re.compile(r"\b(models|baseline)\.\w+ is (empty|0)\b")
"""Reasons of rows that the settings ask to leave out."""


def empty_splits(snapshot: Snapshot) -> Iterator[str]:
    """A message for each empty split of the release."""
    for split in ("train", "dev", "test"):
        path = snapshot.dataset / f"{split}.parquet"
        if path.is_file() and pl.scan_parquet(path).select(pl.len()).collect().item() == 0:
            yield f"the {split} split is empty"


def null_rows(scores: Scores) -> Iterator[str]:
    """Rows of Tables 4 and 5 that were to be run and hold nothing but nulls; the human row waits for annotators."""
    for number, table in ((4, scores.table4), (5, scores.table5)):
        for split, rows in table.items():
            reasons: dict[str, list[str]] = {}
            for name, row in rows.items():
                reason = str(row.get("reason", "no reason given"))
                if name != HUMAN and _is_null(row) and not _BY_THE_SETTINGS.search(reason):
                    reasons.setdefault(reason, []).append(name)
            for reason, names in reasons.items():
                yield f"Table {number}, {split}: nothing but nulls in {', '.join(names)} ({reason})"


def demand(problems: Iterable[str], settings: Settings) -> None:
    """Log each problem as a warning; with `run.strict`, raise `Incomplete` with all problems."""
    found = list(problems)
    if found and settings.run.strict:
        raise Incomplete(f"{'; '.join(found)} (run.strict)")
    for problem in found:
        say(f"warning: {problem}")


def _is_null(row: dict[str, Any]) -> bool:
    return not any(isinstance(value, float) for value in row.values())  # counts and marks are no measurement
