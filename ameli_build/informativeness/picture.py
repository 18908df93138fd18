"""Precision against recall of a calibration, in numbers and as a picture."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ameli_build.informativeness.search import Features, Labels, wilson_lower_bound

SIDE = 0.975
"""One-sided confidence of each end of a 95 % interval."""

Curve = tuple[Features, Features]
"""Recalls, falling, and the highest precision at each or above."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `rows`, with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    rows: int

    @classmethod
    def of(cls, hits: int, rows: int) -> Share:
        """`hits` of `rows`, rounded to 4 decimals; 0 to 1 where there are none."""
        if not rows:
            return cls(0.0, 0.0, 1.0, 0)
        low = float(wilson_lower_bound(hits / rows, rows, SIDE))
        high = 1 - float(wilson_lower_bound(1 - hits / rows, rows, SIDE))
        return cls(round(hits / rows, 4), round(low, 4), round(high, 4), rows)

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def precision_and_recall(said: Labels, y: Labels) -> tuple[Share, Share]:
    """Of verdicts on labelled rows."""
    hits = int((said & y).sum())
    return Share.of(hits, int(said.sum())), Share.of(hits, int(y.sum()))


def curve_of(scores: npt.ArrayLike, y: Labels) -> Curve:
    """The curve of scores: each score as a threshold, precision made monotonous."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(y, scores)
    best: Features = np.maximum.accumulate(precision[:-1])
    return recall[:-1], best


def recall_at(curve: Curve, min_precision: float) -> float:
    """The highest recall at a precision of at least `min_precision`, 0 where there is none."""
    recalls, precisions = curve
    reached = recalls[precisions >= min_precision]
    return round(float(reached.max()), 4) if len(reached) else 0.0


def draw(
    searched: Curve, curves: Mapping[str, Curve], held_out: tuple[Share, Share], min_precision: float, labels: int
) -> bytes:
    """An SVG: thresholds on the labels searched, classifiers on folds not seen, and the thresholds' point there.

    `held_out` is the precision and recall of thresholds on folds not searched, drawn with its intervals.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "ameli", "font.size": 9}):
        figure = Figure(figsize=(6.4, 4.8), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(min_precision, color="0.6", linestyle=":", label=f"precision asked for: {min_precision:g}")
        axes.step(*searched, where="post", color="black", label="thresholds, on the labels searched")
        for name, curve in curves.items():
            axes.step(*curve, where="post", linewidth=1, label=f"{name}, on folds not seen")
        precision, recall = held_out
        axes.errorbar(
            recall.value,
            precision.value,
            xerr=[[recall.value - recall.low], [recall.high - recall.value]],
            yerr=[[precision.value - precision.low], [precision.high - precision.value]],
            fmt="ko",
            capsize=3,
            label="thresholds, on folds not searched (95 %)",
        )
        lowest = min(precision.low, min_precision, float(searched[1].min(initial=1.0)))
        axes.set(xlim=(0, 1.02), ylim=(max(0.0, lowest - 0.05), 1.02), xlabel="recall of informative reviews")
        axes.set(ylabel="precision", title=f"Informative or not: {labels:,} labelled reviews")
        axes.legend(loc="lower left", fontsize=8)
        page = io.BytesIO()
        figure.savefig(page, format="svg", metadata={"Date": None, "Creator": None})
    return page.getvalue()
