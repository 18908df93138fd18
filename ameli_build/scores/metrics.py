"""Recall@K, reciprocal rank, micro and macro F1, their intervals, their spread over runs, and tests (section 5).

Each review has one gold product and gets one prediction, so micro F1 is the share of right predictions, which is also
Recall@1 of the linkers' rankings. Per-review values of several runs have shape (runs, reviews).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import ttest_rel  # type: ignore[import-untyped]

from ameli_build.core.arrays import Integers, Values

TEST = (
    "Student's paired t-test, two-sided; Holm's correction over the paper's claims of a split and metric, "
    "and over those beyond the paper"
)
"""The default test of ranx; unlike its randomisation test, it gives the same p-values on every machine."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean over runs in percent, with its bootstrap 95 % interval over `n` reviews.

    `deviation` is the sample standard deviation of the runs' means in percentage points, None for a single run.
    """

    value: float
    low: float
    high: float
    n: int
    deviation: float | None = None

    def as_json(self) -> dict[str, Any]:
        """`{"value", "interval", "n", "deviation"}`, rounded to two decimals."""
        return {
            "value": _rounded(self.value),
            "interval": [_rounded(self.low), _rounded(self.high)],
            "n": self.n,
            "deviation": None if self.deviation is None else _rounded(self.deviation),
        }


def _rounded(value: float) -> float:
    return round(value, 2) + 0.0  # no -0.0


def positions(ranked: Integers, gold: Integers) -> Integers:
    """Place of the gold product in each ranked list, counted from 0; -1 where it is missing.

    `ranked` has shape (reviews, depth) and is padded with -1; `gold` has shape (reviews,).
    """
    if not ranked.size:
        return np.full(len(gold), -1, dtype=np.int64)
    found = (ranked == gold[:, None]) & (ranked >= 0)
    return np.where(found.any(axis=1), found.argmax(axis=1), -1).astype(np.int64)


def hits(ranked: Integers, gold: Integers, k: int) -> Values:
    """1 for each review with its gold product among the first `k`, else 0: the mean is Recall@K."""
    place = positions(ranked, gold)
    return ((place >= 0) & (place < k)).astype(np.float64)


def reciprocal_ranks(ranked: Integers, gold: Integers) -> Values:
    """1 over the gold product's place, counted from 1, or 0 where it is missing: the mean is MRR."""
    place = positions(ranked, gold)
    return np.where(place >= 0, 1 / np.maximum(place + 1, 1), 0.0)


def resamples(n: int, times: int, seed: int) -> Values:
    """Bootstrap weights of shape (times, n): how often each review is drawn, divided by `n`."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n, np.full(n, 1.0 / n), size=times) / n


def estimate(values: Values, times: int, seed: int, counted: Values | None = None) -> Estimate | None:
    """The mean over reviews, then runs, of `values`, (reviews,) or (runs, reviews), with its percentile interval.

    `counted`, of the same shape, is 1 where a review counts in a run; reviews that count in no run are not drawn.
    None where no review counts.
    """
    values = np.atleast_2d(values)
    counted = np.ones_like(values) if counted is None else np.atleast_2d(counted)
    drawable = counted.any(axis=0)
    if not drawable.any():
        return None
    values, counted = (values * counted)[:, drawable], counted[:, drawable]
    drawn = resamples(values.shape[1], times, seed)
    with np.errstate(invalid="ignore"):  # a draw can miss all counted reviews of a run
        means = np.nanmean((drawn @ values.T) / (drawn @ counted.T), axis=1) * 100
    low, high = np.nanpercentile(means, (2.5, 97.5))
    there = counted.any(axis=1)
    single = values[there].sum(axis=1) / counted[there].sum(axis=1) * 100
    return Estimate(float(single.mean()), float(low), float(high), values.shape[1], deviation(single))


def deviation(single: Values) -> float | None:
    """The sample standard deviation of the runs' numbers; None for a single run."""
    return float(single.std(ddof=1)) if len(single) > 1 else None


def macro(values: Values, groups: Integers, counted: Values | None = None) -> Values:
    """The mean over groups of the group's mean, for each run: from (runs, reviews) to (runs,).

    `groups` are the reviews' group numbers; a group of which no review counts is left out. NaN without any.
    """
    counted = np.ones_like(values) if counted is None else counted
    size = int(groups.max(initial=-1)) + 1
    totals = []
    for run, weights in zip(values, counted, strict=True):
        sums = np.bincount(groups, weights=run * weights, minlength=size)
        counts = np.bincount(groups, weights=weights, minlength=size)
        shares = sums[counts > 0] / counts[counts > 0]
        totals.append(float(shares.mean()) if len(shares) else float("nan"))
    return np.array(totals, dtype=np.float64)


def difference(better: Values, worse: Values, times: int, seed: int) -> Estimate | None:
    """The paired bootstrap of `better - worse` in percentage points; None where there is no review."""
    return estimate(_gaps(better, worse), times, seed)


def p_value(better: Values, worse: Values) -> float | None:
    """The probability of at least so large a mean difference between rows of equal quality; shapes (reviews,).

    1 if the rows agree on every review, None with fewer than two reviews.
    """
    gaps = _gaps(better, worse)
    if len(gaps) < 2:
        return None
    if np.ptp(gaps) < 1e-12:  # the test divides by their spread
        return 1.0 if abs(float(gaps[0])) < 1e-12 else 0.0
    return float(ttest_rel(better, worse).pvalue)


def _gaps(better: Values, worse: Values) -> Values:
    if better.shape != worse.shape:
        raise ValueError(f"paired values of different lengths: {better.shape} and {worse.shape}")
    return better - worse


def holm(found: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction of a family of p-values, in their order; None stays None and does not count."""
    corrected: list[float | None] = [None] * len(found)
    order = sorted((value, n) for n, value in enumerate(found) if value is not None)
    largest = 0.0
    for rank, (value, n) in enumerate(order):
        largest = max(largest, min(1.0, value * (len(order) - rank)))
        corrected[n] = largest
    return corrected
