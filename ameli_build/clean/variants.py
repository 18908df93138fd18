"""Filter 4 (section 3.2): the link between a review and its product.

The shop lists a review under every sibling variant. A link is valid if the shop names no other variant: the field
`product_details_sku` is null or equal to `sku`. The unit is the review. Its invalid links are removed and counted. A
review without a valid link is linked to the variant that it names, if the catalogue has that variant. A variant that
the shop names without a SKU (`records.UNREADABLE`) is in no catalogue.
"""

from __future__ import annotations

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.reasons import Reason
from ameli_build.core.records import UNREADABLE
from ameli_build.core.settings.section import Section


class VariantSettings(Section):
    """Filter 4."""

    relink: bool = True
    """Link a review whose links are all invalid to the variant that it names, if the catalogue has that variant.
    Without: the review leaves as `wrong_variant`."""


def resolve_links(links: pl.DataFrame, products: pl.DataFrame, relink: bool) -> pl.DataFrame:
    """From one row a link to one row a review.

    Args:
        links: Table of links.
        products: Table with `sku` and `gone`, the reason and detail of a product that left, null for other products.
        relink: Value of `clean.relink`.

    Returns:
        The row of each review's gold link, or of its link with the smallest SKU, sorted by `review_id`. `sku` is the
        gold product. Further columns: `place` (index of the row among `links`, sorted by `review_id`), `names` (the
        variant that the shop names, if no link is valid), `listed` (the SKU of the row), `links_in`, `links_removed`,
        `relinked`, `in_catalogue`, and `gone` of the gold product.
    """
    ordered = links.sort("review_id", maintain_order=True).with_row_index("place")
    easy, hard = _by_difficulty(ordered)
    single, several = _resolve_single(easy, products), _resolve_several(hard, products)
    unlinked = pl.col("names").is_not_null()
    relinked = unlinked & pl.col("in_catalogue") & pl.lit(relink)
    return (
        pl.concat([single, several.select(single.columns)])
        .with_columns(links_removed=pl.col("links_in") - pl.when(unlinked).then(0).otherwise(1), relinked=relinked)
        .sort("place")
    )


def _by_difficulty(ordered: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The link of each review with one link or one valid link, with `links_in`; and all links of other reviews."""
    review, named = pl.col("review_id"), pl.col("product_details_sku")
    ends = review.ne_missing(review.shift(1)) & review.ne_missing(review.shift(-1))
    alone = ordered.select(ends).to_series()
    rest = ordered.filter(~alone).with_columns(
        links_in=pl.len().over("review_id").cast(pl.Int64), valid=named.is_null() | (named == pl.col("sku"))
    )
    rest = rest.with_columns(clear=pl.col("valid").sum().over("review_id") == 1)
    chosen = rest.filter(pl.col("clear") & pl.col("valid")).drop("clear", "valid")
    only = ordered.filter(alone).with_columns(links_in=pl.lit(1, pl.Int64))
    return pl.concat([only, chosen]), rest.filter(~pl.col("clear")).drop("clear")


def _resolve_single(links: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Reviews with one link. The product is the variant that the shop names, else the product of the link."""
    named, listed = pl.col("product_details_sku"), pl.col("sku")
    return (
        links.with_columns(sku=pl.coalesce(named, listed), listed=listed, names=pl.when(named != listed).then(named))
        .drop("product_details_sku")
        .join(_catalogue(products), on="sku", how="left", maintain_order="left")
        .with_columns(pl.col("in_catalogue").fill_null(False))
    )


def _resolve_several(links: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Reviews with several links, of which none or several are valid, with the columns of `_resolve_single`."""
    ordered = links.rename({"product_details_sku": "named"})
    gold = pl.concat([_valid_links(ordered, products), _named_variants(ordered, products)])
    return (
        ordered.join(gold, on="review_id")
        .sort("review_id", pl.col("sku") != pl.col("gold"), "sku", "place")
        .unique("review_id", keep="first", maintain_order=True)
        .with_columns(listed=pl.col("sku"), sku=pl.col("gold"))
        .drop("gold", "named", "valid")
    )


def _valid_links(links: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """The gold product of each review with a valid link: `review_id`, `gold`, `names`, `in_catalogue`, `gone`.

    Of several valid links, links whose product another link names come first, then links whose product stays, then the
    smallest SKU.
    """
    named = links.select("review_id", sku="named", spoken=pl.lit(True)).drop_nulls("sku").unique()
    return (
        links.filter("valid")
        .join(named, on=["review_id", "sku"], how="left")
        .join(_catalogue(products), on="sku", how="left")
        .with_columns(pl.col("in_catalogue").fill_null(False))
        .sort("review_id", pl.col("spoken").is_null(), _stays().not_(), "sku")
        .unique("review_id", keep="first", maintain_order=True)
        .select("review_id", "in_catalogue", "gone", gold="sku", names=pl.lit(None, pl.String))
    )


def _named_variants(links: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """The variant that each review without a valid link names, with the columns of `_valid_links`."""
    return (
        links.filter(pl.col("valid").any().over("review_id").not_())
        .select("review_id", sku="named")
        .join(_catalogue(products), on="sku", how="left")
        .with_columns(pl.col("in_catalogue").fill_null(False))
        .sort("review_id", _stays().not_(), pl.col("in_catalogue").not_(), pl.col("sku") == UNREADABLE, "sku")
        .unique("review_id", keep="first", maintain_order=True)
        .select("review_id", "in_catalogue", "gone", gold="sku", names="sku")
    )


def _catalogue(products: pl.DataFrame) -> pl.DataFrame:
    return products.select("sku", "gone", in_catalogue=pl.lit(True))


def _stays() -> pl.Expr:
    return pl.col("in_catalogue") & pl.col("gone").is_null()


def wrong_variant() -> Verdict:
    """Drop a review that names another variant and cannot be linked to it."""
    unknown = pl.format("is about variant {}, which is not in the catalogue", pl.col("names"))
    off = pl.format("is about variant {}, and re-linking is off", pl.col("names"))
    unreadable = pl.lit("is about another variant, whose SKU cannot be read in what the shop says")
    absent = pl.when(pl.col("names") == UNREADABLE).then(unreadable).otherwise(unknown)
    return Verdict(
        Reason.WRONG_VARIANT,
        fails=pl.col("names").is_not_null() & pl.col("relinked").not_(),
        detail=pl.when("in_catalogue").then(off).otherwise(absent),
        value=pl.col("names"),
        threshold=pl.col("listed"),
        compared="listed under",
    )


def product_missing() -> Verdict:
    """Drop a review whose product is not in the catalogue or was dropped."""
    absent = pl.format("product {} is not in the catalogue", pl.col("sku"))
    gone = pl.format("product {} was dropped: {}", pl.col("sku"), pl.col("gone"))
    return Verdict(
        Reason.PRODUCT_MISSING,
        fails=pl.col("in_catalogue").not_() | pl.col("gone").is_not_null(),
        detail=pl.when("in_catalogue").then(gone).otherwise(absent),
        value=pl.col("sku"),
        threshold=pl.lit(""),
    )
