"""Falls: what is left of a number after each loss, as bars that a reader follows downwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ameli_build.core.reasons import MEANINGS
from ameli_build.release.tables import DROPPING


@dataclass(frozen=True, slots=True)
class Fall:
    """One loss: `kept` and `lost` in counts and in percent of what the fall started with."""

    group: str
    name: str
    meaning: str
    lost: int
    kept: int
    lost_percent: float
    kept_percent: float


def falls(total: int, losses: Iterable[tuple[str, str, str, int]]) -> list[Fall]:
    """Each loss (group, name, meaning, count) after the one before.

    >>> [(fall.kept, fall.kept_percent) for fall in falls(10, [("", "a", "", 4), ("", "b", "", 1)])]
    [(6, 60.0), (5, 50.0)]
    """
    rows, left = [], total
    for group, name, meaning, lost in losses:
        left -= lost
        rows.append(Fall(group, name, meaning, lost, left, _percent(lost, total), _percent(left, total)))
    return rows


def funnel_falls(funnel: Mapping[str, Any]) -> list[Fall]:
    """The fall from all reviews to the splits, by stage and reason in the order in which reasons count."""
    order = list(MEANINGS)
    return falls(
        funnel["reviews_in"],
        (
            (stage, reason, MEANINGS[reason], count)
            for stage in DROPPING
            for reason, count in sorted(funnel["stages"][stage]["dropped"].items(), key=lambda one: order.index(one[0]))
        ),
    )


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
