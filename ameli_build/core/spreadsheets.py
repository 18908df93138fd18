"""Tables that people filled in with a spreadsheet: CSV in any dialect, and XLSX.

The dialect of a CSV depends on country and system: UTF-8, UTF-16, Windows-1252 or Mac Roman; commas, semicolons or
tabs; perhaps a line `sep=;` above the header; and `3,0` for 3.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

MOST_BYTES = 1 << 29
"""Largest size of a file, and of an unpacked workbook."""
MOST_TAGS = 4_000_000
"""Most XML tags of a workbook; each may be a cell, which takes some hundred bytes of memory."""
MOST_SHEETS = 200
MOST_STYLES = 70_000
"""Most styles and names of cells; a spreadsheet program allows 65,490 styles."""
LAST_ROW = 1_048_576
"""Last row of a worksheet. The reader would count up to a higher number."""
MOST_ROWS = 200_000
"""Most rows of a workbook that are not empty."""
MOST_COLUMNS = 1_000
"""Columns that are read; the others hold no answers."""
_LONGEST_FIELD = 1 << 30
"""Characters of a field; the `csv` module's default of 131,072 is too little for some reviews."""

_DELIMITERS = (",", ";", "\t", "|")
_ABOVE = 20
"""Lines that a title and blanks may take above the header."""
_KEY = "review_id"
"""The column that every table of answers and of labels has."""
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?\r?(?:\n|\Z)', re.IGNORECASE)
_SHEET = re.compile(rb"<(?:[\w.-]+:)?sheet[\s/>]")
_STYLE = re.compile(rb"<(?:[\w.-]+:)?(?:xf|definedName)[\s/>]")
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})[.,]0+")
_TYPED = frozenset("’‘“”„–—…•€£°×½¼¾®™«»¿¡§ ")
"""Characters outside ASCII that people type, or that programs insert."""

Row = tuple[int, dict[str, Any]]
"""Number of the line, or of the row on the sheet, and values by name of column."""


class UnreadableTable(ValueError):
    """A file that is not a table; its text is the reason, without the file's name."""


def read_file(path: Path) -> bytes:
    """The bytes of a file of answers. Raises `UnreadableTable` if it is not a file or exceeds `MOST_BYTES`."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe may never end
            raise UnreadableTable("cannot be read (not a file)")
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableTable(f"larger than {MOST_BYTES:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableTable(f"cannot be read ({error.strerror})") from None


def unicode_text(content: bytes) -> str:
    """Text in UTF-8 or UTF-16. Raises `UnreadableTable`."""
    try:
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return content.decode("utf-16")
        return content.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        raise UnreadableTable("not UTF-8 text") from None


def text_of(content: bytes) -> str:
    """Text in UTF-8, in UTF-16 with or without a byte-order mark, in Windows-1252 or in Mac Roman."""
    zeros = content[:4096].count(0) * 4 > len(content[:4096])
    if zeros and not content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return unicode_text(content)
    except UnreadableTable:
        texts = [content.decode(name, errors="replace") for name in ("cp1252", "mac_roman")]
        return min(texts, key=_oddities)


def _oddities(text: str) -> int:
    """The number of characters outside ASCII in odd places; the right character set has the fewest."""
    return sum(map(_is_odd, text, f" {text}", f"{text[1:]} "))


def _is_odd(character: str, before: str, behind: str) -> bool:
    if character.isascii():
        return False
    if not character.isalpha():
        return character not in _TYPED or (character in "•…" and before.isalpha() and behind.isalpha())
    alone = not before.isalpha() and not behind.isalpha() and character.lower() not in "àáèéìíòóùú"
    return alone or (character.isupper() and before.islower())


def column_name(header: object) -> str:
    """A header in a uniform spelling.

    >>> [column_name(header) for header in ("Review ID", "Review_ID", " review-id ")]
    ['review_id', 'review_id', 'review_id']
    """
    return "_".join(re.split(r"[\s_-]+", str("" if header is None else header).strip("\ufeff\u200b \t\r\n").lower()))


def plain_value(value: object) -> str:
    """A cell as text; a whole number without the fraction that a spreadsheet adds.

    >>> [plain_value(value) for value in (3.0, "3,0", " 3.00 ", "3", None)]
    ['3', '3', '3', '3', '']
    """
    text = "" if value is None else str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def table_rows(content: bytes) -> tuple[list[str], list[Row]]:
    """The header and the rows of a CSV table in any dialect. Raises `UnreadableTable`."""
    text = text_of(content).removeprefix("\ufeff").replace("\0", "")
    separator = _SEPARATOR_LINE.match(text)
    text = text[separator.end() :] if separator else text
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        above, delimiter = _header_place(text, (separator[1],) if separator else _DELIMITERS)
        lines = csv.reader(io.StringIO(text[len("".join(above)) :], newline=""), delimiter=delimiter)
        header = next(lines, [])[:MOST_COLUMNS]
        skipped = len(above) + bool(separator)
        rows = [(skipped + lines.line_num, _named(header, row)) for row in lines if any(row)]
    except csv.Error as error:
        raise UnreadableTable(f"not a CSV table ({error})") from None
    return header, rows


def _header_place(text: str, delimiters: Sequence[str]) -> tuple[list[str], str]:
    """The lines above the header, and the sign that parts its columns.

    The header is the first line with a column of review ids; without one, the first line in its most columns.
    """
    heads = text[:100_000].splitlines(keepends=True)[:_ABOVE] or [""]
    widths: list[int] = []
    for number, head in enumerate(heads):
        for sign in delimiters:
            names = next(csv.reader([head.rstrip("\r\n")], delimiter=sign), [])
            if _KEY in map(column_name, names):
                return heads[:number], sign
            if number == 0:
                widths.append(len(names))
    return [], delimiters[widths.index(max(widths))]


def workbook_rows(content: bytes, wanted: str) -> tuple[list[str], list[Row]]:
    """Header and rows of the first worksheet with a column `wanted`, formulas as text. Raises `UnreadableTable`."""
    import openpyxl

    try:
        _check_size(content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # they include empty cells
            rows = _filled(sheet.iter_rows(max_row=LAST_ROW, values_only=True))
            for _, first in islice(rows, _ABOVE):
                header = [str("" if name is None else name).strip() for name in first[:MOST_COLUMNS]]
                if wanted in map(column_name, header):
                    return header, [(number, _named(header, row)) for number, row in rows]
    except UnreadableTable:
        raise
    except Exception as error:  # a damaged workbook makes the reader fail in any way
        raise UnreadableTable(f"not a readable XLSX workbook ({type(error).__name__})") from None
    raise UnreadableTable(f"no worksheet with a column {wanted!r} in it")


def _check_size(content: bytes) -> None:
    """Raise `UnreadableTable` for a workbook that would take very long to read, or fill the memory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > MOST_BYTES:
            raise UnreadableTable(f"a workbook of more than {MOST_BYTES:,} bytes")
        tags = sheets = styles = 0
        for part in parts:
            with archive.open(part) as stream:
                while piece := stream.read(1 << 20):
                    tags += piece.count(b"<")
                    sheets += len(_SHEET.findall(piece))
                    styles += len(_STYLE.findall(piece))
            if tags > MOST_TAGS or sheets > MOST_SHEETS or styles > MOST_STYLES:
                raise UnreadableTable("a workbook of too many XML tags, worksheets or styles")


def _filled(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Sequence[Any]]]:
    """The rows that are not empty, with their numbers. Raises `UnreadableTable` above `MOST_ROWS`."""
    count = 0
    for number, row in enumerate(rows, 1):
        if any(cell is not None for cell in row[:MOST_COLUMNS]):
            count += 1
            if count > MOST_ROWS:
                raise UnreadableTable(f"more than {MOST_ROWS:,} rows")
            yield number, row


def _named(header: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(header, row, strict=False))


def by_column(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its keys in the spelling of `column_name`."""
    return {column_name(name): value for name, value in row.items()}
