"""The few products that one review is judged against, as the baseline sees them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ameli_build.baseline.data import KnowledgeBase
from ameli_build.baseline.extraction.attributes import Sheet, make_sheets
from ameli_build.baseline.metrics import Integers
from ameli_build.link.index import Index
from ameli_build.records import Attribute


@dataclass(frozen=True, slots=True)
class Products:
    """Some products in a given order, best first, with their sheets."""

    kb: KnowledgeBase
    sheets: tuple[Sheet, ...]


def read_products(index: Index, rows: Integers) -> Products:
    """The products at `rows` of the index, in that order, read from the data set."""
    skus = [index.skus[row] for row in rows]
    columns = ("sku", "name", "categories", "description", "attributes", "images")
    table = pl.scan_parquet(index.products).filter(pl.col("sku").is_in(skus)).select(columns).collect()
    by_sku = {record["sku"]: record for record in table.to_dicts()}
    some = [by_sku[sku] for sku in skus]
    kb = KnowledgeBase(
        skus=tuple(skus),
        names=tuple(one["name"] for one in some),
        categories=tuple(tuple(one["categories"]) for one in some),
        descriptions=tuple(one["description"] or "" for one in some),
        attributes=tuple(
            tuple(Attribute(row["group"] or "", row["name"], row["value"]) for row in one["attributes"]) for one in some
        ),
        images=tuple(tuple(one["images"]) for one in some),
        row={sku: n for n, sku in enumerate(skus)},
    )
    return Products(kb, make_sheets(kb))
