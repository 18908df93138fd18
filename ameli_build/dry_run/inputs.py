"""Inputs of a build: from the tables of finished stages, or else from the catalogue, which has more rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ameli_build.core.pictures import open_picture
from ameli_build.core.records import ATTRIBUTES, joined_text_expr
from ameli_build.core.snapshot import Snapshot
from ameli_build.models.check import NAME, TEXT, picture

PRODUCTS = pl.Schema(
    [
        ("sku", pl.String()),
        ("name", pl.String()),
        ("leaf", pl.String()),
        ("description", pl.String()),
        ("attributes", ATTRIBUTES),
        ("images", pl.List(pl.String())),
    ]
)
REVIEWS = pl.Schema(
    [
        ("review_id", pl.String()),
        ("sku", pl.String()),
        ("joined", pl.String()),
        ("images", pl.List(pl.String())),
        ("patches", pl.List(pl.String())),
    ]
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Known products and reviews, in the columns above; images are paths below `root`.

    `reviews` have passed the stages `done`. `photographed` are all reviews with a downloaded photograph.
    """

    root: Path
    products: pl.DataFrame
    photographed: pl.DataFrame
    reviews: pl.DataFrame
    done: Collection[str] = ()

    def usable(self, path: str) -> bool:
        """Whether a picture exists and can be decoded."""
        try:
            open_picture(self.root / path)
        except Exception:  # decoders raise many kinds of errors for damaged pictures
            return False
        return True


def inputs_of(snapshot: Snapshot, done: Collection[str]) -> Inputs:
    """The inputs in a snapshot after the stages `done`; raises `UnusableInput` without a catalogue."""
    pictures = snapshot.read("catalog/images").filter(pl.col("path").is_not_null())
    photographed = _reviews_of_catalogue(snapshot, pictures)
    if "clean" not in done:
        products = snapshot.read("catalog/products")
        products = products.with_columns(images=_paths(products, "sku", pictures))
        return Inputs(snapshot.root, _products(products), photographed, photographed)
    passed = snapshot.scan("clean/reviews")
    for stage, table in (("mentions", "mentions/mentions"), ("informativeness", "informativeness/kept")):
        if stage in done:
            passed = passed.join(snapshot.scan(table), on="review_id", how="semi")
    reviews = passed.with_columns(joined=joined_text_expr(), patches="cleaned_images").select(REVIEWS.names()).collect()
    products = _products(snapshot.read("clean/products"))
    return Inputs(snapshot.root, products, photographed, reviews, done)


def made_up_inputs(root: Path) -> Inputs:
    """A made-up product and review with a picture each, written to `root`, for measurements without data."""
    picture().save(root / "picture.jpg", "JPEG")
    paths = ["picture.jpg"]
    sheet = [{"group": "Key Specs", "name": "Color", "value": "Silver"}]
    products = pl.DataFrame([("1", NAME, "Laptops", TEXT, sheet, paths)], schema=PRODUCTS, orient="row")
    reviews = pl.DataFrame([("1", "1", TEXT, paths, paths)], schema=REVIEWS, orient="row")
    return Inputs(root, products, reviews, reviews)


def _reviews_of_catalogue(snapshot: Snapshot, pictures: pl.DataFrame) -> pl.DataFrame:
    """Distinct reviews with a downloaded photograph."""
    listed = (
        snapshot.scan("catalog/reviews")
        .filter(pl.col("images").list.len() > 0)
        .unique("review_id", keep="first", maintain_order=True)
        .select("review_id", "sku", "images", joined=joined_text_expr())
        .collect(engine="streaming")
    )
    found = listed.with_columns(images=_paths(listed, "review_id", pictures)).filter(pl.col("images").list.len() > 0)
    return found.with_columns(patches="images").select(REVIEWS.names())


def _paths(owners: pl.DataFrame, key: str, pictures: pl.DataFrame) -> pl.Series:
    """The downloaded pictures of each owner, as paths in the snapshot."""
    each = owners.select(key, reference="images").explode("reference")
    found = each.join(pictures.select("reference", "path"), on="reference", maintain_order="left")
    lists = found.group_by(key, maintain_order=True).agg("path")
    return owners.select(key).join(lists, on=key, how="left", maintain_order="left")["path"].fill_null([])


def _products(table: pl.DataFrame) -> pl.DataFrame:
    leaf = pl.col("categories").list.last().fill_null("")
    return table.with_columns(leaf=leaf, description=pl.col("description").fill_null("")).select(PRODUCTS.names())
