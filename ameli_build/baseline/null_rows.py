"""Rows of Tables 4 and 5 that were to be run and hold no measurement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ameli_build.baseline.tables import HUMAN, Scores

_BY_THE_SETTINGS = re.compile(r"\b(models|baseline)\.\w+ is (empty|0)\b")
"""Reasons of rows that the settings ask to leave out."""


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


def _is_null(row: dict[str, Any]) -> bool:
    return not any(isinstance(value, float) for value in row.values())  # counts and marks are no measurement
