"""The knowledge base in the authors' layout: a JSON object for each product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from ameli_build.core.snapshot import Snapshot
from ameli_build.export.official.ids import Ids
from ameli_build.release import official_layout as layout

Near = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""SKU -> the most similar products by title and by picture (section 3.5)."""


def product_records(products: pl.DataFrame, ids: Ids, urls: Mapping[str, str], near: Near) -> Iterator[dict[str, Any]]:
    """A JSON object for each product, in the order of the table."""
    for row in products.iter_rows(named=True):
        sku, number = row["sku"], ids.products[row["sku"]]
        by_title, by_image = near.get(sku, ((), ()))
        yield {
            "id": number,
            "url": urls.get(sku, ""),
            "product_name": row["name"],
            "product_category": layout.category_path(row["categories"]),
            "overview_section": {"description": row["description"] or "", "features": []},
            "Spec": specification(row["attributes"]),
            "image_path": [layout.picture_name(number, n, path) for n, path in enumerate(row["images"])],
            "similar_product_id": [ids.products[other] for other in by_title if other in ids.products],
            "product_id_with_similar_image": [ids.products[other] for other in by_image if other in ids.products],
        }


def specification(attributes: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The sections of a sheet in its order; attributes without a group are in the section "All"."""
    return [
        {
            "subsection": group,
            "text": [{"specification": attribute["name"], "value": attribute["value"]} for attribute in members],
        }
        for group, members in groupby(attributes, key=lambda attribute: attribute["group"] or layout.WITHOUT_GROUP)
    ]


def attribute_keys(products: pl.DataFrame) -> list[str]:
    """All names of attributes, sorted."""
    names = products.select(pl.col("attributes").explode().struct.field("name")).to_series()
    return sorted(names.drop_nulls().unique())


def read_urls(snapshot: Snapshot) -> dict[str, str]:
    """URLs of the product pages in the catalogue, by SKU."""
    if not snapshot.table_path("catalog/products").is_file():
        return {}
    return dict(snapshot.read("catalog/products").select("sku", "url").drop_nulls().iter_rows())


def read_near(snapshot: Snapshot) -> Near:
    """The hard negatives of each product, from the stage `candidates`; empty if the stage has not run."""
    if not snapshot.table_path("candidates/negatives").is_file():
        return {}
    rows = snapshot.read("candidates/negatives").select("sku", "by_title", "by_image").rows()
    return {sku: (titles, images) for sku, titles, images in rows}
