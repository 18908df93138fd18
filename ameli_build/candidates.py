"""Hard negatives (section 3.5): the products most similar to the gold product by title and by picture.

Only the first picture of each product is compared; the paper does not specify this. A product whose first picture shows
another side is no hard negative, even if other pictures are similar.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl

from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings
from ameli_build.core.stage import Result, Stage, Tables
from ameli_build.models.embed import embed_images, embed_texts
from ameli_build.models.sources import identity
from ameli_build.nearest import nearest_others

NEGATIVES = pl.Schema({"sku": pl.String(), "by_title": pl.List(pl.String), "by_image": pl.List(pl.String)})
"""Columns of `candidates/negatives`: the most similar products of each product, nearest first."""

CANDIDATES = pl.Schema({"review_id": pl.String(), "candidates": pl.List(pl.String)})
"""Columns of `candidates/candidates`: hard negatives and gold product, in an order that does not reveal the latter."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Hard negatives of all products of the knowledge base, and candidates of all informative reviews."""
    products = tables["clean/products"].select("sku", "name", "categories", "images").sort("sku").collect()
    negatives = negative_table(work, settings, products)
    reviews = (
        tables["clean/reviews"]
        .join(tables["informativeness/kept"], on="review_id", how="semi")
        .select("review_id", "sku")
        .sort("review_id")
        .collect()
    )
    near = {sku: (*titles, *images) for sku, titles, images in negatives.iter_rows()}
    rows = [
        (review_id, in_hash_order((sku, *near[sku]), review_id, settings.run.seed))
        for review_id, sku in reviews.iter_rows()
    ]
    candidates = pl.DataFrame(rows, schema=CANDIDATES, orient="row")
    return Result({"candidates/negatives": negatives, "candidates/candidates": candidates})


def negative_table(work: Work, settings: Settings, products: pl.DataFrame) -> pl.DataFrame:
    """The `settings.candidates.k` nearest products of each product by title and by first picture, sorted by sku."""
    skus = products["sku"].to_list()
    groups = None
    if settings.candidates.within_category:
        groups = products["categories"].list.join("\x1f").rank("dense").to_numpy().astype(np.int64)
    titles = embed_texts(work, settings, products["name"].to_list())
    images = embed_images(work, settings, products["images"].list.first().to_list())
    columns: list[list[list[str]]] = [
        [[skus[n] for n in row] for row in nearest_others(vectors, settings.candidates.k, groups)]
        for vectors in (titles, images)
    ]
    return pl.DataFrame({"sku": skus, "by_title": columns[0], "by_image": columns[1]}, schema=NEGATIVES)


def in_hash_order(skus: Sequence[str], review_id: str, seed: int) -> list[str]:
    """Distinct `skus` in the order of the SHA-256 of seed, review id and SKU."""
    return sorted(set(skus), key=lambda sku: hashlib.sha256(f"{seed}\x1f{review_id}\x1f{sku}".encode()).digest())


STAGE = Stage(
    name="candidates",
    compute=compute,
    inputs=("clean/products", "clean/reviews", "informativeness/kept"),
    outputs=("candidates/negatives", "candidates/candidates"),
    sections=("candidates",),
    models=("text_encoder", "image_encoder"),
    identity=identity,
)
