"""The paper's claims as points on a scale around zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ameli_build.scores.claims import claims, why
from ameli_build.scores.tables import OURS, Scores
from ameli_build.scores.verdicts import verdict_of

STEP = 10
"""The scale of differences ends at a multiple of this number of points."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A comparison of two rows, "not run" if a row did not run; `x` values are percentages of the scale."""

    row: Mapping[str, Any]
    verdict: str
    why: str = ""
    x: float = 50.0
    x_low: float = 50.0
    x_high: float = 50.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Claims of a split over a scale from `-ends` to `ends` points: the paper's claims, and claims beyond it."""

    ends: int
    paper: tuple[Claim, ...]
    beyond: tuple[Claim, ...]


def scales(scores: Scores) -> dict[str, Scale]:
    """The claims of each split."""
    splits = dict.fromkeys(row["split"] for row in scores.comparisons)
    return {split: _scale([row for row in scores.comparisons if row["split"] == split], scores) for split in splits}


def _scale(rows: Sequence[Mapping[str, Any]], scores: Scores) -> Scale:
    bounds = [abs(bound) for row in rows if row["interval"] for bound in row["interval"]]
    ends = max(STEP * math.ceil(max(bounds, default=0) / STEP), STEP)
    drawn = {
        paper: tuple(_claim(row, ends, scores) for row in rows if row["paper"] == paper) for paper in (True, False)
    }
    return Scale(ends, drawn[True], drawn[False])


def _claim(row: Mapping[str, Any], ends: int, scores: Scores) -> Claim:
    if row["difference"] is None:
        return Claim(row, verdict_of(dict(row)))
    low, high = row["interval"]
    x, x_low, x_high = (round(50 + 50 * points / ends, 2) for points in (row["difference"], low, high))
    return Claim(row, verdict_of(dict(row)), "; ".join(why(dict(row), scores)), x, x_low, x_high)


def gaps(scores: Scores) -> list[str]:
    """A sentence for each split on the gap to human performance."""
    return claims(scores)[len(scores.comparisons) :]


def headline(scores: Scores) -> Mapping[str, Any] | None:
    """The full model's row on test; None if it did not run."""
    row: Mapping[str, Any] = scores.table5.get("test", {}).get(OURS, {})
    return row if row.get("end_to_end_f1") is not None else None
