"""The reviews and products to browse, in memory: all of a snapshot, or those of a release alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.baseline.predictions.reading import OTHER_BUILD, read_predictions
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot
from ameli_build.explain import FEATURES
from ameli_build.report.judging import SCORE_OF

SPLITS = ("train", "dev", "test")
DROPPED, UNDECIDED = "dropped", "undecided"
"""States of reviews that are in no split."""
ARROW = " -> "
"""Separates the names of a category's path."""

_OF_REVIEWS: dict[str, pl.DataType] = {
    **dict.fromkeys(("review_id", "sku", "title", "text"), pl.String()),
    "images": pl.List(pl.String()),
    "state": pl.String(),
    "released": pl.Boolean(),
    **dict.fromkeys(("stage", "reason", "detail", "value", "threshold", "mention"), pl.String()),
    **dict.fromkeys(("mention_start", "mention_end", "n_attributes"), pl.Int64()),
    "attributes": pl.List(pl.Struct({"name": pl.String(), "value": pl.String()})),
    **dict.fromkeys(FEATURES[1:], pl.Float64()),
    "candidates": pl.List(pl.String()),
}
_REVIEWS = pl.Schema(_OF_REVIEWS)
_STORED = pl.Schema({"reference": pl.String(), "path": pl.String()})
_OF_PRODUCTS: dict[str, pl.DataType] = {
    **dict.fromkeys(("sku", "name", "description", "reason", "detail"), pl.String()),
    **dict.fromkeys(("categories", "images"), pl.List(pl.String())),
    "attributes": pl.List(pl.Struct(dict.fromkeys(("group", "name", "value"), pl.String()))),
    "released": pl.Boolean(),
}
_PRODUCTS = pl.Schema(_OF_PRODUCTS)


@dataclass(frozen=True, slots=True)
class Data:
    """The content of a snapshot or a release at `root`."""

    root: Path
    whole: bool
    """Whether `root` is a snapshot, which has the texts of dropped reviews; a release lacks them."""
    reviews: pl.DataFrame
    """A row for each distinct review: `_REVIEWS`, `category`, `clean`, `right`, and `words` to search in.

    `state` is a split, `DROPPED` or `UNDECIDED`. `right` is None if the baseline's linker did not link the review.
    """
    stored: pl.DataFrame
    """The paths of the pictures to which records refer: `reference`, `path`."""
    products: pl.DataFrame
    """A row for each product: `_PRODUCTS`, `category`, `reviews` and `words`."""
    method: str
    """The linker that `right` is about; "" without one."""
    note: str
    """The reason for which predictions are not shown; "" if they are, or if no baseline ran."""

    def review(self, review_id: str) -> dict[str, Any] | None:
        """A review's row; None if there is none."""
        return next(self.reviews.filter(pl.col("review_id") == review_id).iter_rows(named=True), None)

    def product_rows(self, skus: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Rows of products by SKU, in the order of `skus`, without the unknown ones."""
        wanted = list(dict.fromkeys(skus))
        found = {row["sku"]: row for row in self.products.filter(pl.col("sku").is_in(wanted)).iter_rows(named=True)}
        return {sku: found[sku] for sku in wanted if sku in found}

    def pictures(self, rows: Sequence[Mapping[str, Any]], most: int | None = None) -> list[list[str]]:
        """For each row, the paths below `root` of its first `most` pictures; a picture that was not stored has none."""
        wanted = {image for row in rows if not row["released"] for image in (row["images"] or [])[:most]}
        stored = dict(self.stored.filter(pl.col("reference").is_in(wanted)).iter_rows()) if wanted else {}
        return [
            [path for image in (row["images"] or [])[:most] if (path := self._path(image, row, stored))] for row in rows
        ]

    def _path(self, image: str, row: Mapping[str, Any], stored: Mapping[str, str | None]) -> str | None:
        if not row["released"]:
            return stored.get(image, image if image.startswith("raw/images/") else None)
        return f"dataset/{image}" if self.whole else image


def read_data(root: Path) -> Data:
    """Read a snapshot, or a release folder.

    Raises:
        UnusableInput: There is neither at `root`, or a table cannot be read.
    """
    whole = not (root / "products.parquet").is_file()
    snapshot = Snapshot.open(root) if whole else Snapshot(root)
    release = snapshot.dataset if whole else root
    if whole and not snapshot.table_path("catalog/reviews").is_file():
        raise UnusableInput(f"{root}: no reviews yet; run ameli build {root}")
    try:
        products = _products(snapshot, release, whole)
        reviews = _reviews(snapshot, release, whole)
        stored = _table(snapshot.table_path("catalog/images"), _STORED)
        right, method, note = _right(snapshot, reviews)
        clean = _table(release / "clean_test.parquet", _columns("review_id"))
        reviews = (
            reviews.join(products.select("sku", "category"), on="sku", how="left")
            .join(right, on="review_id", how="left")
            .with_columns(
                clean=pl.col("review_id").is_in(clean["review_id"].implode()),
                words=_words("title", "text", "review_id", "sku"),
            )
            .sort("review_id")
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnusableInput(f"{root}: unreadable ({str(error).partition(chr(10))[0]})") from None
    counts = reviews.group_by("sku").agg(reviews=pl.len())
    products = products.join(counts, on="sku", how="left").with_columns(pl.col("reviews").fill_null(0))
    return Data(root, whole, reviews, stored, products, method, note)


def _words(*columns: str) -> pl.Expr:
    return pl.concat_str(columns, separator="\n", ignore_nulls=True).str.to_lowercase()


def _table(path: Path, schema: pl.Schema, **more: pl.Expr) -> pl.DataFrame:
    """The columns of `schema` in a table, null where it lacks them; no rows without the file."""
    if not path.is_file():
        return schema.to_frame()
    table = pl.scan_parquet(path).with_columns(**more)
    there = table.collect_schema().names()
    return table.select(
        (pl.col(name) if name in there else pl.lit(None)).cast(kind).alias(name) for name, kind in schema.items()
    ).collect()


def _columns(*names: str) -> pl.Schema:
    return pl.Schema({name: _REVIEWS[name] for name in names})


def _reviews(snapshot: Snapshot, release: Path, whole: bool) -> pl.DataFrame:
    released = pl.concat(
        [_table(release / f"{split}.parquet", _REVIEWS, state=pl.lit(split), released=pl.lit(True)) for split in SPLITS]
    )
    if not whole:
        gone = _table(release / "dropped.parquet", _REVIEWS, state=pl.lit(DROPPED), released=pl.lit(False))
        return pl.concat([released, gone])
    links = _table(snapshot.table_path("catalog/reviews"), _columns("review_id", "sku", "title", "text", "images"))
    rest = links.unique("review_id", keep="first", maintain_order=True).join(released, on="review_id", how="anti")
    paths = sorted((snapshot.root / "stages").glob("*/dropped.parquet"))
    dropped = _columns("review_id", "stage", "reason", "detail", "value", "threshold")
    gone = pl.concat([dropped.to_frame(), *(_table(path, dropped) for path in paths)]).unique("review_id", keep="first")
    sku = _table(snapshot.table_path("clean/values"), _columns("review_id", "sku"))
    found = _columns("review_id", "attributes", *FEATURES)
    rest = (
        rest.join(gone, on="review_id", how="left")
        .join(_table(snapshot.table_path("informativeness/features"), found), on="review_id", how="left")
        .join(sku.rename({"sku": "judged"}), on="review_id", how="left")
        .with_columns(
            sku=pl.coalesce("judged", "sku"),
            released=pl.lit(False),
            state=pl.when(pl.col("reason").is_null()).then(pl.lit(UNDECIDED)).otherwise(pl.lit(DROPPED)),
        )
        .drop("judged")
    )
    return pl.concat([released, rest], how="diagonal").select(_REVIEWS.names())


def _products(snapshot: Snapshot, release: Path, whole: bool) -> pl.DataFrame:
    released = _table(release / "products.parquet", _PRODUCTS, released=pl.lit(True))
    reasons = pl.Schema({"sku": pl.String, "reason": pl.String, "detail": pl.String})
    gone = _table(
        snapshot.table_path("clean/dropped_products") if whole else release / "dropped_products.parquet", reasons
    )
    if whole:
        rest = _table(snapshot.table_path("catalog/products"), _PRODUCTS, released=pl.lit(False))
        rest = rest.join(released, on="sku", how="anti").drop("reason", "detail").join(gone, on="sku", how="left")
    else:
        rest = gone.with_columns(released=pl.lit(False))
    return (
        pl.concat([released, rest], how="diagonal")
        .unique("sku", keep="first")
        .with_columns(category=pl.col("categories").list.join(ARROW), words=_words("name", "sku", "description"))
        .sort("sku")
    )


def _right(snapshot: Snapshot, reviews: pl.DataFrame) -> tuple[pl.DataFrame, str, str]:
    """Whether the most complete linker's first run found the gold product, by review; its name; or why not."""
    none = pl.Schema({"review_id": pl.String, "right": pl.Boolean}).to_frame()
    try:
        rows = read_predictions(snapshot, pl.col("run") == 0, ("review_id", "predicted"))
    except UnusableInput as error:
        return none, "", str(error)
    if rows is None:
        return none, "", ""
    gold = reviews.filter(pl.col("state").is_in(["dev", "test"])).select("review_id", "sku")
    if set(rows["review_id"]) != set(gold["review_id"]):
        return none, "", OTHER_BUILD
    linked = rows.explode("predicted").unnest("predicted").rename({"sku": "linked"})
    method = next((name for name in SCORE_OF if name in set(linked["method"])), "")
    found = linked.filter(pl.col("method") == method).join(gold, on="review_id")
    return found.select("review_id", right=pl.col("linked").eq_missing(pl.col("sku"))), method, ""
