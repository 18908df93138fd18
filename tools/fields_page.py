"""Write the fields of products and reviews into docs/ingest.md: `python tools/fields_page.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ameli_build.core.records import Attribute, Product, Review, fields_of

PAGE = Path(__file__).parents[1] / "docs" / "ingest.md"
TYPES = {
    str: "string",
    int: "whole number",
    float: "number",
    bool: "true or false",
    tuple[str, ...]: "list of strings",
    tuple[Attribute, ...]: 'list of `{"group", "name", "value"}`',
}


def page(text: str) -> str:
    """The page with tables of today's fields."""
    tables = "\n".join([*_table(Product), "", *_table(Review)])
    return re.sub(r"(?s)(?<=records\.py` -->\n).*(?=<!-- end -->)", lambda _: f"\n{tables}\n\n", text)


def _table(record: type) -> Iterator[str]:
    yield f"| {record.__name__.lower()} | type | |"
    yield "|---|---|---|"
    for field in fields_of(record):
        if field.column:
            yield f"| `{field.name}` | {TYPES[field.kind]} | {field.column.meaning} |"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
