"""The tables of `dataset/`: columns, and how the stages' tables become them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

import polars as pl

from ameli_build.core.records import ATTRIBUTES
from ameli_build.core.stage import Tables

SPLITS = ("train", "dev", "test")
DROPPING = ("clean", "mentions", "informativeness", "splits")
"""The stages at which reviews leave, in order."""

PRODUCTS = pl.Schema(
    {
        "sku": pl.String(),
        "name": pl.String(),
        "categories": pl.List(pl.String()),
        "description": pl.String(),
        "attributes": ATTRIBUTES,
        "images": pl.List(pl.String()),
    }
)
REVIEWS = pl.Schema(
    {
        "review_id": pl.String(),
        "sku": pl.String(),
        "mention": pl.String(),
        "mention_start": pl.Int64(),
        "mention_end": pl.Int64(),
        "title": pl.String(),
        "text": pl.String(),
        "images": pl.List(pl.String()),
        "cleaned_images": pl.List(pl.String()),
        "candidates": pl.List(pl.String()),
        "n_attributes": pl.Int64(),
        "attributes": pl.List(pl.Struct({"name": pl.String(), "value": pl.String()})),
        "image_similarity": pl.Float64(),
        "description_similarity": pl.Float64(),
        "title_similarity": pl.Float64(),
    }
)
DROPPED = pl.Schema(dict.fromkeys(("review_id", "sku", "stage", "reason", "detail"), pl.String()))
DROPPED_PRODUCTS = pl.Schema(dict.fromkeys(("sku", "stage", "reason", "detail"), pl.String()))

SCHEMAS: Mapping[str, pl.Schema] = {
    "products": PRODUCTS,
    **dict.fromkeys((*SPLITS, "clean_test"), REVIEWS),
    "dropped": DROPPED,
    "dropped_products": DROPPED_PRODUCTS,
}
"""Columns of each released table, by the stem of its file."""

ANSWERS = pl.Schema({"annotator": pl.String, "review_id": pl.String, "position": pl.Int64, "sku": pl.String})
"""Columns of `sheets/answers.parquet`; `sku` is what the annotator chose, null for "cannot tell"."""


def release_tables(tables: Tables, answers: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """Each table of `dataset/` by the stem of its file; `clean_test` only where there are answers."""
    reviews = _reviews(tables)
    named = {split: _shaped(reviews.filter(pl.col("split") == split), REVIEWS) for split in SPLITS}
    if answers is not None:
        named["clean_test"] = named["test"].join(_verified(named["test"], answers), on="review_id", how="semi")
    products = tables["clean/products"].with_columns(_inside("images")).sort("sku").collect()
    named["products"] = _shaped(products, PRODUCTS)
    left = [tables[f"{stage}/dropped"] for stage in DROPPING]
    named["dropped"] = _shaped(pl.concat(left).sort("review_id").collect(), DROPPED)
    named["dropped_products"] = _shaped(tables["clean/dropped_products"].sort("sku").collect(), DROPPED_PRODUCTS)
    return named


def images_of(tables: Tables) -> list[str]:
    """Paths in the snapshot of all images that the released tables name, sorted."""
    kept = tables["clean/reviews"].join(tables["splits/splits"], on="review_id", how="semi")
    columns = [
        tables["clean/products"].select(path="images"),
        kept.select(path="images"),
        kept.select(path="cleaned_images"),
    ]
    paths = pl.concat([column.explode("path") for column in columns]).drop_nulls().unique()
    return paths.sort("path").collect()["path"].to_list()


def renamed(named: Mapping[str, pl.DataFrame], plain: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """The tables with the new names of the pictures that `plain` gives by path in the snapshot."""
    if not plain:
        return dict(named)
    new = {f"images/{PurePosixPath(path).name}": f"images/{name}" for path, name in plain.items()}
    columns = pl.col("^(cleaned_)?images$").list.eval(pl.element().replace(new))
    return {name: table.with_columns(columns) if "images" in table.columns else table for name, table in named.items()}


def _reviews(tables: Tables) -> pl.DataFrame:
    kept = tables["clean/reviews"].join(tables["splits/splits"], on="review_id", how="semi")
    for name in ("mentions/mentions", "informativeness/features", "candidates/candidates", "splits/splits"):
        kept = kept.join(tables[name], on="review_id", how="left", suffix=f"_of_{name.partition('/')[0]}")
    return kept.with_columns(_inside("images"), _inside("cleaned_images")).sort("review_id").collect()


def _inside(column: str) -> pl.Expr:
    """Image paths of the snapshot as paths below `dataset/`."""
    return pl.col(column).list.eval(pl.lit("images/") + pl.element().str.extract(r"([^/]+)$"))


def _shaped(table: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return table.select(schema.names()).cast(schema)


def _verified(test: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Reviews whose annotator chose the gold product; of several annotators, more than half."""
    judged = answers.join(test.select("review_id", gold="sku"), on="review_id").with_columns(
        right=(pl.col("sku") == pl.col("gold")).fill_null(False)
    )
    shares = judged.group_by("review_id").agg(share=pl.col("right").mean())
    return shares.filter(pl.col("share") > 0.5)
