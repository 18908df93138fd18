"""Filters of the knowledge base: products without a usable picture are dropped."""

from __future__ import annotations

import polars as pl

from ameli_build.clean.products import KEPT_COLUMNS, split_products
from ameli_build.core.reasons import DROPPED_PRODUCTS
from ameli_build.core.records import PRODUCTS, Product, to_frame

PICTURES = pl.DataFrame(
    [("a.jpg", "raw/images/1.jpg", None), ("b.jpg", "raw/images/2.jpg", "no bytes"), ("c.jpg", None, "missing (x)")],
    schema={"reference": pl.String, "path": pl.String, "problem": pl.String},
    orient="row",
)


def product(sku: str, *images: str, name: str = "Acme Fridge", categories: tuple[str, ...] = ("Root",)) -> Product:
    return Product(sku, name, categories, images=images)


def test_dropped_products_have_their_reason() -> None:
    given = [
        product("1", "b.jpg", "a.jpg", "a.jpg"),
        product("2"),
        product("3", "b.jpg", "c.jpg", "d.jpg"),
        product("4", "a.jpg", name="  "),
        product("5", "a.jpg", categories=()),
    ]
    kept, dropped = split_products(to_frame(given, PRODUCTS), PICTURES)
    assert kept.columns == list(KEPT_COLUMNS)
    assert kept.select("sku", "images").rows() == [("1", ["raw/images/1.jpg"]), ("5", ["raw/images/1.jpg"])]
    assert dropped.schema == DROPPED_PRODUCTS
    assert dropped.rows() == [
        ("2", "clean", "no_image", "no picture listed"),
        (
            "3",
            "clean",
            "truncated_image",
            "no usable image of 3: no bytes; missing (x); missing (not fetched)",
        ),
        ("4", "clean", "product_missing", "no name"),
    ]


def test_an_empty_catalogue_gives_empty_tables() -> None:
    kept, dropped = split_products(to_frame([], PRODUCTS), PICTURES)
    assert kept.is_empty()
    assert dropped.is_empty()
