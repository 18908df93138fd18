"""Rules for the rows of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.records import joined_text_expr
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import digest, stage_record
from ameli_build.release.tables import SPLITS

Tables = Mapping[str, pl.DataFrame]


def broken_rules(tables: Tables, *, shared: bool) -> Iterator[str]:
    """The broken rules of a data set. With `shared`, splits can share products."""
    reviews = _reviews(tables)
    skus = tables["products"]["sku"]
    gold, candidates = pl.col("sku"), pl.col("candidates")
    broken = {
        "a review twice": pl.col("review_id").is_duplicated(),
        "gold product not in the knowledge base": ~gold.is_in(skus.implode()),
        "gold product not among the candidates": ~candidates.list.contains(gold),
        "a candidate twice": candidates.list.n_unique() != candidates.list.len(),
        "mention offsets do not hold the mention": _mention() != pl.col("mention"),
        "in a split and dropped": pl.col("review_id").is_in(tables["dropped"]["review_id"].implode()),
    }
    if skus.is_duplicated().any():
        yield f"a product twice in the knowledge base: {skus.filter(skus.is_duplicated())[0]!r}"
    for problem, rule in broken.items():
        rows = reviews.filter(rule)
        if rows.height:
            yield f"{problem}: {rows.height} row(s), for example {rows['review_id'][0]!r}"
    spread = reviews.group_by("sku").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)
    if spread.height and not shared:
        yield f"products in more than one split: {spread.height}, for example {spread['sku'].min()!r}"
    if "clean_test" in tables and tables["clean_test"].join(tables["test"], on="review_id", how="anti").height:
        yield "clean_test holds reviews that test does not"


def _reviews(tables: Tables) -> pl.DataFrame:
    return pl.concat([tables[split].with_columns(split=pl.lit(split)) for split in SPLITS])


def _mention() -> pl.Expr:
    start, end = pl.col("mention_start"), pl.col("mention_end")
    return joined_text_expr().str.slice(start, end - start)


def unnamed_images(tables: Tables, folder: Path) -> Iterator[str]:
    """Differences between the pictures in the folder `images` and the pictures that the tables name."""
    reviews = _reviews(tables)
    columns = [tables["products"]["images"], reviews["images"], reviews["cleaned_images"]]
    named = set(pl.concat(columns).explode().drop_nulls())
    present = {f"images/{path.name}" for path in (folder / "images").iterdir()}
    if named != present:
        yield f"images: {len(named - present)} named but missing, {len(present - named)} present but not named"


def lost_reviews(tables: Tables, stats: Any) -> Iterator[str]:
    """Differences between the counts of `stats.json` and the numbers of reviews in the tables."""
    funnel = stats["funnel"]
    for name, rows in (("reviews_out", _reviews(tables).height), ("reviews_dropped", tables["dropped"].height)):
        if funnel[name] != rows:
            yield f"stats.json: {name} is {funnel[name]}, and the tables have {rows}"


def broken_in_snapshot(snapshot: Snapshot, tables: Tables) -> Iterator[str]:
    """The broken rules for a release and the tables of its snapshot, without tables that are gone."""
    reviews = _reviews(tables)
    yield from _leaks(snapshot, reviews)
    if _is_as_released(snapshot, "catalog/reviews"):
        came = set(snapshot.scan("catalog/reviews").select("review_id").unique().collect()["review_id"])
        went = [*reviews["review_id"], *tables["dropped"]["review_id"]]
        if len(went) != len(set(went)) or set(went) != came:
            yield f"reviews not conserved: {len(came)} came in, {len(went)} rows ({len(set(went))} distinct) went out"


def _is_as_released(snapshot: Snapshot, name: str) -> bool:
    """Whether the release was made from this table; a later run can have replaced it."""
    path = snapshot.table_path(name)
    return path.is_file() and stage_record(snapshot, "release").get("inputs", {}).get(name) in (None, digest(path))


def _leaks(snapshot: Snapshot, reviews: pl.DataFrame) -> Iterator[str]:
    settings = stage_record(snapshot, "splits").get("settings", {}).get("splits", {})
    if settings.get("near_duplicates") != "drop" or not _is_as_released(snapshot, "splits/leaks"):
        return
    released = reviews["review_id"].implode()
    leaks = snapshot.read("splits/leaks").filter(
        pl.col("review_id").is_in(released), pl.col("earlier_id").is_in(released)
    )
    if leaks.height:
        yield f"near-duplicates in different splits: {leaks.height}, for example {leaks['review_id'][0]!r}"
