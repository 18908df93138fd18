"""The verdict on a claim, from its corrected test, and the number of reviews that could tell (section 5)."""

from __future__ import annotations

import math

from scipy.stats import norm, t  # type: ignore[import-untyped]

from ameli_build.scores.tables import Row

LEVEL, POWER = 0.05, 0.8
LEAN = 0.32
"""Uncorrected p-value of a difference of about one standard error; above it, no direction is named."""
SUPPORTED, CONTRADICTED, YES, NO = "supported", "contradicted", "leans to yes", "leans to no"
DECIDED, LEANING = (SUPPORTED, CONTRADICTED), (YES, NO)
NO_DIFFERENCE, NOT_RUN = "no difference seen", "not run"
RULE = (
    f"{SUPPORTED}, {CONTRADICTED}: the corrected p is at most {LEVEL}; {YES}, {NO}: the uncorrected p is at most "
    f"{LEAN}, a difference of about one standard error; {NO_DIFFERENCE}: neither. The number of reviews that could "
    f"tell assumes the difference and spread seen here, and gives the corrected test {100 * POWER:.0f} % power"
)


def verdict(difference: float | None, chance: float | None, corrected: float | None) -> str:
    """The verdict on the claim that a difference is above zero.

    Args:
        difference: The difference seen; None if a row did not run.
        chance: Its two-sided p-value; None with fewer than two reviews.
        corrected: The p-value corrected for all claims that are tested with it.

    >>> verdict(3.0, 0.01, 0.04), verdict(3.0, 0.01, 0.13), verdict(-3.0, 0.5, 1.0)
    ('supported', 'leans to yes', 'no difference seen')
    """
    if difference is None:
        return NOT_RUN
    if not difference or chance is None or corrected is None or chance > LEAN:
        return NO_DIFFERENCE
    if corrected <= LEVEL:
        return SUPPORTED if difference > 0 else CONTRADICTED
    return YES if difference > 0 else NO


def verdict_of(row: Row) -> str:
    """The verdict on a comparison of `scores.json`."""
    return verdict(row["difference"], row["p_value"], row["p_value_holm"])


def reviews_to_tell(chance: float | None, n: int, tests: int) -> int | None:
    """The number of reviews from which a paired t-test finds the difference seen, with power `POWER`.

    It is ((z(1 - a/2) + z(POWER)) s / d)² + z(1 - a/2)² / 2, with difference d, standard deviation s of the reviews'
    differences, quantiles z of the normal distribution and Guenther's term for small samples. The level a is `LEVEL`
    divided by the number of tests, the least that Holm's correction grants. s / d is √n / t, where t is the statistic
    behind the p-value. For a metric that is right or wrong, s² = (b + c) / n - d², where b and c count McNemar's
    discordant reviews.

    Args:
        chance: Uncorrected two-sided p-value over `n` reviews.
        n: Reviews.
        tests: Claims that are tested together.

    Returns:
        The number, at least `n` + 1, since `n` did not tell; None without a difference or a p-value.

    >>> reviews_to_tell(0.32, 100, 1), reviews_to_tell(0.32, 100, 13), reviews_to_tell(1.0, 100, 1)
    (788, 1399, None)
    """
    if chance is None or chance >= 1:
        return None
    z = float(norm.isf(LEVEL / tests / 2))
    wanted = n * ((z + float(norm.isf(1 - POWER))) / float(t.isf(chance / 2, n - 1))) ** 2 + z**2 / 2
    return max(math.ceil(wanted), n + 1)


def about(count: int) -> str:
    """A count rounded up to two digits.

    >>> about(97), about(1396)
    ('97', '1,400')
    """
    step = 10 ** max(len(str(count)) - 2, 0)
    return f"{math.ceil(count / step) * step:,}"
