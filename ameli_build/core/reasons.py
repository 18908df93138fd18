"""The reasons for which a review or a product leaves the data set."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import polars as pl

from ameli_build.core.declared import added_stages
from ameli_build.core.filters import FILTERS


class Reason(StrEnum):
    """Reasons of the paper's filters and of the later stages; `MEANINGS` has added filters too."""

    NO_IMAGE = "no_image"
    TOO_LONG = "too_long"
    ONLY_UNHELPFUL = "only_unhelpful"
    WRONG_VARIANT = "wrong_variant"
    PRODUCT_MISSING = "product_missing"
    DUPLICATE = "duplicate"
    PROFANITY = "profanity"
    TRUNCATED_IMAGE = "truncated_image"
    OBJECT_NOT_FOUND = "object_not_found"
    NO_MENTION = "no_mention"
    UNINFORMATIVE = "uninformative"
    LEAK = "leak"


MEANINGS: Mapping[str, str] = {
    Reason.NO_IMAGE: "no photograph",
    Reason.TOO_LONG: "text too long",
    Reason.ONLY_UNHELPFUL: "only voted unhelpful",
    Reason.WRONG_VARIANT: "about a variant not in the catalogue",
    Reason.PRODUCT_MISSING: "product missing",
    Reason.DUPLICATE: "seen before",
    Reason.PROFANITY: "profanity",
    **{added.reason: added.meaning for added in FILTERS},
    Reason.TRUNCATED_IMAGE: "no photograph that can be decoded",
    Reason.OBJECT_NOT_FOUND: "product not found in any photograph",
    Reason.NO_MENTION: "names no product",
    Reason.UNINFORMATIVE: "too little to identify the product",
    Reason.LEAK: "near-duplicate of a review in another split",
}
"""Reasons of filters and of the seven stages, in words, in order of precedence: if several hold, the first counts."""


def meanings() -> dict[str, str]:
    """`MEANINGS` and the reasons of the stages in `ameli_build/stages`: each reason in words."""
    return dict(MEANINGS) | {reason: words for stage in added_stages() for reason, words in stage.reasons.items()}


DROPPED = pl.Schema(
    {
        "review_id": pl.String,
        "sku": pl.String,
        "stage": pl.String,
        "reason": pl.String,
        "detail": pl.String,
        "value": pl.String,
        "threshold": pl.String,
    }
)
"""Columns of every stage's `dropped` table; the released table lacks `value` and `threshold`."""

DROPPED_PRODUCTS = pl.Schema({"sku": pl.String, "stage": pl.String, "reason": pl.String, "detail": pl.String})
"""Columns of the table of dropped products."""


def dropped(
    rows: pl.DataFrame, stage: str, reason: str, detail: pl.Expr, value: pl.Expr, threshold: pl.Expr
) -> pl.DataFrame:
    """The rows of a stage's `dropped` table.

    Args:
        rows: Dropped reviews, with `review_id` and `sku`.
        stage: Name of the stage.
        reason: A reason that `meanings` has.
        detail: A sentence or less about each row, for the release.
        value: The measure of each row.
        threshold: The limit that the measure breaks.
    """
    return rows.select(
        "review_id",
        "sku",
        stage=pl.lit(stage),
        reason=pl.lit(str(reason)),
        detail=detail.cast(pl.String),
        value=value.cast(pl.String),
        threshold=threshold.cast(pl.String),
    )
