"""Make the files that the contenders of clean.py read, from a seed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
from review_rows import Rates, make_products, write_lines, write_reviews

from ameli_build.clean.profanity import default_words

SHARDS = 2


def main() -> None:
    """Make the files that the argument describes."""
    order = json.loads(sys.argv[1])
    folder = Path(order["folder"])
    products = make_products()
    products.write_parquet(folder / "products.parquet")
    rates = Rates(no_image=0.0) if order["mix"] == "photos" else Rates()
    write_reviews(folder / "reviews.parquet", order["size"], rates=rates).write_parquet(folder / "truth.parquet")
    if order["lines"]:
        write_lines(folder / "reviews.parquet", folder / "whole.jsonl")
    if order["lines"] and order["size"] <= 1_000_000:
        _for_peers(folder, products)
    print("{}")


def _for_peers(folder: Path, products: pl.DataFrame) -> None:
    """A file for each worker of datatrove; fields that data-juicer can compare; words and SKUs."""
    (folder / "words.json").write_text(json.dumps(default_words()))
    (folder / "skus.json").write_text(json.dumps(products["sku"].to_list()))
    reviews = pl.read_parquet(folder / "reviews.parquet").drop("conflict", "source", "extra")
    (folder / "shards").mkdir()
    size = -(-reviews.height // SHARDS)
    for n in range(SHARDS):
        reviews[n * size : (n + 1) * size].write_ndjson(folder / "shards" / f"{n}.jsonl")
    named = pl.col("product_details_sku")
    valid = (named.is_null() | (named == pl.col("sku"))) & pl.col("sku").is_in(products["sku"].implode())
    flat = reviews.select(
        "review_id", "text", "helpful", "unhelpful", n_photos=pl.col("images").list.len(), valid=valid.cast(pl.Int64)
    )
    flat.write_ndjson(folder / "flat.jsonl")


if __name__ == "__main__":
    main()
