"""The card's tables of fields, with the values of one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ameli_build.release.schemas import table_schema
from ameli_build.release.tables import SCHEMAS

LONGEST = 100
"""Characters of a value that the card shows."""
MOST = 2
"""Items of a list that the card shows."""


@dataclass(frozen=True, slots=True)
class CardField:
    """A column of a released table, and its value in the card's example."""

    name: str
    kind: str
    meaning: str
    value: str


def card_fields(table: str, similarity: str, row: Mapping[str, Any]) -> list[CardField]:
    """The columns of a released table; `similarity` is `informativeness.similarity`."""
    meanings = table_schema(table, similarity)["properties"]
    return [
        CardField(name, _kind(kind), meanings[name].get("description", ""), _value(row.get(name)))
        for name, kind in SCHEMAS[table].items()
    ]


def _kind(kind: Any) -> str:
    """A type as Arrow writes it.

    >>> _kind(pl.List(pl.Struct({"name": pl.String, "value": pl.String})))
    'list<struct<name, value>>'
    """
    if isinstance(kind, pl.List):
        return f"list<{_kind(kind.inner)}>"
    if isinstance(kind, pl.Struct):
        return f"struct<{', '.join(field.name for field in kind.fields)}>"
    names = {pl.String: "string", pl.Int64: "int64", pl.Float64: "double", pl.Boolean: "bool"}
    return names[kind.base_type()]


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ": ".join(_value(part) for part in value.values() if part)
    if isinstance(value, list):
        more = f" … ({len(value)} in all)" if len(value) > MOST else ""
        return ", ".join(_value(part) for part in value[:MOST]) + more
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} …"
