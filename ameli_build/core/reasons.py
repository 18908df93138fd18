"""Why a review or a product leaves the data set."""

from __future__ import annotations

from enum import StrEnum

import polars as pl


class Reason(StrEnum):
    """The reasons in the order in which they count: where several hold, the first is the reason."""

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
"""Columns of every stage's `dropped` table; the released one leaves out `value` and `threshold`."""

DROPPED_PRODUCTS = pl.Schema({"sku": pl.String, "stage": pl.String, "reason": pl.String, "detail": pl.String})
"""Columns of the table of products that left."""
