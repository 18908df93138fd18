"""The tables of `dataset/`: their columns, and their rows from the tables of the stages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

import polars as pl

from ameli_build.core import records
from ameli_build.core.reasons import DROPPED_PRODUCTS
from ameli_build.core.records import Product, Review, released
from ameli_build.core.stage import Tables

SPLITS = ("train", "dev", "test")
PRODUCTS = pl.Schema({name: records.PRODUCTS[name] for name in released(Product)})
_OF_REVIEWS = {
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
REVIEWS = pl.Schema(_OF_REVIEWS | {name: records.REVIEWS[name] for name in released(Review)})
DROPPED = pl.Schema(dict.fromkeys(("review_id", "sku", "stage", "reason", "detail"), pl.String()))

SCHEMAS: Mapping[str, pl.Schema] = {
    "products": PRODUCTS,
    **dict.fromkeys((*SPLITS, "clean_test"), REVIEWS),
    "dropped": DROPPED,
    "dropped_products": DROPPED_PRODUCTS,
}
"""Columns of each released table, by the stem of its file name."""

ANSWERS = pl.Schema({"annotator": pl.String, "review_id": pl.String, "position": pl.Int64, "sku": pl.String})
"""Columns of `sheets/answers.parquet`; `sku` is the annotator's choice, null for "cannot tell"."""


def release_tables(tables: Tables, answers: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """The tables of `dataset/` by the stem of the file name; `clean_test` only if there are answers."""
    reviews = _reviews(tables)
    named = {split: _shaped(reviews.filter(pl.col("split") == split), REVIEWS) for split in SPLITS}
    if answers is not None:
        named["clean_test"] = named["test"].join(_verified(named["test"], answers), on="review_id", how="semi")
    products = tables["clean/products"].with_columns(_inside("images")).sort("sku").collect()
    named["products"] = _shaped(products, PRODUCTS)
    dropped = pl.concat([tables[f"{stage}/dropped"] for stage in dropping(tables)])
    named["dropped"] = _shaped(dropped.sort("review_id").collect(), DROPPED)
    named["dropped_products"] = _shaped(tables["clean/dropped_products"].sort("sku").collect(), DROPPED_PRODUCTS)
    return named


def dropping(tables: Tables) -> list[str]:
    """The stages that drop reviews, in the order of the inputs."""
    return [stage for stage, _, table in (name.partition("/") for name in tables) if table == "dropped"]


def images_of(tables: Tables) -> list[str]:
    """Paths in the snapshot of all images in the released tables, sorted."""
    reviews = tables["clean/reviews"].join(tables["splits/splits"], on="review_id", how="semi")
    columns = [
        tables["clean/products"].select(path="images"),
        reviews.select(path="images"),
        reviews.select(path="cleaned_images"),
    ]
    paths = pl.concat([column.explode("path") for column in columns]).drop_nulls().unique()
    return paths.sort("path").collect()["path"].to_list()


def renamed(named: Mapping[str, pl.DataFrame], plain: Mapping[str, str]) -> dict[str, pl.DataFrame]:
    """The tables with new names of pictures; `plain` has them by path in the snapshot."""
    if not plain:
        return dict(named)
    new = {f"images/{PurePosixPath(path).name}": f"images/{name}" for path, name in plain.items()}
    columns = pl.col("^(cleaned_)?images$").list.eval(pl.element().replace(new))
    return {name: table.with_columns(columns) if "images" in table.columns else table for name, table in named.items()}


def _reviews(tables: Tables) -> pl.DataFrame:
    reviews = tables["clean/reviews"].join(tables["splits/splits"], on="review_id", how="semi")
    for name in ("mentions/mentions", "informativeness/features", "candidates/candidates", "splits/splits"):
        reviews = reviews.join(tables[name], on="review_id", how="left", suffix=f"_of_{name.partition('/')[0]}")
    return reviews.with_columns(_inside("images"), _inside("cleaned_images")).sort("review_id").collect()


def _inside(column: str) -> pl.Expr:
    """Paths below `dataset/` for image paths of the snapshot."""
    return pl.col(column).list.eval(pl.lit("images/") + pl.element().str.extract(r"([^/]+)$"))


def _shaped(table: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return table.select(schema.names()).cast(schema)


def _verified(test: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Reviews whose gold product was chosen by more than half of their annotators."""
    judged = answers.join(test.select("review_id", gold="sku"), on="review_id").with_columns(
        right=(pl.col("sku") == pl.col("gold")).fill_null(False)
    )
    shares = judged.group_by("review_id").agg(share=pl.col("right").mean())
    return shares.filter(pl.col("share") > 0.5)
