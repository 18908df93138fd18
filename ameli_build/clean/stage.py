"""The stage `clean`: section 3.2 from top to bottom.

The row rules read every review. Photographs are decoded for reviews that pass the row rules, and searched for the
product if they can be decoded. Personal data in the texts of reviews that stay is masked.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ameli_build.clean import objects, products
from ameli_build.clean.decoding import check_pictures, decoded, listed_pictures, truncated_image
from ameli_build.clean.personal import mask_reviews
from ameli_build.clean.rows import PASSED, apply_row_rules, row_rules
from ameli_build.clean.settings import CleanSettings
from ameli_build.clean.verdicts import first_failing, shaped
from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings
from ameli_build.core.stage import Conserved, Result, Stage, Tables
from ameli_build.models.sources import identity

KEPT = pl.Schema({**PASSED, "cleaned_images": pl.List(pl.String())})
"""Columns of `clean/reviews`."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """The tables of `clean`."""
    catalogue, pictures = tables["catalog/products"].collect(), tables["catalog/images"].collect()
    usable = check_pictures(work, settings, _listed_by(pictures, catalogue))
    kept_products, dropped_products = products.split_products(catalogue, usable)
    known = products.with_fate(catalogue, dropped_products)
    rows = apply_row_rules(work.snapshot.table_path("catalog/reviews"), known, settings, work.scratch)
    seen = check_pictures(work, settings, _listed_by(pictures, rows.passed))
    shown = listed_pictures(rows.passed, "review_id", seen)
    searched = objects.find_objects(work, settings, _with_prompts(shown, rows.passed, kept_products))
    found = _found(searched)
    later = decoded(shown, "review_id").join(found, on="review_id", how="left", maintain_order="left")
    later_rules = [truncated_image(), objects.object_not_found(settings)]
    dropped, values = rows.judged([*row_rules(settings), *later_rules], later)
    stay = rows.passed.join(later, on="review_id", how="left", maintain_order="left")
    stay = stay.filter(first_failing(later_rules).is_null())
    stay, masked = mask_reviews(stay) if settings.section(CleanSettings).mask_personal else (stay, {})
    made: dict[str, pl.DataFrame | pl.LazyFrame | Path] = {
        "clean/products": kept_products,
        "clean/dropped_products": dropped_products,
        "clean/reviews": shaped(stay.with_columns(images="with_product"), KEPT),
        "clean/dropped": dropped,
        "clean/values": values,
    }
    return Result(made, _counts(rows.counts, catalogue, kept_products, shown, searched) | masked)


def _listed_by(pictures: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """The pictures that rows of `owners` list."""
    listed = owners.select(reference=pl.col("images").explode()).drop_nulls().unique()
    return pictures.join(listed, on="reference", how="semi", maintain_order="left")


def _with_prompts(shown: pl.DataFrame, passed: pl.DataFrame, kept_products: pl.DataFrame) -> pl.DataFrame:
    """The usable pictures of reviews, with the prompts of the detector: name and leaf category of the product."""
    leaf = pl.col("categories").list.last()
    asked = passed.select("review_id", "sku").join(kept_products.select("sku", "name", leaf=leaf), on="sku")
    good = shown.filter(pl.col("problem").is_null()).select("review_id", "path")
    return good.join(asked, on="review_id", maintain_order="left")


def _found(searched: pl.DataFrame) -> pl.DataFrame:
    """The pictures of each review that show the product, and their patches."""
    hit = pl.col("cleaned").is_not_null()
    return searched.group_by("review_id", maintain_order=True).agg(
        with_product=pl.col("path").filter(hit),
        cleaned_images=pl.col("cleaned").filter(hit),
        n_found=hit.sum().cast(pl.Int64),
        best_score=pl.col("score").max(),
    )


def _counts(
    links: dict[str, int],
    catalogue: pl.DataFrame,
    kept_products: pl.DataFrame,
    shown: pl.DataFrame,
    searched: pl.DataFrame,
) -> dict[str, int]:
    return {
        "products_in": catalogue["sku"].n_unique(),
        "products_kept": kept_products.height,
        **links,
        "images_decoded": shown.height,
        "images_unusable": int(shown["problem"].is_not_null().sum()),
        "images_searched": searched.height,
        "images_without_object": searched["cleaned"].null_count(),
    }


STAGE = Stage(
    name="clean",
    compute=compute,
    inputs=("catalog/products", "catalog/reviews", "catalog/images"),
    outputs=("clean/products", "clean/dropped_products", "clean/reviews", "clean/dropped", "clean/values"),
    sections=("clean",),
    models=("detector",),
    more_models=lambda settings: () if settings.section(CleanSettings).tokenizer else ("text_encoder",),
    values=("crawl.shop",),
    identity=identity,
    libraries=("better-profanity", "phonenumberslite", "pillow"),
    named_files=("clean.profanity_list", "clean.tokenizer"),
    conserved=(
        Conserved("catalog/reviews", "clean/reviews", "clean/dropped"),
        Conserved("catalog/products", "clean/products", "clean/dropped_products", key="sku"),
    ),
    made=(objects.PATCHES,),
)
