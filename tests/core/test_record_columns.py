"""The columns of the catalogue follow from the records."""

from __future__ import annotations

import polars as pl
import pytest

from ameli_build.core.records import (
    PICTURES,
    PRODUCTS,
    REJECTED,
    REVIEWS,
    Attribute,
    Picture,
    Product,
    Rejected,
    Review,
    to_frame,
)

TEXTS = pl.List(pl.String())
SHEET = pl.List(pl.Struct({"group": pl.String(), "name": pl.String(), "value": pl.String()}))


@pytest.mark.parametrize(
    ("record", "schema", "others"),
    [
        (
            Product,
            PRODUCTS,
            {"categories": TEXTS, "attributes": SHEET, "images": TEXTS, "variants": TEXTS, "price": pl.Float64()},
        ),
        (
            Review,
            REVIEWS,
            dict.fromkeys(("rating", "helpful", "unhelpful"), pl.Int64()) | {"images": TEXTS, "conflict": pl.Boolean()},
        ),
        (Picture, PICTURES, {}),
        (Rejected, REJECTED, {"line": pl.Int64()}),
    ],
)
def test_each_field_is_a_column_in_its_order(record: type, schema: pl.Schema, others: dict[str, pl.DataType]) -> None:
    assert list(schema.items()) == [(name, others.get(name, pl.String())) for name in record.__dataclass_fields__]


@pytest.mark.parametrize(
    ("record", "schema"),
    [
        (Product("1", "Lamp", ("Home",), attributes=(Attribute("", "Colour", "Red"),), price=2.5), PRODUCTS),
        (Review("r1", "1", rating=5, images=("a.jpg",), conflict=True), REVIEWS),
        (Picture("a.jpg", None, "404"), PICTURES),
    ],
)
def test_a_record_is_a_row(record: Product | Review | Picture, schema: pl.Schema) -> None:
    table = to_frame([record], schema)
    assert table.schema == schema
    given = {name: getattr(record, name) for name in schema}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    if isinstance(record, Product):
        plain["attributes"] = [{"group": "", "name": "Colour", "value": "Red"}]
    assert table.row(0, named=True) == plain
