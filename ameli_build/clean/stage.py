"""The stage `clean`: section 3.2 from top to bottom.

Row rules look at every review, decoding only at those that passed the rules before it, detection only at those that
passed all others.
"""

from __future__ import annotations

import polars as pl

from ameli_build.clean import duplicates, helpfulness, length, objects, photos, products, profanity, variants
from ameli_build.clean.decoding import check_pictures, decoded, listed_pictures, truncated_image
from ameli_build.clean.verdicts import Verdict, judge, shaped, staying
from ameli_build.models.tokens import load_counter
from ameli_build.settings import Settings
from ameli_build.stages import Conserved, Result, Stage, Tables, Work

KEPT = pl.Schema(
    [
        ("review_id", pl.String),
        ("sku", pl.String),
        ("title", pl.String),
        ("text", pl.String),
        ("images", pl.List(pl.String)),
        ("cleaned_images", pl.List(pl.String)),
        ("rating", pl.Int64),
        ("helpful", pl.Int64),
        ("unhelpful", pl.Int64),
        ("submitted_at", pl.String),
        ("relinked", pl.Boolean),
    ]
)
"""Columns of `clean/reviews`."""

VALUES = pl.Schema(
    {
        "review_id": pl.String,
        "sku": pl.String,
        "n_photos": pl.Int64,
        "bytes": pl.Int64,
        "tokens": pl.Int64,
        "helpful": pl.Int64,
        "unhelpful": pl.Int64,
        "names": pl.String,
        "listed": pl.String,
        "links_in": pl.Int64,
        "links_removed": pl.Int64,
        "relinked": pl.Boolean,
        "in_catalogue": pl.Boolean,
        "gone": pl.String,
        "duplicate_of": pl.String,
        "profanity": pl.String,
        "n_decoded": pl.Int64,
        "problems": pl.String,
        "n_found": pl.Int64,
        "best_score": pl.Float64,
    }
)
"""Columns of `clean/values`: what each rule looked at, null where it did not look.

`tokens` is null too where `bytes` is at most the limit; `names` is the variant that a review without a valid link
names, `listed` where the shop listed it; `gone` tells why the gold product left; `n_decoded` counts usable photographs
and `problems` tells of the others; `n_found` counts photographs in which the product was found.
"""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """The tables of `clean`; see `STAGE`."""
    catalogue, pictures = tables["catalog/products"].collect(), tables["catalog/images"].collect()
    usable = check_pictures(work, settings, _of_those(pictures, catalogue))
    kept_products, dropped_products = products.split_products(catalogue, usable)
    rows = _look_at_rows(tables["catalog/reviews"].collect(), catalogue, dropped_products, settings)
    passed = staying(rows, judge(rows, row_rules(settings)))
    shown = listed_pictures(passed, "review_id", check_pictures(work, settings, _of_those(pictures, passed)))
    told = decoded(shown, "review_id")
    searched = objects.find_objects(work, settings, _with_prompts(shown, passed, kept_products))
    found = _found(searched)
    rows = rows.join(told, on="review_id", how="left", maintain_order="left")
    rows = rows.join(found, on="review_id", how="left", maintain_order="left")
    dropped = judge(rows, [*row_rules(settings), truncated_image(), objects.object_not_found(settings)])
    kept = staying(rows, dropped).with_columns(images="with_product")
    made = {
        "clean/products": kept_products,
        "clean/dropped_products": dropped_products,
        "clean/reviews": shaped(kept, KEPT),
        "clean/dropped": dropped,
        "clean/values": shaped(rows, VALUES),
    }
    return Result(made, _counts(rows, catalogue, kept_products, shown, searched))


def row_rules(settings: Settings) -> list[Verdict]:
    """The rules that look at a review's own row, in the order in which they count."""
    return [
        photos.no_image(),
        length.too_long(settings.clean.max_tokens),
        helpfulness.only_unhelpful(),
        variants.wrong_variant(),
        variants.product_missing(),
        duplicates.duplicate(),
        profanity.profanity(),
    ]


def _look_at_rows(
    links: pl.DataFrame, catalogue: pl.DataFrame, dropped_products: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """One row a review with the value that each row rule looks at."""
    gone = pl.format("{} ({})", pl.col("reason"), pl.col("detail"))
    known = catalogue.select("sku").unique().join(dropped_products.select("sku", gone=gone), on="sku", how="left")
    rows = variants.resolve_links(links, known, settings.clean.relink)
    rows = rows.with_columns(n_photos=photos.n_photos())
    counter = load_counter(settings.clean.tokenizer or settings.models.text_encoder)
    rows = length.count_tokens(rows, counter, settings.clean.max_tokens)
    rows = duplicates.find_duplicates(rows)
    return profanity.find_profanity(rows, profanity.pattern_of(settings.clean))


def _of_those(pictures: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """The pictures that some row of `owners` lists."""
    listed = owners.select(reference=pl.col("images").explode()).drop_nulls().unique()
    return pictures.join(listed, on="reference", how="semi", maintain_order="left")


def _with_prompts(shown: pl.DataFrame, passed: pl.DataFrame, kept_products: pl.DataFrame) -> pl.DataFrame:
    """The usable pictures of reviews with what the detector is asked for: the product's name, then its category."""
    leaf = pl.col("categories").list.last()
    asked = passed.select("review_id", "sku").join(kept_products.select("sku", "name", leaf=leaf), on="sku")
    good = shown.filter(pl.col("problem").is_null()).select("review_id", "path")
    return good.join(asked, on="review_id", maintain_order="left")


def _found(searched: pl.DataFrame) -> pl.DataFrame:
    """For each review that was searched: its pictures with the product in them, and their patches."""
    hit = pl.col("cleaned").is_not_null()
    return searched.group_by("review_id", maintain_order=True).agg(
        with_product=pl.col("path").filter(hit),
        cleaned_images=pl.col("cleaned").filter(hit),
        n_found=hit.sum().cast(pl.Int64),
        best_score=pl.col("score").max(),
    )


def _counts(
    rows: pl.DataFrame,
    catalogue: pl.DataFrame,
    kept_products: pl.DataFrame,
    shown: pl.DataFrame,
    searched: pl.DataFrame,
) -> dict[str, int]:
    usable = shown["problem"].is_null()
    return {
        "products_in": catalogue["sku"].n_unique(),
        "products_kept": kept_products.height,
        "links_in": int(rows["links_in"].sum()),
        "links_removed": int(rows["links_removed"].sum()),
        "reviews_relinked": int(rows["relinked"].sum()),
        "images_decoded": shown.height,
        "images_unusable": int((~usable).sum()),
        "images_searched": searched.height,
        "images_without_object": searched["cleaned"].null_count(),
    }


STAGE = Stage(
    name="clean",
    compute=compute,
    inputs=("catalog/products", "catalog/reviews", "catalog/images"),
    outputs=("clean/products", "clean/dropped_products", "clean/reviews", "clean/dropped", "clean/values"),
    sections=("clean",),
    models=("text_encoder", "detector"),
    modules=(
        "ameli_build.clean",
        "ameli_build.records",
        "ameli_build.models.tokens",
        "ameli_build.models.detect",
        "ameli_build.models.saliency",
        "ameli_build.models.grounding",
        "better_profanity",
        "PIL._version",
    ),
    named_files=("clean.profanity_list", "clean.tokenizer"),
    conserved=(
        Conserved("catalog/reviews", "clean/reviews", "clean/dropped"),
        Conserved("catalog/products", "clean/products", "clean/dropped_products", key="sku"),
    ),
    made=(objects.PATCHES,),
)
