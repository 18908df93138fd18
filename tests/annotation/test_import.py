"""Answers read back: rows that count, rows that are skipped with a warning, and files that are written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.annotation.simulated import answer_sheets
from ameli_build.annotation.tasks import load_task
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.release.stage import STAGE as RELEASE
from ameli_build.release.tables import ANSWERS
from tests.made import released_snapshot

SETTINGS = load_settings("demo")


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Test reviews r4 and r5, gold p4 at position 4 of four."""
    return released_snapshot(tmp_path / "snapshot")


def answers(snapshot: Snapshot, rows: list[Any], name: str = "answers.json", **other: Any) -> Path:
    """An answers file as the HTML sheet saves it."""
    file = {
        "format": "ameli-answers/1",
        "task": "clean-test",
        "sheet": "sheet-01",
        "annotator": "annotator-01",
        "fingerprint": load_task(snapshot, "clean-test").fingerprint,
        "answers": rows,
    } | other
    path = snapshot.root.parent / name
    path.write_text(json.dumps(file), encoding="utf-8")
    return path


def row(review_id: Any, choice: Any, **other: Any) -> dict[str, Any]:
    return {"review_id": review_id, "choice": choice} | other


def stored(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    table = pl.read_parquet(snapshot.root / "sheets" / "answers.parquet")
    assert table.schema == ANSWERS
    return table.rows()


def report_of(snapshot: Snapshot) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((snapshot.root / "sheets" / "report.json").read_text(encoding="utf-8"))
    return report


def test_answers_become_clean_test(snapshot: Snapshot) -> None:
    path = answers(snapshot, [row("r4", 4, comment="sure"), row("r5", 1)])
    summary = str(import_answers(snapshot, [path], SETTINGS))
    assert stored(snapshot) == [("annotator-01", "r4", 4, "p4"), ("annotator-01", "r5", 1, "p1")]
    assert "1 of 2 right (50.00%)" in summary
    assert "n/a" in summary
    report = report_of(snapshot)
    assert (report["accuracy"], report["reviews"], report["unanswered"], report["alpha"]) == (0.5, 2, 0, None)
    assert report["simulated"] is False
    assert [each["comment"] for each in report["comments"]] == ["sure"]
    run_stage(RELEASE, snapshot, SETTINGS)
    assert pl.read_parquet(snapshot.dataset / "clean_test.parquet")["review_id"].to_list() == ["r4"]


def test_cannot_tell_is_an_answer_and_a_blank_is_none(snapshot: Snapshot) -> None:
    report = import_answers(snapshot, [answers(snapshot, [row("r4", "?"), row("r5", None)])], SETTINGS)
    assert stored(snapshot) == [("annotator-01", "r4", None, None)]
    assert "annotator-01: 1 blank reviews" in str(report)
    assert (report_of(snapshot)["cannot_tell"], report_of(snapshot)["unanswered"]) == (1, 1)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (row("r99", 1), "1 row with an unknown review id: 'r99'"),
        (row("r5", 5), "1 row with a choice out of range: 'r5' (5)"),
        (row("r5", 0), "out of range"),
        (row("r5", -1), "out of range"),
        (row("r5", 2.5), "out of range"),
        (row("r5", True), "out of range"),
        (row("r5", "p4"), "out of range"),
        (row("r5", [4]), "out of range"),
        (row("r5", "=1+3"), "with a formula instead of a choice"),
        (row("", 1), "without a review id"),
        (row(None, 1), "without a review id"),
        ("r5", "without a review id"),
        (None, "without a review id"),
    ],
)
def test_a_bad_row_is_reported_and_no_other_row_is_lost(snapshot: Snapshot, bad: Any, said: str) -> None:
    report = import_answers(snapshot, [answers(snapshot, [bad, row("r4", 4)])], SETTINGS)
    assert stored(snapshot) == [("annotator-01", "r4", 4, "p4")]
    assert len(report.problems) == 1
    assert "answers.json" in report.problems[0]
    assert said in report.problems[0]
    assert said in str(report)


def test_two_different_answers_for_one_review_do_not_count(snapshot: Snapshot) -> None:
    rows = [row("r4", 4), row("r4", 3), row("r5", 2), row("r5", "2")]
    report = import_answers(snapshot, [answers(snapshot, rows)], SETTINGS)
    assert stored(snapshot) == [("annotator-01", "r5", 2, "p2")]
    assert "two different answers" in str(report)
    assert "'3 and 4'" in str(report) or "(3 and 4)" in str(report)


def test_a_file_of_another_snapshot_is_reported(snapshot: Snapshot) -> None:
    other = answers(snapshot, [row("r4", 1), row("r5", 1)], "other.json", fingerprint="0" * 64, annotator="b")
    report = import_answers(snapshot, [other, answers(snapshot, [row("r4", 4)])], SETTINGS)
    assert stored(snapshot) == [("annotator-01", "r4", 4, "p4")]
    assert "other.json: 2 rows of another snapshot or an earlier build" in str(report)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "not a JSON document"),
        ("a.json", b"\xff\xfe\x00", "not UTF-8"),
        ("a.json", b"[" * 100_000, "not a JSON document"),
        ("a.json", b"{}", "no answers in it"),
        ("a.json", b"3", "no answers in it"),
        ("a.json", b'{"answers": []}', "no usable answer"),
        ("a.csv", b"", "no columns review_id and position"),
        ("a.csv", b"a,b\n1,2\n", "no columns review_id and position"),
        ("a.csv", b"review_id,position\n", "no usable answer"),
        ("a.xlsx", b"PK\x03\x04 not a workbook", "not a readable XLSX"),
        ("a.xlsx", b"", "not a readable XLSX"),
    ],
)
def test_a_broken_file_is_refused(snapshot: Snapshot, name: str, content: bytes, said: str) -> None:
    path = snapshot.root.parent / name
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match=said) as raised:
        import_answers(snapshot, [path], SETTINGS)
    assert name in str(raised.value)
    assert not (snapshot.root / "sheets").exists()
    good = answers(snapshot, [row("r4", 4)], "good.json")
    import_answers(snapshot, [path, good], SETTINGS)
    assert stored(snapshot) == [("annotator-01", "r4", 4, "p4")]


def test_a_missing_file_is_named(snapshot: Snapshot) -> None:
    with pytest.raises(UnusableInput, match=r"gone\.json"):
        import_answers(snapshot, [snapshot.root / "gone.json"], SETTINGS)


def test_a_csv_made_by_hand_or_saved_from_a_spreadsheet_is_read(snapshot: Snapshot) -> None:
    path = snapshot.root.parent / "ann.csv"
    path.write_bytes(b"\xef\xbb\xbfReview Id;Target Product Position (1-21);Review Text\r\nr4;4.0;x\r\nr5;x;y\r\n")
    import_answers(snapshot, [path], SETTINGS)
    assert stored(snapshot) == [("ann", "r4", 4, "p4"), ("ann", "r5", None, None)]
    path.write_text("annotator,review_id,position\nbo,r4,4\nbo,r5,=4\n", encoding="utf-8")
    assert "formula" in str(import_answers(snapshot, [path], SETTINGS))
    assert stored(snapshot)[-1] == ("bo", "r4", 4, "p4")


def test_imports_add_up_and_a_second_answer_to_a_review_replaces_the_first(snapshot: Snapshot) -> None:
    import_answers(snapshot, [answers(snapshot, [row("r4", 1), row("r5", 4)])], SETTINGS)
    import_answers(snapshot, [answers(snapshot, [row("r4", 4), row("r5", 1)], annotator="b")], SETTINGS)
    import_answers(snapshot, [answers(snapshot, [row("r4", 4)])], SETTINGS)
    both = [("annotator-01", "r4", 4), ("annotator-01", "r5", 4), ("b", "r4", 4), ("b", "r5", 1)]
    assert [each[:3] for each in stored(snapshot)] == both
    import_answers(snapshot, [answers(snapshot, [row("r4", 3), row("r5", None)])], SETTINGS)
    assert [each[:3] for each in stored(snapshot)] == [("annotator-01", "r4", 3), *both[2:]]
    assert report_of(snapshot)["overlapping_reviews"] == 1


def test_agreement_is_computed_where_reviews_overlap(snapshot: Snapshot) -> None:
    first = answers(snapshot, [row("r4", 4), row("r5", 1)], "one.json")
    second = answers(snapshot, [row("r4", 4), row("r5", 2)], "two.json", annotator="b")
    report = import_answers(snapshot, [first, second], SETTINGS)
    assert report_of(snapshot)["alpha"] == 1.0  # two wrong choices agree on wrong
    assert "2 overlapping reviews): 1.000" in str(report)


def test_answers_about_reviews_outside_the_test_split_are_dropped(snapshot: Snapshot) -> None:
    import_answers(snapshot, [answers(snapshot, [row("r4", 4), row("r5", 4)])], SETTINGS)
    test = snapshot.dataset / "test.parquet"
    write_table(test, pl.read_parquet(test).filter(pl.col("review_id") == "r5"))
    report = import_answers(snapshot, [answers(snapshot, [row("r5", 4)], annotator="b")], SETTINGS)
    assert [each[:2] for each in stored(snapshot)] == [("annotator-01", "r5"), ("b", "r5")]
    assert "1 answers of earlier imports" in str(report)


def test_simulated_annotators_are_marked_and_replaced_by_people(snapshot: Snapshot) -> None:
    files = answer_sheets(snapshot, 2, 2, 1.0, SETTINGS)
    summary = str(import_answers(snapshot, files, SETTINGS))
    assert "simulated annotators, not people" in summary
    report = report_of(snapshot)
    assert (report["simulated"], report["accuracy"], report["answers"], report["reviews"]) == (True, 1.0, 4, 2)
    assert {each[0] for each in stored(snapshot)} == {"simulated-1", "simulated-2"}
    assert "since people have answered" in str(import_answers(snapshot, [answers(snapshot, [row("r4", 1)])], SETTINGS))
    assert {each[0] for each in stored(snapshot)} == {"annotator-01"}
    assert report_of(snapshot)["simulated"] is False


def test_simulated_annotators_are_wrong_as_often_as_asked(snapshot: Snapshot) -> None:
    path = snapshot.dataset / "test.parquet"
    review = pl.read_parquet(path).head(1)
    many = pl.concat([review.with_columns(review_id=pl.lit(f"m{n:04d}")) for n in range(400)])
    write_table(path, many)
    files = answer_sheets(snapshot, 4, 0, 0.8, SETTINGS)
    again = [file.read_bytes() for file in files]
    import_answers(snapshot, files, SETTINGS)
    assert 0.74 < report_of(snapshot)["accuracy"] < 0.86
    assert [file.read_bytes() for file in answer_sheets(snapshot, 4, 0, 0.8, SETTINGS)] == again


def test_informativeness_answers_become_labels(snapshot: Snapshot) -> None:
    task = load_task(snapshot, "informativeness")
    assert set(task.items) == {"r1", "r2", "r3", "r4", "r5"}
    rows = [row("r1", "yes"), row("r2", "No"), row("r3", "?"), row("r4", "maybe")]
    path = answers(snapshot, rows, task="informativeness", fingerprint=task.fingerprint)
    report = import_answers(snapshot, [path], SETTINGS)
    labels = list(csv.reader((snapshot.root / "sheets" / "labels.csv").open(encoding="utf-8")))
    assert labels == [["review_id", "label"], ["r1", "1"], ["r2", "0"]]
    assert "out of range: 'r4' (maybe)" in str(report)
    assert not (snapshot.root / "sheets" / "answers.parquet").exists()


def test_mention_answers(snapshot: Snapshot) -> None:
    task = load_task(snapshot, "mentions")
    rows = [row("r1", "right"), row("r2", "wrong", words="this thing")]
    path = answers(snapshot, rows, task="mentions", fingerprint=task.fingerprint)
    assert "1 of 2 right (50.00%)" in str(import_answers(snapshot, [path], SETTINGS))
    report = json.loads((snapshot.root / "sheets" / "report-mentions.json").read_text(encoding="utf-8"))
    assert report["comments"][0]["words"] == "this thing"


def test_an_unknown_task_in_a_file_is_refused(snapshot: Snapshot) -> None:
    path = answers(snapshot, [row("r4", 4)], task="poetry")
    with pytest.raises(UnusableInput, match=r"unknown task \(poetry\)"):
        import_answers(snapshot, [path], SETTINGS)


def test_a_formula_instead_of_an_answer_is_reported(snapshot: Snapshot) -> None:
    (sheet,) = export_sheets(snapshot, "xlsx", 1, 0, "clean-test", SETTINGS)
    book = openpyxl.load_workbook(sheet)
    reviews = book["Reviews"]
    header = [cell.value for cell in reviews[1]]
    column = header.index("Your choice") + 1
    first = reviews.cell(2, header.index("Review ID") + 1).value
    reviews.cell(2, column).value = "=2+2"
    reviews.cell(3, column).value = 4
    filled = snapshot.root.parent / "filled.xlsx"
    book.save(filled)
    report = import_answers(snapshot, [filled], SETTINGS)
    assert f"with a formula instead of a choice: '{first}' (=2+2)" in str(report)
    assert len(stored(snapshot)) == 1


HOSTILE_FILES: dict[str, str] = {
    "deep lists": "[" * 200_000,
    "deep objects": '{"answers": [' + '{"a":' * 100_000,
    "nested as far as JSON goes": '{"answers": [{"review_id": ' + "[" * 900 + "]" * 900 + ', "choice": 1}]}',
    "nested choice": '{"answers": [{"review_id": "r4", "choice": ' + "[" * 900 + "]" * 900 + "}]}",
    "infinite id": '{"answers": [{"review_id": 1e999, "choice": 1}]}',
    "infinite choice": '{"answers": [{"review_id": "r4", "choice": -1e999}]}',
    "no number": '{"answers": [{"review_id": NaN, "choice": NaN}]}',
    "huge integer": '{"answers": [{"review_id": ' + "9" * 5000 + ', "choice": 1}]}',
    "large integers": '{"answers": [{"review_id": ' + "9" * 4000 + ', "choice": ' + "9" * 4000 + "}]}",
    "large float": '{"answers": [{"review_id": 1e308, "choice": 1e308}]}',
    "ids of other types": '{"answers": [{"review_id": true, "choice": 1}, {"review_id": {}, "choice": 1}, 7, []]}',
    "half a character": '{"answers": [{"review_id": "\\ud83d", "choice": "\\ud83d"}]}',
    "label studio": '[{"data": {"review_id": [], "sheet_code": {}}, "annotations": [{"result": [{"value": 3}]}]}, 4]',
    "label studio, a number of annotations": '[{"data": {"review_id": "r4", "choice": "9"}, "annotations": 5}]',
    "label studio, nested": '[{"annotations": [{"result": [{"from_name": "choice", "value": {"choices": '
    + "[" * 900 + "]" * 900 + "}}]}]}]",
    "fields of other types": '{"answers": [{"review_id": "r4", "choice": 1}], "task": [], "annotator": {}, '
    '"fingerprint": 1e999, "simulated": "yes"}',
    "a number": "1e999",
    "a sheet code of nothing": '{"answers": [{"review_id": "r4", "choice": 1, "sheet_code": "//"}]}',
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_is_reported_and_other_files_are_read(snapshot: Snapshot, name: str) -> None:
    hostile = snapshot.root.parent / "hostile.json"
    hostile.write_text(HOSTILE_FILES[name])
    good = answers(snapshot, [row("r4", 4), row("r5", 1)])
    report = import_answers(snapshot, [hostile, good], SETTINGS)
    assert report.tasks["clean-test"]["accuracy"] == 0.5
    assert any("hostile.json" in problem for problem in report.problems)
    assert all(problem.isprintable() and len(problem) < 1000 for problem in report.problems)


@pytest.mark.parametrize("odd", ["cut \ud83d", "red \x1b[31m", "bell \x07", "C1 \x9b2J", "nul \x00"])
def test_characters_that_control_a_terminal_are_replaced(snapshot: Snapshot, odd: str) -> None:
    path = answers(snapshot, [row("r4", 4, comment=odd, words=odd)], annotator=odd, sheet="sheet-01")
    report = import_answers(snapshot, [path], SETTINGS)
    assert report.tasks["clean-test"]["answers"] == 1
    assert str(report).replace("\n", "").isprintable()
    stored_answers = pl.read_parquet(snapshot.root / "sheets" / "answers" / "clean-test.parquet")
    assert "\ufffd" in stored_answers["annotator"][0]
    assert "\ufffd" in stored_answers["comment"][0]
