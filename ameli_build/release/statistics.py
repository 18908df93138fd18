"""`stats.json`: the paper's Tables 2 and 3 for this build, and the rows in and out of each stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ameli_build.core.reasons import Reason
from ameli_build.core.stage import Tables
from ameli_build.release.tables import DROPPING, SPLITS

MOST_FREQUENT = 10


def statistics(
    named: Mapping[str, pl.DataFrame], tables: Tables, clean_counts: Mapping[str, int], rejected: int
) -> dict[str, Any]:
    """The content of `stats.json`, from the released tables and the catalogue."""
    products = named["products"]
    personal = {name: count for name, count in clean_counts.items() if name.endswith("_masked")}
    return {
        "table2": {split: _split(named[split]) for split in (*SPLITS, "clean_test") if split in named}
        | {"knowledge_base": _knowledge_base(products)},
        "table3": _categories(products),
        "funnel": _funnel(named, tables, rejected),
        "links": {name: count for name, count in sorted(clean_counts.items()) if name not in personal},
        "personal_data": dict(sorted(personal.items())),
        "near_duplicates": _near_duplicates(named, tables["splits/leaks"].collect()),
    }


def _near_duplicates(named: Mapping[str, pl.DataFrame], leaks: pl.DataFrame) -> dict[str, int]:
    """Counts of near-duplicates in different splits: pairs, their reviews, and dropped reviews."""
    released = pl.concat([named[split]["review_id"] for split in SPLITS]).implode()
    remaining = leaks.filter(pl.col("review_id").is_in(released), pl.col("earlier_id").is_in(released))
    return {
        "text_pairs": leaks.filter(pl.col("kind") == "text").height,
        "image_pairs": leaks.filter(pl.col("kind") == "image").height,
        "reviews": pl.concat([leaks["review_id"], leaks["earlier_id"]]).n_unique(),
        "reviews_dropped": named["dropped"].filter(pl.col("reason") == Reason.LEAK).height,
        "pairs_released": remaining.height,
    }


def _split(reviews: pl.DataFrame) -> dict[str, Any]:
    images = int(reviews["images"].list.len().sum())
    return {"reviews": reviews.height, "review_images": images, "images_per_review": _mean(images, reviews.height)}


def _knowledge_base(products: pl.DataFrame) -> dict[str, Any]:
    """Table 2's lower half. A category is a whole path; attributes are the distinct names of a product's sheet."""
    images = int(products["images"].list.len().sum())
    names = products.select(
        pl.col("attributes").list.eval(pl.element().struct.field("name")).list.n_unique()
    ).to_series()
    return {
        "products": products.height,
        "product_images": images,
        "product_categories": products["categories"].n_unique(),
        "images_per_product": _mean(images, products.height),
        "attributes_per_product": _mean(int(names.sum()), products.height),
    }


def _categories(products: pl.DataFrame) -> list[dict[str, Any]]:
    """Table 3: the most frequent categories; ties are sorted by path."""
    paths = products.select(path=pl.col("categories").list.join(" -> "), leaf=pl.col("categories").list.last())
    counts = paths.group_by("path", "leaf").len("products").sort(["products", "path"], descending=[True, False])
    return [
        {**row, "percent": round(100 * row["products"] / products.height, 2)}
        for row in counts.head(MOST_FREQUENT).iter_rows(named=True)
    ]


def _funnel(named: Mapping[str, pl.DataFrame], tables: Tables, rejected: int) -> dict[str, Any]:
    """Rows in, rows dropped by stage and reason, and rows out. The release checks that they add up."""
    distinct = tables["catalog/reviews"].select(pl.col("review_id").n_unique(), pl.len().alias("links")).collect()
    reviews_in = int(distinct["review_id"][0])
    dropped = named["dropped"]
    stages: dict[str, Any] = {}
    left = reviews_in
    for stage in DROPPING:
        of_stage = dropped.filter(pl.col("stage") == stage)
        stages[stage] = {"in": left, "out": left - of_stage.height, "dropped": _by_reason(of_stage)}
        left -= of_stage.height
    return {
        "products_in": int(tables["catalog/products"].select(pl.len()).collect().item()),
        "products_out": named["products"].height,
        "products_dropped": _by_reason(named["dropped_products"]),
        "records_rejected": rejected,
        "review_links_in": int(distinct["links"][0]),
        "reviews_in": reviews_in,
        "reviews_dropped": dropped.height,
        "reviews_out": sum(named[split].height for split in SPLITS),
        "stages": stages,
    }


def _by_reason(dropped: pl.DataFrame) -> dict[str, int]:
    counts = dropped.group_by("reason").len().sort("reason")
    return dict(zip(counts["reason"].to_list(), counts["len"].to_list(), strict=True))


def _mean(total: int, count: int) -> float:
    return round(total / count, 2) if count else 0.0
