"""Shares with intervals, curves, and their picture."""

from xml.etree import ElementTree

import numpy as np
import pytest

from ameli_build.core.statistics import Share
from ameli_build.informativeness.precision_recall import curve_of, draw, precision_and_recall, recall_at
from ameli_build.informativeness.search import frontier, informative

Y = np.array([True, True, True, False, False])


def test_a_share_has_the_wilson_interval() -> None:
    """Nine of ten: 0.596 to 0.982, as in a textbook."""
    share = Share.of(9, 10)
    assert (share.value, share.rows) == (0.9, 10)
    assert (share.low, share.high) == (pytest.approx(0.5958, abs=1e-3), pytest.approx(0.9821, abs=1e-3))
    assert Share.of(0, 0) == Share(0.0, 0.0, 1.0, 0)


def test_precision_and_recall_of_verdicts() -> None:
    precision, recall = precision_and_recall(np.array([True, True, False, True, False]), Y)
    assert (precision.value, recall.value) == (0.6667, 0.6667)


def test_recall_at_a_precision() -> None:
    """In order of falling scores: right, right, wrong, right, wrong."""
    curve = curve_of([0.9, 0.8, 0.5, 0.6, 0.1], Y)
    assert recall_at(curve, 0.99) == 0.6667
    assert recall_at(curve, 0.75) == 1.0
    assert recall_at(curve_of([0.0, 0.1, 0.2, 0.8, 0.9], Y), 0.9) == 0.0


def test_the_frontier_is_reached_by_thresholds() -> None:
    random = np.random.default_rng(2)
    points = np.column_stack([random.integers(0, 4, 80), np.round(random.random((80, 3)), 2)]).astype(float)
    y = points[:, 0] + points[:, 1] > 1.5
    recalls, precisions = frontier(points, y, 1)
    assert recalls[0] == 1.0
    assert (np.diff(recalls) < 0).all()
    assert (np.diff(precisions) > 0).all()
    said = informative(points, (1.0, 1.0, 1.0, 1.0), 1)
    assert recall_at((recalls, precisions), float(y[said].mean())) >= round(float(y[said].sum() / y.sum()), 4)


def test_the_picture_is_an_svg_and_is_reproducible() -> None:
    curve = (np.array([1.0, 0.5]), np.array([0.6, 1.0]))
    shares = Share.of(9, 10), Share.of(9, 12)
    picture = draw(curve, {"RBF SVM": curve}, shares, 0.85, 5)
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert b"RBF SVM" in picture
    assert picture == draw(curve, {"RBF SVM": curve}, shares, 0.85, 5)
    nothing = (np.array([]), np.array([]))
    assert draw(nothing, {}, (Share.of(0, 0), Share.of(0, 3)), 0.85, 5).startswith(b"<?xml")
