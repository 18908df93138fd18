"""Scores by category: means over runs, Wilson's intervals, and the level of the categories."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from ameli_build.baseline.predictions.reading import PREDICTIONS
from ameli_build.report.categories import CategoryScores, scores_by_category, top_levels
from ameli_build.scores.tables import OURS
from tests.report.report_world import row

PATHS = {
    "p1": ["Shop", "Audio", "Speakers"],
    "p2": ["Shop", "Audio"],
    "p3": ["Shop", "Computers", "Laptops"],
    "p4": ["Shop", "Computers", "Tablets"],
}


def wilson(share: float, n: int) -> tuple[float, float]:
    """The textbook's form: centre and half-width."""
    z = 1.959963984540054
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return 100 * (centre - half), 100 * (centre + half)


def scored(rows: list[Any], gold: dict[str, str], paths: Any = PATHS) -> list[CategoryScores]:
    return scores_by_category(pl.DataFrame(rows, schema=PREDICTIONS), gold, paths, OURS)


def test_means_over_runs_with_intervals_over_reviews() -> None:
    gold = {"a": "p1", "b": "p1", "c": "p4"}
    rows = [
        row("a", ["p1", "p2"], ["p1", "p2"], 0.9),
        row("a", ["p2", "p1"], ["p2", "p1"], 0.9, run=1),
        row("b", ["p2", "p1"], ["p1", "p2"], 0.9),
        row("b", ["p2", "p3"], ["p2", "p3"], 0.9, run=1),
        row("c", ["p4", "p3"], ["p4", "p3"], 0.9),
        row("c", ["p4", "p3"], ["p3", "p4"], 0.9, run=1),
    ]
    whole, audio, computers = scored(rows, gold)
    assert [(part.name, part.reviews) for part in (whole, audio, computers)] == [
        ("all", 3),
        ("Audio", 2),
        ("Computers", 1),
    ]
    assert [(part.first.value, part.retrieved.value, part.linked.value) for part in (whole, audio, computers)] == [
        (50.0, 83.33, 50.0), (25.0, 75.0, 50.0), (100.0, 100.0, 50.0),
    ]  # fmt: skip
    for part in (whole, audio, computers):
        assert part.few
        for rate in (part.first, part.retrieved, part.linked):
            assert rate.interval == pytest.approx(wilson(rate.value / 100, part.reviews), abs=0.02)


def test_a_category_named_all_is_one_of_the_categories() -> None:
    paths = {"p1": ["all"], "p2": ["other"]}
    found = scored([row("a", ["p1"], ["p1"], 0.9), row("b", ["p1"], ["p1"], 0.9)], {"a": "p1", "b": "p2"}, paths)
    assert [(scores.name, scores.reviews, scores.linked.value) for scores in found] == [
        ("all", 2, 50.0), ("all", 1, 100.0), ("other", 1, 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize(("reviews", "few"), [(1, True), (19, True), (20, False), (60, False)])
def test_small_categories_are_marked(reviews: int, few: bool) -> None:
    gold = {f"r{n}": "p1" for n in range(reviews)}
    whole, category = scored([row(review, ["p1"], ["p1"], 0.9) for review in gold], gold)
    assert (whole.few, category.few) == (few, few)
    assert category.linked.interval[1] == 100.0


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (PATHS, {"p1": "Audio", "p2": "Audio", "p3": "Computers", "p4": "Computers"}),
        ({"p1": ["A"], "p2": ["B", "C"]}, {"p1": "A", "p2": "B"}),
        ({"p1": ["A", "B"]}, {"p1": "B"}),
        ({"p1": [], "p2": ["A", "B"], "p3": ["A", "C"]}, {"p1": "no category", "p2": "B", "p3": "C"}),
        ({}, {}),
    ],
)
def test_the_level_is_the_first_with_several_categories(paths: Any, expected: dict[str, str]) -> None:
    assert top_levels(paths) == expected


def test_a_product_of_another_root_does_not_decide_the_level() -> None:
    paths = {f"p{n}": ["Shop", "Audio" if n % 2 else "Computers"] for n in range(40)} | {"x": ["Outlet", "Cables"]}
    found = top_levels(paths)
    assert set(found.values()) == {"Audio", "Computers", "Cables"}
