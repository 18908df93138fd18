"""Comparison of the thresholds with other classifiers on the same four features (footnote 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ameli_build.core.arrays import Integers, Mask, Values
from ameli_build.core.settings import InformativenessSettings
from ameli_build.informativeness.search import informative, search_thresholds

FOLDS = 5

Method = Callable[[Values, Mask, Values], Mask]
"""A function that fits on features and labels and classifies further features."""

Split = tuple[Integers, Integers]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a method on held-out rows: means over the splits, rounded to 4 decimals."""

    method: str
    tested: str
    precision: float
    recall: float
    f1: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Predictions for each labelled row by methods fitted on the other four of five folds.

    `predicted` has the verdicts of thresholds, and `scores` the scores of each classifier: higher is more informative.
    """

    predicted: Mask
    scores: Mapping[str, Values]


def compare(points: Values, y: Mask, needed: int, rule: InformativenessSettings, seed: int) -> tuple[Scores, ...]:
    """Scores of thresholds, SVMs, logistic regression and gradient boosting, for 70/30 splits and five folds."""
    from sklearn.model_selection import StratifiedShuffleSplit

    ways = {
        "70/30": StratifiedShuffleSplit(n_splits=1, test_size=0.3, random_state=seed),
        "cross-validation": _folds(y, seed),
    }
    rows = []
    for tested, way in ways.items():
        splits = list(way.split(points, y))
        rows += [_score(name, tested, method, points, y, splits) for name, method in methods(needed, rule, seed)]
    return tuple(rows)


def out_of_fold(points: Values, y: Mask, needed: int, rule: InformativenessSettings, seed: int) -> OutOfFold:
    """Verdicts and scores on the five folds of `compare`."""
    from sklearn.model_selection import cross_val_predict

    folds = _folds(y, seed)
    predicted = np.zeros(len(y), dtype=np.bool_)
    for fit, held in folds.split(points, y):
        predicted[held] = _by_thresholds(needed, rule)(points[fit], y[fit], points[held])
    scores = {
        name: cross_val_predict(_scaled(make), points, y, cv=folds, method="decision_function")
        for name, make in classifiers(seed).items()
    }
    return OutOfFold(predicted, scores)


def methods(needed: int, rule: InformativenessSettings, seed: int) -> list[tuple[str, Method]]:
    """The compared methods by name."""
    others = [(name, _fitted(make)) for name, make in classifiers(seed).items()]
    return [("thresholds", _by_thresholds(needed, rule)), *others]


def classifiers(seed: int) -> dict[str, Callable[[], object]]:
    """The classifiers of footnote 11 by name, with scikit-learn's default settings."""
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC, LinearSVC

    return {
        "linear SVM": lambda: LinearSVC(random_state=seed),
        "RBF SVM": lambda: SVC(kernel="rbf", random_state=seed),
        "logistic regression": lambda: LogisticRegression(random_state=seed),
        "gradient boosting": lambda: GradientBoostingClassifier(random_state=seed),
    }


def _folds(y: Mask, seed: int) -> Any:
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(min(FOLDS, int(y.sum()), int((~y).sum())), shuffle=True, random_state=seed)


def _by_thresholds(needed: int, rule: InformativenessSettings) -> Method:
    def method(points: Values, y: Mask, new: Values) -> Mask:
        found = search_thresholds(points, y, needed, rule.min_precision, rule.confidence)
        return informative(new, found.thresholds, needed)

    return method


def _fitted(make: Callable[[], object]) -> Method:
    def method(points: Values, y: Mask, new: Values) -> Mask:
        predicted: Mask = _scaled(make).fit(points, y).predict(new)
        return predicted

    return method


def _scaled(make: Callable[[], object]) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), make())


def _score(name: str, tested: str, method: Method, points: Values, y: Mask, splits: Iterable[Split]) -> Scores:
    rows = [_measure(method(points[fit], y[fit], points[held]), y[held]) for fit, held in splits]
    precision, recall, f1, accuracy = (round(float(value), 4) for value in np.mean(rows, axis=0))
    return Scores(name, tested, precision, recall, f1, accuracy)


def _measure(predicted: Mask, true: Mask) -> tuple[float, float, float, float]:
    hits = int((predicted & true).sum())
    precision = hits / max(1, int(predicted.sum()))
    recall = hits / max(1, int(true.sum()))
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return precision, recall, f1, float((predicted == true).mean())
