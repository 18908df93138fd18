"""Funnels: the number of reviews after each loss, as bars for the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ameli_build.core.reasons import MEANINGS
from ameli_build.release.tables import DROPPING


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel, in counts and in percent of the funnel's first number."""

    group: str
    name: str
    meaning: str
    lost: int
    kept: int
    lost_percent: float
    kept_percent: float


def steps(total: int, losses: Iterable[tuple[str, str, str, int]]) -> list[Step]:
    """The steps of a funnel, from its first number and its losses (group, name, meaning, count) in order.

    >>> [(step.kept, step.kept_percent) for step in steps(10, [("", "a", "", 4), ("", "b", "", 1)])]
    [(6, 60.0), (5, 50.0)]
    """
    rows, remaining = [], total
    for group, name, meaning, lost in losses:
        remaining -= lost
        rows.append(Step(group, name, meaning, lost, remaining, _percent(lost, total), _percent(remaining, total)))
    return rows


def funnel_steps(funnel: Mapping[str, Any]) -> list[Step]:
    """The fall from all reviews to the splits, by stage and reason in the order in which reasons count."""
    order = list(MEANINGS)
    return steps(
        funnel["reviews_in"],
        (
            (stage, reason, MEANINGS[reason], count)
            for stage in DROPPING
            for reason, count in sorted(funnel["stages"][stage]["dropped"].items(), key=lambda one: order.index(one[0]))
        ),
    )


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
