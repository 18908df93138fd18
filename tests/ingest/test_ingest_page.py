"""The page about records of one's own lists the fields of the records."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from ameli_build.core.records import Product, Review
from ameli_build.ingest.raw_records import PRODUCT_FIELDS, REVIEW_FIELDS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "ingest.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "fields_page.py"))["page"](TEXT)
    assert page == TEXT, "run python tools/fields_page.py"


@pytest.mark.parametrize(("record", "names"), [(Product, PRODUCT_FIELDS), (Review, REVIEW_FIELDS)])
def test_every_field_that_is_read_is_on_the_page(record: type, names: tuple[str, ...]) -> None:
    table = TEXT.partition(f"| {record.__name__.lower()} |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(names)
