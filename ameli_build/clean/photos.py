"""Filter 1 (section 3.2): reviews that list no photograph leave."""

from __future__ import annotations

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.reasons import Reason


def n_photos() -> pl.Expr:
    """The number of different photographs that a review lists, downloaded or not."""
    listed = pl.col("images").list.len()
    return pl.when(listed < 2).then(listed).otherwise(pl.col("images").list.n_unique()).alias("n_photos")


def no_image() -> Verdict:
    """Drop a review that lists no photograph."""
    return Verdict(
        Reason.NO_IMAGE,
        fails=pl.col("n_photos") == 0,
        detail=pl.lit("no photo listed"),
        value=pl.col("n_photos"),
        threshold=pl.lit("1"),
    )
