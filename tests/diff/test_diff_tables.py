"""Versions of a table: rows that appeared, vanished and changed, for any part that is in memory at once."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from ameli_build.diff import tables
from ameli_build.diff.tables import Changes, compare_tables

SCHEMA: dict[str, Any] = {
    "id": pl.String,
    "n": pl.Int64,
    "price": pl.Float64,
    "parts": pl.List(pl.Struct({"name": pl.String})),
}


def row(key: str, n: int | None = 1, price: float | None = 1.0, parts: list[dict[str, str]] | None = None) -> Any:
    return {"id": key, "n": n, "price": price, "parts": parts}


def compared(a: list[Any], b: list[Any], most: int | None = None) -> Changes:
    of_a, of_b = (pl.LazyFrame(rows, SCHEMA) for rows in (a, b))
    return compare_tables(of_a, of_b, ["id"], most, shown=["n"])


def test_differing_rows_and_columns_are_listed() -> None:
    part = {"name": "lid"}
    a = [row("a"), row("b", parts=[part]), row("c", price=None), row("d", price=float("nan")), row("e", parts=[])]
    b = [row("b", parts=[]), row("c", price=2.0), row("d", price=float("nan")), row("e", parts=None), row("f", n=3)]
    found = compared(a, b)
    assert found.rows == [5, 5]
    assert found.vanished.examples == [{"id": "a", "n": 1}]
    assert found.appeared.examples == [{"id": "f", "n": 3}]
    assert found.columns == {"parts": 2, "price": 1}
    assert found.changed.examples == [
        {"id": "b", "columns": {"parts": [[part], []]}},
        {"id": "c", "columns": {"price": [None, 2.0]}},
        {"id": "e", "columns": {"parts": [[], None]}},
    ]


@pytest.mark.parametrize(
    ("a", "b"), [([], []), ([row("a")], [row("a")]), ([row("a", None, None)], [row("a", None, None)])]
)
def test_equal_versions_have_no_difference(a: list[Any], b: list[Any]) -> None:
    found = compared(a, b)
    assert [found.appeared.count, found.vanished.count, found.changed.count] == [0, 0, 0]
    assert not found.columns


@pytest.mark.parametrize("most", [0, 1, 3])
def test_examples_are_limited_and_counts_are_not(most: int) -> None:
    keys = [f"{n:02}" for n in range(5)]
    found = compared([row(key) for key in keys], [row(key, n=2) for key in keys], most)
    assert found.changed.count == 5
    assert [example["id"] for example in found.changed.examples] == keys[:most]


@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_ranges_of_any_size_find_the_same_differences(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    chance = random.Random(size)
    a, b = (sorted(chance.sample(range(40), 25)) for _ in range(2))
    versions = [[row(f"{key:02}", n=key * (key % 3 > 0) * sign) for key in keys] for keys, sign in ((a, 1), (b, -1))]
    whole = compared(versions[0], versions[1]).as_json()
    monkeypatch.setattr(tables, "RANGE", size)
    assert compared(versions[0], versions[1]).as_json() == whole
    assert [example["id"] for example in whole["vanished"]["examples"]] == [f"{key:02}" for key in sorted({*a} - {*b})]
    assert [example["id"] for example in whole["appeared"]["examples"]] == [f"{key:02}" for key in sorted({*b} - {*a})]
    assert [example["id"] for example in whole["changed"]["examples"]] == [
        f"{n:02}" for n in sorted({*a} & {*b}) if n % 3
    ]


def test_a_column_of_one_version_is_named() -> None:
    a, b = pl.LazyFrame({"id": ["a"], "x": [1], "y": [1]}), pl.LazyFrame({"id": ["a"], "y": ["1"], "z": [1]})
    found = compare_tables(a, b, ["id"], None)
    assert found.uncompared == ["x", "y", "z"]
    assert found.changed.count == 0


def test_the_first_of_rows_with_the_same_key_counts() -> None:
    found = compared([row("a", n=1), row("a", n=2)], [row("a", n=1), row("a", n=3)])
    assert found.rows == [1, 1]
    assert found.changed.count == 0
