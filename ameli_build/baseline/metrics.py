"""Recall@K, micro F1 and their intervals (section 5).

Each review has one gold product and gets one prediction, so micro F1 is the share of right predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean in percent with its bootstrap 95 % interval over `n` reviews."""

    value: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, Any]:
        """`{"value", "interval", "n"}`, rounded to two decimals."""
        return {"value": round(self.value, 2), "interval": [round(self.low, 2), round(self.high, 2)], "n": self.n}


def positions(ranked: Integers, gold: Integers) -> Integers:
    """Place of the gold product in each ranked list, counted from 0; -1 where it is missing.

    `ranked` has shape (reviews, depth) and is padded with -1; `gold` has shape (reviews,).
    """
    found = (ranked == gold[:, None]) & (ranked >= 0)
    return np.where(found.any(axis=1), found.argmax(axis=1), -1).astype(np.int64)


def hits(ranked: Integers, gold: Integers, k: int) -> Values:
    """1 for each review with its gold product among the first `k`, else 0: the mean is Recall@K."""
    place = positions(ranked, gold)
    return ((place >= 0) & (place < k)).astype(np.float64)


def resamples(n: int, times: int, seed: int) -> Values:
    """Bootstrap weights of shape (times, n): how often each review is drawn, divided by `n`."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n, np.full(n, 1.0 / n), size=times) / n


def estimate(values: Values, times: int, seed: int) -> Estimate | None:
    """The mean of per-review values in percent with its percentile interval; None where there is no review."""
    if len(values) == 0:
        return None
    means = resamples(len(values), times, seed) @ values * 100
    low, high = np.percentile(means, (2.5, 97.5))
    return Estimate(float(values.mean() * 100), float(low), float(high), len(values))


def difference(better: Values, worse: Values, times: int, seed: int) -> Estimate | None:
    """The paired bootstrap of `better - worse` in percentage points; None where there is no review."""
    if better.shape != worse.shape:
        raise ValueError(f"paired values of different lengths: {better.shape} and {worse.shape}")
    return estimate(better - worse, times, seed)
