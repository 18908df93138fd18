"""`ameli calibrate`: labels as CSV or JSON Lines, thresholds for the next build, and unusable labels."""

import json
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.informativeness.calibrate import calibrate, read_labels
from ameli_build.informativeness.features import FEATURES


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Features of 200 reviews; reviews with more than two attributes, or with similar pictures, are informative."""
    snapshot = Snapshot(tmp_path / "snapshot")
    rows = [(f"r{n:03}", n % 5, [], (n * 7 % 100) / 100, (n * 3 % 50) / 100, 0.3) for n in range(200)]
    write_table(snapshot.table_path("informativeness/features"), pl.DataFrame(rows, schema=FEATURES, orient="row"))
    return snapshot


def label(n: int) -> int:
    return int(n % 5 > 2 or n * 7 % 100 > 80)


def test_thresholds_are_found_and_read_by_the_next_build(snapshot: Snapshot, tmp_path: Path) -> None:
    lines = "".join(f"r{n:03},{label(n)}\r\n" for n in range(190))
    (tmp_path / "labels.csv").write_bytes(b"\xef\xbb\xbfreview_id,label\r\n" + lines.encode() + b"gone,1\r\n")
    found = calibrate(snapshot, tmp_path / "labels.csv", load_settings("demo"))
    assert (found.labels, found.skipped) == (190, 1)
    assert found.precision >= 0.85
    assert found.recall == 1.0
    assert found.warnings == ()
    settings = load_settings("demo", snapshot=snapshot).informativeness
    assert {name: getattr(settings, name) for name in found.thresholds} == dict(found.thresholds)
    assert settings.thresholds_from == "ameli calibrate, on 190 labels of this snapshot"
    for other in ("authors", "small"):  # other measure or other models
        assert load_settings(other, snapshot=snapshot).informativeness.thresholds_from == ""
    report = json.loads((snapshot.root / "settings" / "calibration.json").read_text())
    assert report["precision"] == found.precision
    assert len(report["comparison"]) == 10
    assert report["held_out"]["precision"]["low"] > 0.85
    assert report["recall_at"]["gradient boosting"]["0.85"] > 0.9
    assert "on folds not searched: precision 0.9" in str(found)
    assert (snapshot.root / "settings" / "informativeness.svg").read_bytes().startswith(b"<?xml")


def test_json_lines_are_read_and_few_labels_of_a_kind_are_warned_about(snapshot: Snapshot, tmp_path: Path) -> None:
    lines = [json.dumps({"review_id": f"r{n:03}", "label": bool(label(n))}) for n in range(20)]
    (tmp_path / "labels.jsonl").write_text("\n".join(lines) + "\n\n")
    found = calibrate(snapshot, tmp_path / "labels.jsonl", load_settings("demo"))
    assert any("labels of the rarer kind" in warning for warning in found.warnings)


def test_too_few_labels_are_warned_about(snapshot: Snapshot, tmp_path: Path) -> None:
    """Of 60 reviews, about nine in ten that look informative are informative."""
    lines = [f"r{n:03},{int(label(n) and n % 9 > 0)}\n" for n in range(60)]
    (tmp_path / "labels.csv").write_text("review_id,label\n" + "".join(lines))
    found = calibrate(snapshot, tmp_path / "labels.csv", load_settings("demo", ["informativeness.confidence=0.5"]))
    assert found.held_out["precision"].low < 0.85 < found.held_out["precision"].high
    assert any("60 labels are too few to tell whether the precision reaches 0.85" in each for each in found.warnings)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("review_id,label\nr001,maybe\n", r"labels:2: expected review_id and label"),
        ("id,label\nr001,1\n", r"labels:1: expected the columns"),
        ("review_id,label\nr001,1\nr001,0\n", r"labels:3: 'r001' is labelled twice"),
        ('{"review_id": "r001", "label": 1}\n{"review_id"', r"labels:2: not JSON"),
        ('{"review_id": 5, "label": 1}\n', r"labels:1: expected review_id and label"),
        ("review_id,label\nnobody,1\n", r"none of its reviews reached"),
        ("review_id,label\nr001,1\nr002,1\n", r"at least two labels of each kind"),
        ("", r"labels:1: expected the columns"),
        (f"{'r' * 131_073},label\n", r"labels:1: expected the columns"),
        ('{"review_id": "r001", "label": 1}\n{"label": ' + "[" * 100_000, r"labels:2: not JSON: nested too deeply"),
        ('{"review_id": "r\\ud83d", "label": 1}\n', r"labels:1: half of a surrogate pair in review_id"),
    ],
)
def test_unusable_labels_are_named(snapshot: Snapshot, tmp_path: Path, content: str, error: str) -> None:
    (tmp_path / "labels").write_text(content)
    with pytest.raises(UnusableInput, match=error):
        calibrate(snapshot, tmp_path / "labels", load_settings("demo"))


def test_a_line_of_json_may_contain_other_separators(tmp_path: Path) -> None:
    rows = [{"review_id": "r001", "label": 1, "why": "a\u2028b\u0085c"}, {"review_id": "r\u20292", "label": 0}]
    lines = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "labels.jsonl").write_bytes(lines.encode())
    assert read_labels(tmp_path / "labels.jsonl") == {"r001": True, "r\u20292": False}


@pytest.mark.parametrize(
    "content",
    [
        "Review_ID,Label\nr1,1\nr2,0\n".encode("utf-16"),
        b"sep=;\r\nreview id;LABEL\r\n r1 ;1,0\r\nr2;0,0\r\n",
        b"label\treview-id\tnote\nyes\tr1\t" + b"x" * 400_000 + b"\nno\tr2\t\n",
        "note;review_id;label\nça va, déjà;r1;1\n;r2;0\n".encode("mac_roman"),
    ],
)
def test_labels_in_the_dialects_of_spreadsheets_are_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    assert read_labels(tmp_path / "labels.csv") == {"r1": True, "r2": False}


def test_labels_in_a_workbook_are_read(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "labels.xlsx") as book:
        sheet = book.add_worksheet()
        for row, values in enumerate([("Review ID", "Label"), ("r1", 1), ("r2", False)]):
            sheet.write_row(row, 0, values)
    assert read_labels(tmp_path / "labels.xlsx") == {"r1": True, "r2": False}


def test_missing_labels_and_features_are_reported(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"nothing: cannot be read"):
        read_labels(tmp_path / "nothing")
    with pytest.raises(UnusableInput, match=r"--until informativeness"):
        calibrate(Snapshot(tmp_path), tmp_path / "labels", load_settings("demo"))
