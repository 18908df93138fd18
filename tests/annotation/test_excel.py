"""The workbook on a screen, and answers as Excel saves them in its text formats."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from made import released_snapshot
from openpyxl.worksheet.worksheet import Worksheet

from ameli_build.annotation.answers import read_answers
from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.annotation.tasks import TASKS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table

SETTINGS = load_settings("demo")
SCREEN = 1340
"""Pixels of a worksheet on a screen of 1440, without row numbers, scroll bar and side bar."""
CHARACTER = 9.9
"""Pixels of a column for each character of its width, in LibreOffice without Calibri; Excel takes seven."""
REVIEW = "Très bien – “great” über 14″\nSecond line; with, all\tsigns"


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot")


def reviews_sheet(snapshot: Snapshot, task: str = "clean-test") -> Worksheet:
    (path,) = export_sheets(snapshot, "xlsx", 1, 0, task, SETTINGS)
    sheet = openpyxl.load_workbook(path)["Reviews"]
    assert isinstance(sheet, Worksheet)
    return sheet


def right_edges(sheet: Worksheet) -> dict[str, float]:
    """The right edge of each column in pixels, by header."""
    groups = [(group.min, group.max, group.width) for group in sheet.column_dimensions.values()]
    edges, edge = {}, 0.0
    for cell in sheet[1]:
        edge += CHARACTER * next(width for first, last, width in groups if first <= cell.column <= last)
        edges[str(cell.value)] = edge
    return edges


@pytest.mark.parametrize("task", TASKS)
def test_only_number_and_choice_are_frozen(snapshot: Snapshot, task: str) -> None:
    sheet = reviews_sheet(snapshot, task)
    assert sheet.freeze_panes == "C2"
    assert [cell.value for cell in sheet[1]][:2] == ["No.", "Your choice"]
    assert right_edges(sheet)["Your choice"] < 140


@pytest.mark.parametrize("task", TASKS)
def test_a_screen_shows_the_review_and_candidates(snapshot: Snapshot, task: str) -> None:
    edges = right_edges(reviews_sheet(snapshot, task))
    assert edges["3" if task == "clean-test" else "1"] < SCREEN
    assert list(edges)[-2:] == ["Review ID", "Sheet code"]


@pytest.mark.parametrize(("length", "height"), [(20, 132), (1200, 320), (200_000, 399)])
def test_a_row_is_as_high_as_its_review(snapshot: Snapshot, length: int, height: int) -> None:
    path = snapshot.dataset / "test.parquet"
    write_table(path, pl.read_parquet(path).with_columns(text=pl.lit(("word " * length)[:length])))
    found = reviews_sheet(snapshot).row_dimensions[2].height
    assert found is not None
    assert height <= found <= min(height * 1.3, 409)


def saved(sheet: Worksheet, encoding: str, sign: str, newline: str, first: str = "", comma: bool = False) -> bytes:
    """The bytes of a worksheet as Excel saves it as text; `comma` for numbers with a decimal comma."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=sign, lineterminator=newline)
    for row in sheet.iter_rows(values_only=True):
        writer.writerow([f"{cell:.1f}".replace(".", ",") if comma and isinstance(cell, int) else cell for cell in row])
    return (first + stream.getvalue()).encode(encoding, errors="replace")


@pytest.mark.parametrize(
    ("name", "encoding", "sign", "newline", "first", "comma"),
    [
        ("csv-windows.csv", "cp1252", ",", "\r\n", "", False),
        ("csv-german.csv", "cp1252", ";", "\r\n", "", True),
        ("csv-utf8.csv", "utf-8-sig", ",", "\r\n", "", False),
        ("csv-utf8-german.csv", "utf-8-sig", ";", "\r\n", "sep=;\r\n", True),
        ("csv-mac.csv", "mac_roman", ",", "\r", "", False),
        ("csv-mac-german.csv", "mac_roman", ";", "\r", "", True),
        ("text-windows.txt", "cp1252", "\t", "\r\n", "", False),
        ("text-mac.txt", "mac_roman", "\t", "\r", "", True),
        ("unicode.txt", "utf-16", "\t", "\r\n", "", False),
        ("unicode-comma.txt", "utf-16", "\t", "\r\n", "sep=\t\r\n", True),
    ],
)
def test_answers_as_excel_saves_them(
    snapshot: Snapshot, name: str, encoding: str, sign: str, newline: str, first: str, comma: bool
) -> None:
    test = snapshot.dataset / "test.parquet"
    write_table(test, pl.read_parquet(test).with_columns(text=pl.lit(REVIEW), title=pl.lit("Größe „XL“: 5")))
    sheet = reviews_sheet(snapshot)
    columns = {str(cell.value): cell.column for cell in sheet[1]}
    for row, choice in ((2, 3), (3, "?")):
        sheet.cell(row, columns["Your choice"]).value = choice
        sheet.cell(row, columns["Comment"]).value = "schön, déjà vu; “ok”"
    path = snapshot.root.parent / name
    path.write_bytes(saved(sheet, encoding, sign, newline, first, comma))
    expected = [("annotator-01", sheet.cell(row, columns["Review ID"]).value) for row in (2, 3)]
    answers = read_answers(path)
    assert [(each.annotator, each.review_id) for each in answers] == expected
    assert [each.choice for each in answers] == ["3", "?"]
    assert {each.comment for each in answers} == {"schön, déjà vu; “ok”"}
    assert not import_answers(snapshot, [path], SETTINGS).problems
