"""Sheets as files: their contents, and the contents that they must not have."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from tests.made import HOSTILE, released_snapshot

SETTINGS = load_settings("demo")


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot")


def block(page: str, name: str) -> object:
    found = re.search(f'<script type="application/json" id="{name}">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_one_sheet_per_annotator_and_equal_bytes_when_exported_again(snapshot: Snapshot) -> None:
    for form in ("html", "xlsx", "labelstudio"):
        paths = export_sheets(snapshot, form, 2, 1, "clean-test", SETTINGS)
        first = [path.read_bytes() for path in paths]
        assert [path.name[:8] for path in paths[:2]] == ["sheet-01", "sheet-02"]
        assert [path.read_bytes() for path in export_sheets(snapshot, form, 2, 1, "clean-test", SETTINGS)] == first


def test_sheets_of_an_earlier_export_are_removed(snapshot: Snapshot) -> None:
    export_sheets(snapshot, "html", 3, 0, "clean-test", SETTINGS)
    other = export_sheets(snapshot, "html", 1, 0, "mentions", SETTINGS)
    (path,) = export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)
    assert sorted(path.parent.iterdir()) == sorted([*other, path])


def test_a_page_holds_each_picture_once_and_no_gold(snapshot: Snapshot) -> None:
    write_table(
        snapshot.dataset / "products.parquet",
        pl.read_parquet(snapshot.dataset / "products.parquet").with_columns(
            sku="secret-" + pl.col("sku"), name=pl.lit("Acme Laptop")
        ),
    )
    test = pl.read_parquet(snapshot.dataset / "test.parquet")
    columns = {"sku": "secret-" + pl.col("sku"), "candidates": pl.col("candidates").list.eval("secret-" + pl.element())}
    write_table(snapshot.dataset / "test.parquet", test.with_columns(**columns))
    (path,) = export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)
    page = path.read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 6  # four products, two reviews
    assert "secret-" not in page
    assert "http://" not in page
    assert "https://" not in page
    shown = [block(page, f"review-{n}") for n in range(2)]
    (book,) = export_sheets(snapshot, "xlsx", 1, 0, "clean-test", SETTINGS)
    with zipfile.ZipFile(book) as parts:
        texts = [parts.read(name) for name in parts.namelist() if name.endswith(".xml")]
        hidden = [name for name in texts if b'state="hidden"' in name or b'hidden="1"' in name]
    assert not any(b"secret-" in text for text in texts)
    assert not hidden
    # another gold product among the same candidates: the page is the same, byte for byte
    moved = pl.read_parquet(snapshot.dataset / "test.parquet").with_columns(sku=pl.lit("secret-p1"))
    write_table(snapshot.dataset / "test.parquet", moved)
    before = book.read_bytes()
    export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)
    export_sheets(snapshot, "xlsx", 1, 0, "clean-test", SETTINGS)
    assert path.read_text(encoding="utf-8") == page
    assert book.read_bytes() == before
    assert all(isinstance(each, dict) and len(each["shown"]) == 4 for each in shown)


def test_hostile_text_is_data(snapshot: Snapshot) -> None:
    (path,) = export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)
    page = path.read_text(encoding="utf-8")
    assert "<script>alert" not in page
    texts = [block(page, f"review-{n}") for n in range(2)]
    assert any(isinstance(each, dict) and each["text"][0] == HOSTILE for each in texts)


def test_a_mention_is_marked(snapshot: Snapshot) -> None:
    (path,) = export_sheets(snapshot, "html", 1, 0, "mentions", SETTINGS)
    page = path.read_text(encoding="utf-8")
    for number in range(5):
        review = block(page, f"review-{number}")
        assert isinstance(review, dict)
        assert review["text"][1] == "laptop"
        assert len(review["shown"]) == 1


def test_the_sample_of_reviews_to_label_is_bounded(snapshot: Snapshot) -> None:
    settings = load_settings("demo", ["sheets.informativeness_reviews=3"])
    (path,) = export_sheets(snapshot, "html", 1, 0, "informativeness", settings)
    sheet = block(path.read_text(encoding="utf-8"), "sheet")
    assert isinstance(sheet, dict)
    assert len(sheet["ids"]) == 3


@pytest.mark.parametrize(("form", "task"), [("pdf", "clean-test"), ("html", "poetry")])
def test_unknown_formats_and_tasks_are_refused(snapshot: Snapshot, form: str, task: str) -> None:
    with pytest.raises(UnusableInput, match="unknown"):
        export_sheets(snapshot, form, 1, 0, task, SETTINGS)


def test_sheets_without_a_release_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="run ameli build first"):
        export_sheets(Snapshot(tmp_path), "html", 1, 0, "clean-test", SETTINGS)


def test_an_empty_test_split_is_warned_about(snapshot: Snapshot, capsys: pytest.CaptureFixture[str]) -> None:
    path = snapshot.dataset / "test.parquet"
    write_table(path, pl.read_parquet(path).clear())
    for form in ("html", "xlsx", "labelstudio"):
        assert export_sheets(snapshot, form, 1, 0, "clean-test", SETTINGS)[0].is_file()
    assert "there are no reviews" in capsys.readouterr().err


def test_an_unreadable_picture_is_omitted(snapshot: Snapshot) -> None:
    for picture in (snapshot.dataset / "images").iterdir():
        picture.unlink()
        picture.write_bytes(b"\xff\xd8 half")
    for form in ("html", "xlsx", "labelstudio"):
        assert b"image/jpeg" not in export_sheets(snapshot, form, 1, 0, "clean-test", SETTINGS)[0].read_bytes()


def test_a_workbook_filled_in_and_read_back(snapshot: Snapshot) -> None:
    products = snapshot.dataset / "products.parquet"
    write_table(products, pl.read_parquet(products).with_columns(name=pl.lit("=Acme"), description=pl.lit("+1@x")))
    (sheet,) = export_sheets(snapshot, "xlsx", 1, 0, "clean-test", SETTINGS)
    book = openpyxl.load_workbook(sheet)
    reviews = book["Reviews"]
    header = [str(cell.value) for cell in reviews[1]]
    assert {cell.data_type for row in (*reviews.iter_rows(2), *book["Products"].iter_rows(2)) for cell in row} <= set(
        "sn"
    )
    assert reviews.cell(2, header.index("1") + 1).value == "=Acme"
    texts = {row[header.index("Review ID")].value: row[header.index("Review text")] for row in reviews.iter_rows(2)}
    assert (texts["r4"].value, texts["r4"].data_type) == (HOSTILE, "s")
    assert reviews.data_validations.dataValidation[0].formula1 == '"1,2,3,4,?"'
    for row in reviews.iter_rows(2):
        row[header.index("Your choice")].value = 4 if row[header.index("Review ID")].value == "r4" else "?"
        row[header.index("Comment")].value = "=cmd|' /C calc'!A0"
    filled = snapshot.root.parent / "back.xlsx"
    book.save(filled)
    assert "1 of 2 right" in str(import_answers(snapshot, [filled], SETTINGS))
    rows = pl.read_parquet(snapshot.root / "sheets" / "answers.parquet").rows()
    assert rows == [("annotator-01", "r4", 4, "p4"), ("annotator-01", "r5", None, None)]
