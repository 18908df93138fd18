"""Learning curves of the baseline's trainings, as lines for the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MRR, F1 = "MRR on dev", "F1 on dev"
DEV_SCORE = {"image adapters": MRR, "text encoder": MRR}
"""The dev score of a training; `F1` for the others."""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve as an SVG path in a square of 100 by 100, and its chosen epoch as a point of no length."""

    seed: int
    path: str
    chosen: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The loss or the dev score of all runs of a training; the scale goes from `low` to `high`."""

    title: str
    low: float
    high: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Training:
    """A training; `words` has a sentence for each run."""

    name: str
    epochs: int
    panels: tuple[Panel, ...]
    words: tuple[str, ...]


def trainings(curves: Mapping[str, Sequence[Mapping[str, Any]]] | None) -> list[Training]:
    """The trainings in `curves.json`."""
    return [_training(name, runs) for name, runs in (curves or {}).items()]


def _training(name: str, runs: Sequence[Mapping[str, Any]]) -> Training:
    epochs, dev = max(len(run["loss"]) for run in runs) - 1, DEV_SCORE.get(name, F1)
    panels = (
        _panel("loss", [run["loss"] for run in runs], runs, epochs),
        _panel(f"{dev}, %", [_percent(run["dev"]) for run in runs], runs, epochs),
    )
    return Training(name, epochs, tuple(filter(None, panels)), tuple(_words(run, dev, epochs) for run in runs))


def _percent(shares: Iterable[float | None]) -> list[float | None]:
    return [None if share is None else 100 * share for share in shares]


def _panel(
    title: str, drawn: Sequence[Sequence[float | None]], runs: Sequence[Mapping[str, Any]], epochs: int
) -> Panel | None:
    """None without a number, such as without dev."""
    values = [value for each in drawn for value in each if value is not None]
    if not values:
        return None
    low, high = min(values), max(values)
    lines = []
    for run, each in zip(runs, drawn, strict=True):
        points = [_point(epoch, value, epochs, low, high) for epoch, value in enumerate(each)]
        chosen = points[run["epoch"]]
        lines.append(Line(run["seed"], _path(points), f"M{chosen}h0" if chosen else ""))
    return Panel(title, low, high, tuple(lines))


def _point(epoch: int, value: float | None, epochs: int, low: float, high: float) -> str:
    """The place of a value, "" for none; equal values are in the middle."""
    if value is None:
        return ""
    y = 100 - 100 * (value - low) / (high - low) if high > low else 50
    return f"{100 * epoch / max(epochs, 1):.2f} {y:.2f}"


def _path(points: Sequence[str]) -> str:
    """A path through the points, with a gap at each missing one.

    >>> _path(["", "0 9", "5 4", "", "9 9"])
    'M0 9h0L5 4M9 9h0'
    """
    before = ["", *points]
    return "".join(
        (f"L{point}" if last else f"M{point}h0") for last, point in zip(before, points, strict=False) if point
    )


def _words(run: Mapping[str, Any], dev: str, epochs: int) -> str:
    losses = [loss for loss in run["loss"] if loss is not None]
    scored = {epoch: score for epoch, score in enumerate(_percent(run["dev"])) if score is not None}
    parts = [f"loss {losses[0]:.3f} in the first epoch, {losses[-1]:.3f} in the last"] if losses else []
    if scored:
        first = min(scored)
        parts.append(f"{dev} {scored[first]:.1f} % " + (f"after epoch {first}" if first else "before training"))
    reached = f" with {scored[run['epoch']]:.1f} %" if run["epoch"] in scored else ""
    parts.append(f"chosen: epoch {run['epoch']} of {epochs}{reached}")
    return f"Seed {run['seed']}: {'; '.join(parts)}"
