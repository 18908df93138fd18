"""Tables as spreadsheets and people's programs save them."""

from __future__ import annotations

import io
import os
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from ameli_build import spreadsheets
from ameli_build.spreadsheets import UnreadableTable, read_file, table_rows, text_of, workbook_rows
from annotation.answers import read_answers
from annotation.codes import UnreadableAnswers

TEXTS = [
    "Größe – passt, “sehr gut” für 12 €…",
    "C’est l’été: à côté du café, déjà vu; où? «ici» ½",
    "El niño comió piñas, ¡qué bueno! ¿Sí?",
    "Det är mörkt på Åsögatan – 15° ute",
    "don’t – it’s 5×3 • naïve",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"])
def test_the_character_set_is_told_from_the_text(text: str, encoding: str) -> None:
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
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["ann.csv", "ann.txt", "ann.tsv"])
def test_answers_in_every_dialect(tmp_path: Path, head: str, line: str, choice: str, newline: str, name: str) -> None:
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
def test_a_stray_cell_far_away_costs_nothing(tmp_path: Path, stray: tuple[tuple[int, int, object], ...]) -> None:
    path = workbook(tmp_path / "ann.xlsx", *ANSWERS, *stray, before=1)
    started = time.process_time()
    rows = read_answers(path)
    assert time.process_time() - started < 20
    assert [(row.review_id, row.choice) for row in rows if row.choice] == [("r1", "3"), ("r2", "4")]


def test_more_rows_than_anybody_fills_in_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 50)
    cells = [(row, 0, f"r{row}") for row in range(1, 60)]
    path = workbook(tmp_path / "ann.xlsx", (0, 0, "Review ID"), *cells)
    with pytest.raises(UnreadableAnswers, match="more than 50 rows"):
        read_answers(path)


def test_a_workbook_that_unpacks_to_more_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 1_000_000)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 2_000_000)
    with pytest.raises(UnreadableTable, match="more than 1,000,000 bytes"):
        workbook_rows(stream.getvalue(), "review_id")


def test_what_is_no_file_or_too_large_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with (tmp_path / "huge.json").open("wb") as handle:
        handle.truncate(2**40)
    for path, said in ((tmp_path / "pipe.csv", "not a file"), (Path("/dev/zero"), "not a file")):
        with pytest.raises(UnreadableTable, match=said):
            read_file(path)
    with pytest.raises(UnreadableAnswers, match="larger than"):
        read_answers(tmp_path / "huge.json")
