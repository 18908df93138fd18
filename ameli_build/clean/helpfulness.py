"""Filter 3 (section 3.2): reviews with votes for unhelpful only leave."""

from __future__ import annotations

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.reasons import Reason


def only_unhelpful() -> Verdict:
    """Drop a review with votes for unhelpful and without votes for helpful; a review without votes stays."""
    helpful, unhelpful = pl.col("helpful"), pl.col("unhelpful")
    return Verdict(
        Reason.ONLY_UNHELPFUL,
        fails=(unhelpful > 0) & (helpful == 0),
        detail=pl.format("{} unhelpful, {} helpful", unhelpful, helpful),
        value=unhelpful,
        threshold=pl.lit("0"),
    )
