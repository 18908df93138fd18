"""Filter 3 (section 3.2): a review that was only ever labelled unhelpful leaves."""

from __future__ import annotations

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.reasons import Reason


def only_unhelpful() -> Verdict:
    """Drop a review with votes for unhelpful and none for helpful; one with no vote at all stays."""
    helpful, unhelpful = pl.col("helpful"), pl.col("unhelpful")
    return Verdict(
        Reason.ONLY_UNHELPFUL,
        fails=(unhelpful > 0) & (helpful == 0),
        detail=pl.format("{} unhelpful, {} helpful", unhelpful, helpful),
        value=unhelpful,
        threshold=pl.lit("0"),
    )
