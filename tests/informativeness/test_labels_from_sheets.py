"""From sheets to thresholds: `ameli calibrate` reads the labels from answers in workbooks."""

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.informativeness.calibrate import calibrate, read_labels
from tests.made import made_snapshot

SETTINGS = load_settings("demo", ["informativeness.confidence=0.5"])
ATTRIBUTES = {"r1": 4, "r2": 3, "r3": 0, "r4": 0, "r5": 3}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Five reviews with features: r1, r2 and r5 mention many attributes."""
    snapshot = made_snapshot(tmp_path / "snapshot")
    features = snapshot.read("informativeness/features")
    counts = pl.col("review_id").replace_strict(ATTRIBUTES).alias("n_attributes")
    write_table(snapshot.table_path("informativeness/features"), features.with_columns(counts))
    return snapshot


def fill(sheet: Path, choices: dict[str, str]) -> Path:
    """Write the choices into the rows of their reviews, and return the filled workbook."""
    book = openpyxl.load_workbook(sheet)
    header = [cell.value for cell in book["Reviews"][1]]
    column = header.index("Your choice") + 1
    for row in book["Reviews"].iter_rows(min_row=2):
        if row[header.index("Review ID")].value in choices:
            book["Reviews"].cell(row[0].row, column).value = choices[row[header.index("Review ID")].value]
    path = sheet.with_stem(f"{sheet.stem}-filled")
    book.save(path)
    return path


def test_answers_of_two_labellers_become_thresholds(snapshot: Snapshot) -> None:
    """Both judge every review; they disagree on r5, which gets no label."""
    sheets = export_sheets(snapshot, "xlsx", 2, 5, "informativeness", SETTINGS)
    first = {key: "yes" if count else "no" for key, count in ATTRIBUTES.items()}
    filled = [fill(sheets[0], first), fill(sheets[1], first | {"r5": "no"})]
    import_answers(snapshot, filled, SETTINGS)
    labels = snapshot.root / "sheets" / "labels.csv"
    assert read_labels(labels) == {"r1": True, "r2": True, "r3": False, "r4": False}
    found = calibrate(snapshot, labels, SETTINGS)
    assert (found.labels, found.positives, found.precision, found.recall) == (4, 2, 1.0, 1.0)
    chosen = load_settings("demo", snapshot=snapshot).informativeness.n_attributes
    assert chosen == found.thresholds["n_attributes"]
    assert 0 <= chosen < 3


def test_a_sheet_shows_review_product_and_mention(snapshot: Snapshot) -> None:
    """The review and its product, with name and attributes; for mentions, the marked words."""
    (sheet,) = export_sheets(snapshot, "xlsx", 1, 0, "informativeness", SETTINGS)
    words = " ".join(str(cell) for page in openpyxl.load_workbook(sheet) for row in page.values for cell in row if cell)
    for needed in ("I love this laptop.", "Laptop p1", "14 inches", "The laptop p1.", "enough to tell this product"):
        assert needed in words
    (sheet,) = export_sheets(snapshot, "xlsx", 1, 0, "mentions", SETTINGS)
    words = " ".join(str(cell) for page in openpyxl.load_workbook(sheet) for row in page.values for cell in row if cell)
    assert "I love this [[laptop]]." in words
    assert "Right words" in words
