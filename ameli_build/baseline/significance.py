"""Paired tests between rows, by ranx, and their correction for being many.

The test is Student's paired t-test, two-sided: ranx's default, and the one of its tests whose p-values are the same
on every machine (its randomisation test seeds one thread of several).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ameli_build.arrays import Values

TEST = (
    "Student's paired t-test, two-sided; Holm's correction over the paper's claims of a split and metric, "
    "and over those beyond the paper"
)


def p_value(better: Values, worse: Values) -> float | None:
    """The chance of so large a mean difference, or a larger one, between rows that are alike; shapes (reviews,).

    1 where no review tells the rows apart, None where there are fewer than two reviews.
    """
    if better.shape != worse.shape:
        raise ValueError(f"paired values of different lengths: {better.shape} and {worse.shape}")
    if len(better) < 2:
        return None
    gaps = better - worse
    if np.ptp(gaps) < 1e-12:  # no spread, which the test divides by
        return 1.0 if abs(float(gaps[0])) < 1e-12 else 0.0
    from ranx.statistical_tests import paired_student_t_test  # seconds to import: it compiles

    found, _ = paired_student_t_test(better, worse)
    return float(found)


def holm(found: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction of a family of p-values, in their order; None stays None and does not count."""
    corrected: list[float | None] = [None] * len(found)
    order = sorted((value, n) for n, value in enumerate(found) if value is not None)
    largest = 0.0
    for rank, (value, n) in enumerate(order):
        largest = max(largest, min(1.0, value * (len(order) - rank)))
        corrected[n] = largest
    return corrected
