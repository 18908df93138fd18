"""Near-duplicates in different splits, and the choice of the review to drop.

The earlier of two reviews (`submitted_at`, then `review_id`; an unknown time comes last) is the original. Reviews never
change split. With `splits.near_duplicates=drop`, the later of two near-duplicates is dropped unless the earlier is.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ameli_build.core.cache import Work
from ameli_build.core.reasons import DROPPED, Reason
from ameli_build.core.records import body_expr
from ameli_build.core.settings import Settings, SplitSettings
from ameli_build.near_duplicates.pictures import BITS, alike_pictures, hash_pictures
from ameli_build.near_duplicates.texts import alike_texts

LEAKS = pl.Schema(
    {
        "kind": pl.String,
        "review_id": pl.String,
        "split": pl.String,
        "earlier_id": pl.String,
        "earlier_split": pl.String,
        "jaccard": pl.Float64,
        "bits": pl.Int64,
        "image": pl.String,
        "earlier_image": pl.String,
    }
)
"""Columns of `splits/leaks`, with a row for each pair of reviews and kind ("text" or "image").

`jaccard` is null for pictures. `bits`, the number of different bits, and the paths in the snapshot of the two most
similar pictures are null for texts.
"""


def find_leaks(work: Work, settings: Settings, reviews: pl.DataFrame) -> pl.DataFrame:
    """Pairs of near-duplicates in different splits, in the columns of `LEAKS`, sorted.

    `reviews` has review_id, split, submitted_at, title, text and images.
    """
    ordered = reviews.sort("submitted_at", "review_id", nulls_last=True).with_row_index("place")
    ordered = ordered.with_columns(pl.col("place").cast(pl.Int64))
    found = pl.concat([_of_texts(work, settings, ordered), _of_pictures(work, settings, ordered)])
    who = ordered.select("place", "review_id", "split")
    earlier = who.select(earlier="place", earlier_id="review_id", earlier_split="split")
    named = found.join(who, left_on="later", right_on="place").join(earlier, on="earlier")
    return named.select(pl.col(name).cast(kind) for name, kind in LEAKS.items()).sort("kind", "review_id", "earlier_id")


def leaving(leaks: pl.DataFrame, reviews: pl.DataFrame, settings: SplitSettings) -> pl.DataFrame:
    """The reviews to drop so that no pair remains in different splits, in the columns of `reasons.DROPPED`.

    `reviews` has review_id, sku and submitted_at. A pair whose original is itself dropped does not count.
    """
    time = reviews.select("review_id", "sku", "submitted_at")
    pairs = leaks.join(time, on="review_id").sort("submitted_at", "review_id", "kind", "earlier_id", nulls_last=True)
    gone: dict[str, tuple[str, ...]] = {}
    for row in pairs.iter_rows(named=True):
        review_id = row["review_id"]
        if review_id not in gone and row["earlier_id"] not in gone:
            gone[review_id] = (review_id, row["sku"], "splits", Reason.LEAK, *_explained(row, settings))
    return pl.DataFrame(list(gone.values()), schema=DROPPED, orient="row").sort("review_id")


def _explained(row: Mapping[str, object], settings: SplitSettings) -> tuple[str, str, str]:
    """Detail, value and threshold of a pair, for the table of dropped reviews."""
    where = f"of review {row['earlier_id']} in {row['earlier_split']}"
    if row["kind"] == "text":
        return f"nearly the text {where} (Jaccard {row['jaccard']})", f"{row['jaccard']}", f"{settings.near_text:g}"
    detail = f"nearly a photograph {where} ({row['bits']} of {BITS} bits differ)"
    return detail, f"{row['bits']}", f"{settings.near_image}"


def _of_texts(work: Work, settings: Settings, ordered: pl.DataFrame) -> pl.DataFrame:
    texts = ordered.select(text=body_expr())["text"].to_list()
    pairs = alike_texts(work, settings, texts, ordered["split"].to_list())
    schema = {"earlier": pl.Int64, "later": pl.Int64, "jaccard": pl.Float64}
    nothing = {"bits": pl.Int64, "image": pl.String, "earlier_image": pl.String}
    table = pl.DataFrame(pairs, schema=schema, orient="row")
    return table.with_columns(kind=pl.lit("text"), **{name: pl.lit(None, kind) for name, kind in nothing.items()})


def _of_pictures(work: Work, settings: Settings, ordered: pl.DataFrame) -> pl.DataFrame:
    """A row for each pair of reviews with their two most similar pictures, including identical files."""
    shown = ordered.select("place", "split", path="images").explode("path").drop_nulls().unique()
    paths = shown["path"].unique().sort()
    pairs = alike_pictures(hash_pictures(work, settings, paths.to_list()), settings.splits.near_image)
    identical = ((place, place, 0) for place in range(len(paths)))
    reversed_pairs = ((second, first, bits) for first, second, bits in pairs)
    schema = {"first": pl.Int64, "second": pl.Int64, "bits": pl.Int64}
    table = pl.DataFrame([*pairs, *identical, *reversed_pairs], schema=schema, orient="row")
    table = table.with_columns(earlier_image=paths[table["first"]], image=paths[table["second"]])
    found = (
        table.join(shown.rename({"place": "earlier", "split": "from"}), left_on="earlier_image", right_on="path")
        .join(shown.rename({"place": "later"}), left_on="image", right_on="path")
        .filter(pl.col("earlier") < pl.col("later"), pl.col("from") != pl.col("split"))
        .sort("earlier", "later", "bits", "earlier_image", "image")
        .unique(["earlier", "later"], keep="first", maintain_order=True)
    )
    none = pl.lit(None, pl.Float64)
    return found.select(
        "earlier", "later", none.alias("jaccard"), pl.lit("image").alias("kind"), "bits", "image", "earlier_image"
    )
