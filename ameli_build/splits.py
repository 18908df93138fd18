"""Train, dev and test (section 3.5), and near-duplicates in different splits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import polars as pl

from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings, SplitSettings
from ameli_build.core.stage import Conserved, Result, Stage, Tables
from ameli_build.near_duplicates.leaks import find_leaks, leaving

SPLITS = pl.Schema({"review_id": pl.String, "split": pl.String})
"""Columns of `splits/splits`: `split` is train, dev or test."""

_ATTRIBUTES_FOR_TEST = 3
"""Number of attributes in a product's first review from which the authors' greedy rule puts the product into test."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """The split of each review, by `splits.policy`, and the near-duplicates in different splits."""
    reviews = (
        tables["informativeness/features"]
        .join(tables["informativeness/kept"], on="review_id", how="semi")
        .join(tables["clean/reviews"], on="review_id", how="left")
        .select("review_id", "sku", "n_attributes", "submitted_at", "title", "text", "images")
        .sort("review_id")
        .collect()
    )
    shares, seed = settings.splits, settings.run.seed
    if shares.policy == "greedy":
        chosen = greedy_splits(reviews, shares)
    else:
        units = _units(reviews, tables, shares.policy)
        chosen = [split_of(unit, seed, shares) for unit in units]
    reviews = reviews.with_columns(split=pl.Series(chosen, dtype=pl.String))
    leaks = find_leaks(work, settings, reviews)
    dropped = leaving(leaks if shares.near_duplicates == "drop" else leaks.clear(), reviews, shares)
    table = reviews.join(dropped, on="review_id", how="anti", maintain_order="left").select(SPLITS.names())
    counts = {f"reviews_{split}": int((table["split"] == split).sum()) for split in ("train", "dev", "test")}
    counts |= {f"leaks_{kind}": int((leaks["kind"] == kind).sum()) for kind in ("text", "image")}
    return Result({"splits/splits": table, "splits/leaks": leaks, "splits/dropped": dropped}, counts)


def split_of(unit: str, seed: int, shares: SplitSettings) -> str:
    """The split of a product, review or family. The SHA-256 of seed and id decides, so it never changes."""
    digest = hashlib.sha256(f"{seed}\x1f{unit}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < shares.train:
        return "train"
    return "dev" if place < shares.train + shares.dev else "test"


def families(products: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """The smallest SKU of each product's family: the products connected by variant links in either direction."""
    parent: dict[str, str] = {}

    def root(sku: str) -> str:
        parent.setdefault(sku, sku)
        while parent[sku] != sku:
            parent[sku] = parent[parent[sku]]
            sku = parent[sku]
        return sku

    for sku, variants in products:
        for other in (sku, *variants):
            first, second = sorted((root(sku), root(other)))
            parent[second] = first
    return {sku: root(sku) for sku in list(parent)}


def greedy_splits(reviews: pl.DataFrame, shares: SplitSettings) -> list[str]:
    """The split of each review by the authors' greedy rule. Unlike the hash, it can move reviews between builds.

    The rule takes products in order, with all their reviews. A product goes into test if test is not full and the
    product's first review mentions enough attributes; otherwise into dev if dev is not full, or else into train.
    `reviews` has review_id, sku and n_attributes, sorted by review id.
    """
    wanted = {"test": shares.test * reviews.height, "dev": shares.dev * reviews.height}
    filled = {"test": 0, "dev": 0}
    chosen: dict[str, str] = {}
    products = reviews.group_by("sku").agg(pl.len(), pl.col("n_attributes").first()).sort("sku")
    for sku, count, attributes in products.iter_rows():
        split = "train"
        if attributes >= _ATTRIBUTES_FOR_TEST and filled["test"] < wanted["test"]:
            split = "test"
        elif filled["dev"] < wanted["dev"]:
            split = "dev"
        if split in filled:
            filled[split] += count
        chosen[sku] = split
    return [chosen[sku] for sku in reviews["sku"]]


def _units(reviews: pl.DataFrame, tables: Tables, policy: str) -> list[str]:
    if policy == "review":
        return reviews["review_id"].to_list()
    if policy == "product":
        return reviews["sku"].to_list()
    products = tables["clean/products"].select("sku", pl.col("variants").fill_null([])).sort("sku").collect()
    family: Mapping[str, str] = families(products.iter_rows())
    return [family[sku] for sku in reviews["sku"]]


STAGE = Stage(
    name="splits",
    compute=compute,
    inputs=("clean/products", "clean/reviews", "informativeness/features", "informativeness/kept"),
    outputs=("splits/splits", "splits/leaks", "splits/dropped"),
    sections=("splits",),
    libraries=("datasketch", "imagehash", "pillow"),
    conserved=(Conserved("informativeness/kept", "splits/splits", "splits/dropped"),),
)
