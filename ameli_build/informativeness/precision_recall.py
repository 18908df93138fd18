"""Precision against recall of a calibration, as numbers and as a drawing."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ameli_build.core.arrays import Mask, Values
from ameli_build.core.statistics import Share

Curve = tuple[Values, Values]
"""Recalls, falling, and the highest precision at or above each of them."""


def precision_and_recall(predicted: Mask, y: Mask) -> tuple[Share, Share]:
    """Precision and recall of verdicts on labelled rows."""
    hits = int((predicted & y).sum())
    return Share.of(hits, int(predicted.sum())), Share.of(hits, int(y.sum()))


def curve_of(scores: npt.ArrayLike, y: Mask) -> Curve:
    """The curve with each score as a threshold; precision is made monotonic."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(y, scores)
    best: Values = np.maximum.accumulate(precision[:-1])
    return recall[:-1], best


def recall_at(curve: Curve, min_precision: float) -> float:
    """The highest recall at a precision of at least `min_precision`; 0 if no point reaches it."""
    recalls, precisions = curve
    reached = recalls[precisions >= min_precision]
    return round(float(reached.max()), 4) if len(reached) else 0.0


def draw(
    searched: Curve, curves: Mapping[str, Curve], held_out: tuple[Share, Share], min_precision: float, labels: int
) -> bytes:
    """An SVG with the curve of thresholds on all labels and the curves of classifiers on held-out folds.

    `held_out` is precision and recall of thresholds on held-out folds, drawn as a point with intervals.
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
