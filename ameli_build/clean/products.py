"""Products without a usable picture leave the knowledge base before the filters of reviews (section 3.2)."""

from __future__ import annotations

import polars as pl

from ameli_build.clean.decoding import decoded, listed_pictures
from ameli_build.clean.verdicts import STAGE_NAME, shaped
from ameli_build.core.reasons import DROPPED_PRODUCTS, Reason
from ameli_build.core.records import Product, released

KEPT_COLUMNS = (*released(Product), "url", "variants")


def split_products(products: pl.DataFrame, pictures: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split products into those that stay and those that leave.

    A product leaves as `no_image` if it lists no picture, as `product_missing` if it has no name, and as
    `truncated_image` if none of its pictures is usable.

    Args:
        products: Table of the catalogue.
        pictures: Result of `decoding.check_pictures`.

    Returns:
        The products that stay, with `KEPT_COLUMNS` and their usable pictures, and the products that leave, with the
        columns of `DROPPED_PRODUCTS`.
    """
    ordered = products.sort("sku").unique("sku", keep="first", maintain_order=True)
    found = decoded(listed_pictures(ordered, "sku", pictures), "sku")
    judged = ordered.join(found, on="sku", how="left", maintain_order="left").with_columns(
        pl.col("n_decoded").fill_null(0)
    )
    listed = pl.col("images").list.len()
    reason = (
        pl.when(listed == 0)
        .then(pl.lit(str(Reason.NO_IMAGE)))
        .when(pl.col("name").str.strip_chars() == "")
        .then(pl.lit(str(Reason.PRODUCT_MISSING)))
        .when(pl.col("n_decoded") == 0)
        .then(pl.lit(str(Reason.TRUNCATED_IMAGE)))
    )
    detail = (
        pl.when(listed == 0)
        .then(pl.lit("no picture listed"))
        .when(pl.col("name").str.strip_chars() == "")
        .then(pl.lit("no name"))
        .otherwise(pl.format("no usable image of {}: {}", listed, pl.col("problems")))
    )
    judged = judged.with_columns(reason=reason)
    stay = judged.filter(pl.col("reason").is_null()).with_columns(images="decodable").select(KEPT_COLUMNS)
    leave = judged.filter(pl.col("reason").is_not_null())
    dropped = leave.select("sku", stage=pl.lit(STAGE_NAME), reason="reason", detail=detail)
    return stay, shaped(dropped, DROPPED_PRODUCTS)


def with_fate(products: pl.DataFrame, dropped: pl.DataFrame) -> pl.DataFrame:
    """Each SKU of the catalogue with `gone`: the reason and detail in `dropped`, null for a product that stays."""
    gone = pl.format("{} ({})", pl.col("reason"), pl.col("detail"))
    return (
        products.select("sku").unique(maintain_order=True).join(dropped.select("sku", gone=gone), on="sku", how="left")
    )
