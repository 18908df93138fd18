"""Tables as saved by spreadsheets and other programs."""

from __future__ import annotations

import io
import os
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from ameli_build.annotation.answers import read_answers
from ameli_build.annotation.codes import UnreadableAnswers
from ameli_build.core import spreadsheets
from ameli_build.core.spreadsheets import UnreadableTable, read_file, table_rows, text_of, workbook_rows

TEXTS = [
    "Größe – passt, “sehr gut” für 12 €…",
    "C’est l’été: à côté du café, déjà vu; où? «ici» ½",
    "El niño comió piñas, ¡qué bueno! ¿Sí?",
    "Det är mörkt på Åsögatan – 15° ute",
    "don’t – it’s 5×3 • naïve",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
def test_the_character_set_is_detected_from_the_text(text: str, encoding: str) -> None:
    content = f"Review ID;Comment\r\nr1;{text}\r\n"
    try:
        body = content.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip(f"{encoding} lacks a sign")
    assert text_of(body).removeprefix("\ufeff") == content


@given(st.binary(max_size=200))
def test_any_bytes_are_a_text_and_a_table_or_refused(content: bytes) -> None:
    text_of(content)
    with suppress(UnreadableTable):
        table_rows(content)


@pytest.mark.parametrize(
    ("head", "line", "choice"),
    [
        ("Review_ID,Position", "r7,2", "2"),
        ("review id\tYour choice\tComment", "r7\t 2.0 \ta, b; c", "2"),
        ("sep=;\nComment;Review-ID;Choice", "a, b;r7;2,00", "2"),
        ('"sep=\t"\nREVIEW ID\tchosen_position', "r7\t?", "?"),
        ("sep=|\nReview ID|Answer", "r7|2", "2"),
        ("Review ID;Target Product Position (1,2,3 ...)", "r7;2", "2"),
        ("Review ID|Your choice|Comment", "r7|2|a, b; c", "2"),
        ("\n\nReview ID;Your choice", "r7;2", "2"),
        ("Answers of Ann, second round;;\n;;\nReview ID;Your choice;Comment", "r7;2;", "2"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["ann.csv", "ann.txt", "ann.tsv"])
def test_answers_are_read_in_every_dialect(
    tmp_path: Path, head: str, line: str, choice: str, newline: str, name: str
) -> None:
    (tmp_path / name).write_bytes(
        f"{head}\n{line}\n".replace("\n", newline).encode("utf-16" if "t" in name else "utf-8")
    )
    assert [(row.review_id, row.choice, row.annotator) for row in read_answers(tmp_path / name)] == [
        ("r7", choice, "ann")
    ]


@pytest.mark.parametrize("size", [131_073, 400_000, 5_000_000])
def test_a_cell_may_be_as_long_as_a_review(tmp_path: Path, size: int) -> None:
    text = 'word "" ' * (size // 8)
    (tmp_path / "long.csv").write_text(f'Review ID,Review text,Position\nr1,"{text}",3\nr2,short,1\n')
    assert [(row.review_id, row.choice) for row in read_answers(tmp_path / "long.csv")] == [("r1", "3"), ("r2", "1")]


def workbook(path: Path, *cells: tuple[int, int, object], before: int = 0) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for _ in range(before):
            book.add_worksheet().write(1048575, 16383, "x")
        sheet = book.add_worksheet()
        for row, column, value in cells:
            sheet.write(row, column, value)
    return path


ANSWERS = ((0, 0, "Review_ID"), (0, 1, "Your choice"), (1, 0, "r1"), (1, 1, 3), (3, 0, "r2"), (3, 1, "4"))


@pytest.mark.parametrize(
    "stray", [(), ((1048575, 16383, "x"),), ((0, 16383, "x"), (1048575, 0, "x")), ((500_000, 9_000, 1), (2, 16383, 1))]
)
def test_a_stray_cell_far_away_costs_no_time(tmp_path: Path, stray: tuple[tuple[int, int, object], ...]) -> None:
    path = workbook(tmp_path / "ann.xlsx", *ANSWERS, *stray, before=1)
    started = time.process_time()
    rows = read_answers(path)
    assert time.process_time() - started < 20
    assert [(row.review_id, row.choice) for row in rows if row.choice] == [("r1", "3"), ("r2", "4")]


@pytest.mark.parametrize("above", [[], ["Answers of Ann"], ["Answers", "", "of June"]])
def test_a_title_may_be_above_the_header_of_a_worksheet(tmp_path: Path, above: list[str]) -> None:
    cells = [(row, 0, title) for row, title in enumerate(above)]
    moved = [(row + len(above), column, value) for row, column, value in ANSWERS]
    rows = read_answers(workbook(tmp_path / "ann.xlsx", *cells, *moved))
    assert [(row.review_id, row.choice) for row in rows if row.choice] == [("r1", "3"), ("r2", "4")]


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 50)
    cells = [(row, 0, f"r{row}") for row in range(1, 60)]
    path = workbook(tmp_path / "ann.xlsx", (0, 0, "Review ID"), *cells)
    with pytest.raises(UnreadableAnswers, match="more than 50 rows"):
        read_answers(path)


def test_a_workbook_that_unpacks_to_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 1_000_000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 2_000_000)
    with pytest.raises(UnreadableTable, match="more than 1,000,000 bytes"):
        workbook_rows(stream.getvalue(), "review_id")


ROW = b"<row r='3'><c><v>1</v></c></row>"
SHEET = "xl/worksheets/sheet1.xml"
STYLES = "xl/styles.xml"
ENTITIES = b"<!ENTITY a 'aaaaaaaaaa'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)
BOMBS: dict[str, tuple[str, bytes, bytes]] = {
    "many cells": (SHEET, b"</sheetData>", b"<row r='3'>" + b"<c/>" * 5_000_000 + b"</row></sheetData>"),
    "many empty rows": (SHEET, b"</sheetData>", b"<row/>" * 5_000_000 + b"</sheetData>"),
    "cells of another prefix": (SHEET, b"</sheetData>", b"<x:c/>" * 5_000_000 + b"</sheetData>"),
    "many worksheets": ("xl/workbook.xml", b"</sheets>", b"<sheet name='a' sheetId='9'/>" * 10_000 + b"</sheets>"),
    "many styles": (STYLES, b"</cellXfs>", b"<xf numFmtId='0'/>" * 100_000 + b"</cellXfs>"),
    "many names": ("xl/workbook.xml", b"</sheets>", b"</sheets>" + b"<definedName name='a'>A</definedName>" * 100_000),
    "blanks": (SHEET, b"</sheetData>", b" " * 600_000_000 + b"</sheetData>"),
    "entities": (SHEET, b"<worksheet", b"<!DOCTYPE a [" + ENTITIES + b"]><worksheet a='&i;'"),
    "rows in rows": (SHEET, b"</sheetData>", b"<row>" * 500_000 + b"</sheetData>"),
    "an invalid column": (SHEET, b"</sheetData>", ROW.replace(b"<c>", b"<c r='ZZZZZZ3'>") + b"</sheetData>"),
    "a number of many digits": (
        SHEET,
        b"</sheetData>",
        ROW.replace(b">1<", b">" + b"9" * 9999 + b"<") + b"</sheetData>",
    ),
}


def changed(part: str, before: bytes, after: bytes) -> bytes:
    """A valid workbook of answers with one changed part."""
    book, stream, out = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in (("review_id", "choice"), ("r1", 3)):
        book.worksheets[0].append(row)
    book.save(stream)
    with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name in archive.namelist():
            content = archive.read(name)
            assert name != part or before in content
            written.writestr(name, content.replace(before, after) if name == part else content)
    return out.getvalue()


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_made_to_exhaust_its_reader_is_refused(name: str) -> None:
    content = changed(*BOMBS[name])
    started = time.process_time()
    with pytest.raises(UnreadableTable):
        workbook_rows(content, "review_id")
    assert time.process_time() - started < 20


@pytest.mark.parametrize("number", ["1048576", "99999999999", "-5", "1e300"])
def test_any_number_of_a_row_is_read_quickly(number: str) -> None:
    row = ROW.replace(b"'3'", f"'{number}'".encode())
    content = changed(SHEET, b"</sheetData>", row + b"</sheetData>")
    started = time.process_time()
    rows = workbook_rows(content, "review_id")[1]
    assert rows[0] == (2, {"review_id": "r1", "choice": 3})
    assert len(rows) <= 2
    assert time.process_time() - started < 20


HOSTILE_CSV = {
    "a NUL in words": (b"review_id,choice\nr\x001,\x003\n", [("r1", "3")]),
    "a formula": (b"review_id,choice,comment\nr1,3,=cmd|' /C calc'!A0\n", [("r1", "3")]),
    "HTML": (b"review_id,choice,comment\nr1,3,<script>alert(1)</script>\n", [("r1", "3")]),
    "a quote without end": (b'review_id,choice\nr1,3\nr2,"' + b"x" * 300_000, [("r1", "3"), ("r2", "x" * 80)]),
    "half a character": ("review_id,choice\nr1,3\n".encode("utf-16-le") + b"\x3d", [("r1", "3"), ("\ufffd", None)]),
    "old line ends": (b"review_id,choice\rr1,3\rr2,1\r", [("r1", "3"), ("r2", "1")]),
}


@pytest.mark.parametrize("name", HOSTILE_CSV)
def test_the_answers_in_a_hostile_table_are_read(tmp_path: Path, name: str) -> None:
    content, wanted = HOSTILE_CSV[name]
    (tmp_path / "ann.csv").write_bytes(content)
    assert [(row.review_id, row.choice) for row in read_answers(tmp_path / "ann.csv")] == wanted


@pytest.mark.parametrize(
    "content", [b"\0" * 5_000_000, b",".join([b"c"] * 500_000), b"\x1f\x8b\x08" + bytes(99), b"\xff\xfe"]
)
def test_a_file_that_is_no_table_of_answers_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ann.csv").write_bytes(content)
    with pytest.raises(UnreadableAnswers):
        read_answers(tmp_path / "ann.csv")


def test_special_and_too_large_files_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with (tmp_path / "huge.json").open("wb") as handle:
        handle.truncate(2**40)
    for path, said in ((tmp_path / "pipe.csv", "not a file"), (Path("/dev/zero"), "not a file")):
        with pytest.raises(UnreadableTable, match=said):
            read_file(path)
    with pytest.raises(UnreadableAnswers, match="larger than"):
        read_answers(tmp_path / "huge.json")
