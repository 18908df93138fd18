"""The candidates of a review as records of the baseline."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ameli_build.baseline.extraction.attributes import Sheet, make_sheets
from ameli_build.core.arrays import Integers
from ameli_build.datasets.data import PRODUCT_COLUMNS, KnowledgeBase, knowledge_base
from ameli_build.single.index import Index


@dataclass(frozen=True, slots=True)
class Products:
    """Products, best first, with their specification sheets."""

    kb: KnowledgeBase
    sheets: tuple[Sheet, ...]


def read_products(index: Index, rows: Integers) -> Products:
    """The products at `rows` of the index, in that order, read from the data set."""
    skus = [index.skus[row] for row in rows]
    table = pl.scan_parquet(index.products).filter(pl.col("sku").is_in(skus)).select(PRODUCT_COLUMNS).collect()
    kb = knowledge_base(pl.DataFrame({"sku": skus}).join(table, on="sku", how="left", maintain_order="left"))
    return Products(kb, make_sheets(kb))
