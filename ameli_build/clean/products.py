"""The knowledge base's side of section 3.2: products without a usable picture leave before the reviews are judged."""

from __future__ import annotations

import polars as pl

from ameli_build.clean.decoding import decoded, listed_pictures
from ameli_build.clean.verdicts import STAGE_NAME, shaped
from ameli_build.core.reasons import DROPPED_PRODUCTS, Reason
from ameli_build.core.records import Product, released

KEPT_COLUMNS = (*released(Product), "url", "variants")


def split_products(products: pl.DataFrame, pictures: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The products that stay, with their usable pictures, and those that leave, in the columns of `DROPPED_PRODUCTS`.

    `pictures` is the result of `decoding.check_pictures`. A product leaves as `no_image` when it lists no picture, as
    `truncated_image` when none can be used, and as `product_missing` when it has no name to be found by.
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
    kept = judged.filter(pl.col("reason").is_null()).with_columns(images="decodable").select(KEPT_COLUMNS)
    gone = judged.filter(pl.col("reason").is_not_null())
    dropped = gone.select("sku", stage=pl.lit(STAGE_NAME), reason="reason", detail=detail)
    return kept, shaped(dropped, DROPPED_PRODUCTS)


def with_fate(products: pl.DataFrame, dropped: pl.DataFrame) -> pl.DataFrame:
    """Each SKU of the catalogue with `gone`: why it was dropped (`split_products`), null where it stays."""
    gone = pl.format("{} ({})", pl.col("reason"), pl.col("detail"))
    return (
        products.select("sku").unique(maintain_order=True).join(dropped.select("sku", gone=gone), on="sku", how="left")
    )
