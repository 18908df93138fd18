"""Paired tests between rows, and Holm's correction for many tests.

The test is Student's paired t-test, two-sided: the default of ranx, and the one of its tests whose p-values are the
same on every machine (its randomisation test draws from several unseeded threads).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import ttest_rel  # type: ignore[import-untyped]

from ameli_build.core.arrays import Values

TEST = (
    "Student's paired t-test, two-sided; Holm's correction over the paper's claims of a split and metric, "
    "and over those beyond the paper"
)


def p_value(better: Values, worse: Values) -> float | None:
    """The probability of at least so large a mean difference between rows of equal quality; shapes (reviews,).

    1 if the rows agree on every review, None with fewer than two reviews.
    """
    if better.shape != worse.shape:
        raise ValueError(f"paired values of different lengths: {better.shape} and {worse.shape}")
    if len(better) < 2:
        return None
    gaps = better - worse
    if np.ptp(gaps) < 1e-12:  # the test divides by their spread
        return 1.0 if abs(float(gaps[0])) < 1e-12 else 0.0
    return float(ttest_rel(better, worse).pvalue)


def holm(found: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction of a family of p-values, in their order; None stays None and does not count."""
    corrected: list[float | None] = [None] * len(found)
    order = sorted((value, n) for n, value in enumerate(found) if value is not None)
    largest = 0.0
    for rank, (value, n) in enumerate(order):
        largest = max(largest, min(1.0, value * (len(order) - rank)))
        corrected[n] = largest
    return corrected
