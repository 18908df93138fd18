"""A field without its own reader is read by the type of its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from ameli_build.core.records import Column
from ameli_build.ingest.raw_records import Reader


@dataclass
class Sample:
    """A field of each type."""

    text: Annotated[str, Column("a text of several lines")] = ""
    line: Annotated[str | None, Column("a text of one line")] = None
    count: Annotated[int, Column("a whole number")] = 0
    year: Annotated[int | None, Column("a whole number or nothing")] = None
    weight: Annotated[float | None, Column("a number or nothing")] = None
    sold: Annotated[bool, Column("a truth value")] = False
    liked: Annotated[bool | None, Column("a truth value or nothing")] = None
    tags: Annotated[tuple[str, ...], Column("texts")] = ()
    source: str = ""


NOTHING = {
    "text": "",
    "line": None,
    "count": 0,
    "year": None,
    "weight": None,
    "sold": False,
    "liked": None,
    "tags": (),
}


@pytest.mark.parametrize(
    ("record", "read"),
    [
        ({}, {}),
        (dict.fromkeys(NOTHING), {}),
        ({"text": "a\n&amp; b", "line": " a\n b "}, {"text": "a\n& b", "line": "a b"}),
        ({"count": "3", "year": 1999.0}, {"count": 3, "year": 1999}),
        ({"weight": "2.5", "sold": "Yes", "liked": False}, {"weight": 2.5, "sold": True, "liked": False}),
        ({"tags": ["a ", "", "<b>c</b>"]}, {"tags": ("a", "c")}),
    ],
)
def test_a_value_is_read_by_its_type(record: dict[str, Any], read: dict[str, Any]) -> None:
    reader = Reader(record)
    assert reader.fields(Sample, {}) == NOTHING | read
    assert reader.unread == []


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("text", 3, "text: not a string: 3"),
        ("count", "many", "count: not a whole number: 'many'"),
        ("weight", "heavy", "weight: not a number: 'heavy'"),
        ("sold", "perhaps", "sold: neither true nor false: 'perhaps'"),
        ("liked", 1, "liked: neither true nor false: 1"),
        ("tags", "a", "tags: not a list: 'a'"),
        ("tags", [1], "tags: not a string: 1"),
    ],
)
def test_an_unreadable_value_is_reported_and_replaced_by_the_default(field: str, value: Any, error: str) -> None:
    reader = Reader({field: value})
    assert reader.fields(Sample, {}) == NOTHING
    assert reader.unread == [error]
