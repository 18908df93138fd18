"""Unchecked answers from files: JSON, CSV, XLSX, exports of Label Studio and databases of a team."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ameli_build.annotation import labelstudio_answers
from ameli_build.annotation.codes import UnreadableAnswers
from ameli_build.annotation.tasks import CANNOT_TELL, CLEAN_TEST, TASKS
from ameli_build.annotation.team.store import SQLITE, saved_answers
from ameli_build.core.spreadsheets import (
    Row,
    UnreadableTable,
    column_name,
    plain_value,
    read_file,
    table_rows,
    text_of,
    unicode_text,
    workbook_rows,
)
from ameli_build.core.text import printable

SIMULATED = "simulated-"
"""Prefix of the names of simulated annotators, which tables show too."""

_SYNONYMS = {
    "review_id": "review_id",
    "choice": "choice",
    "your_choice": "choice",
    "position": "choice",
    "chosen_position": "choice",
    "answer": "choice",
    "comment": "comment",
    "words": "words",
    "right_words": "words",
    "annotator": "annotator",
    "sheet_code": "code",
    "lead_time": "seconds",
    "updated_at": "answered_at",
}
_OFFICIAL_CHOICE = "target_product_position"
"""Start of the authors' column name; the range of positions follows."""

_ZIP = b"PK\x03\x04"
_TABLES = (".csv", ".tsv", ".tab")
_UNSURE = {"?", "x", "cannot tell", "cannot_tell"}


@dataclass(frozen=True, slots=True)
class Given:
    """A row of an answers file. `choice` is None for a blank.

    `fingerprint` is None if the file does not name its sheets, as a CSV made by hand. `seconds` is the time that the
    answer took, None if unknown; `answered_at` is its time in ISO 8601, "" if unknown.
    """

    annotator: str
    review_id: str
    choice: str | None
    comment: str = ""
    words: str = ""
    task: str = CLEAN_TEST
    fingerprint: str | None = None
    file: str = ""
    seconds: float | None = None
    answered_at: str = ""

    @property
    def known_task(self) -> bool:
        """Whether the task exists."""
        return self.task in TASKS

    @property
    def moment(self) -> datetime | None:
        """The time of the answer, None if unknown."""
        return moment(self.answered_at)


def read_answers(path: Path) -> list[Given]:
    """The rows of a workbook, a JSON file, a spreadsheet's CSV or a team's database.

    Raises:
        UnreadableAnswers: The file is something else.
    """
    try:
        content = read_file(path)
        if content.startswith(SQLITE):
            return _rows_of_database(path)
        if path.suffix.lower() == ".xlsx" or content.startswith(_ZIP):
            return _rows(path, _by_line(workbook_rows(content, "review_id")))
        text = text_of(content).lstrip("\ufeff \r\n\t")
        if path.suffix.lower() not in _TABLES and (path.suffix.lower() == ".json" or text.startswith(("{", "["))):
            return _rows_of_json(path, unicode_text(content))
        return _rows(path, _rows_of_table(content))
    except UnreadableTable as error:
        raise UnreadableAnswers(str(error)) from None


def moment(text: str | None) -> datetime | None:
    """A time in ISO 8601, by default in UTC; None for "" and None."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def answers_in(path: Path, file: Mapping[str, Any]) -> list[Given]:
    """The rows of the content of an answers file; `path` names it in messages."""
    return _rows(path, file["answers"], file)


def _rows_of_database(path: Path) -> list[Given]:
    try:
        return [row for file in saved_answers(path) for row in answers_in(path, file)]
    except (sqlite3.Error, ValueError, RecursionError, AttributeError) as error:
        raise UnreadableAnswers(f"not a database of a team's answers ({printable(str(error))})") from None


def _rows_of_json(path: Path, text: str) -> list[Given]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableAnswers("not a JSON document") from None
    if isinstance(value, dict) and isinstance(value.get("answers"), list):
        return _rows(path, value["answers"], value)
    if isinstance(value, list):
        return _rows(path, labelstudio_answers.rows_of_export(value))
    raise UnreadableAnswers("no answers in it (no list named 'answers')")


def choice_text(value: Any) -> str | None:
    """A normalised choice: numbers without a fraction, `?` for "cannot tell", None for a blank."""
    text = "several values" if isinstance(value, list | dict) else plain_value(_text(value)).lower()
    if text in _UNSURE:
        return CANNOT_TELL
    return str(int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else text[:80] or None


def _rows(path: Path, rows: Iterable[Any], file: Mapping[str, Any] | None = None) -> list[Given]:
    return [_row(_text(path.name), path.stem.removeprefix("answers-"), row, file or {}) for row in rows]


def _row(name: str, stem: str, row: Any, file: Mapping[str, Any]) -> Given:
    """A row under any known header; a value that is not an object becomes a row without a review."""
    named = {_column(key): value for key, value in row.items()} if isinstance(row, Mapping) else {}
    named = labelstudio_answers.plain_row(named) if labelstudio_answers.MARK in named else named
    task, annotator, fingerprint = _origin(named, file)
    annotator = " ".join((annotator or _text(stem)).split())[:80]
    if file.get("simulated") is True and not annotator.startswith(SIMULATED):
        annotator = SIMULATED + annotator
    review_id = named.get("review_id")
    if isinstance(review_id, float) and review_id.is_integer():
        review_id = int(review_id)  # spreadsheets turn ids of digits into numbers
    return Given(
        annotator,
        _text(review_id),
        choice_text(named.get("choice")),
        _text(named.get("comment")),
        _text(named.get("words")),
        task or CLEAN_TEST,
        fingerprint,
        name,
        _seconds(named.get("seconds")),
        _time(named.get("answered_at")),
    )


def _origin(named: Mapping[str, Any], file: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Task, annotator and fingerprint from the row's sheet code, or else from the file."""
    parts = _text(named.get("code")).split("/")
    if len(parts) == 3:
        person = labelstudio_answers.person(named, parts[1]) if labelstudio_answers.MARK in named else parts[1]
        return parts[0], _text(person), parts[2]
    annotator = _text(named.get("annotator")) or _text(file.get("annotator"))
    return _text(file.get("task")) or None, annotator or None, _text(file.get("fingerprint")) or None


def _column(header: Any) -> str:
    name = column_name(header)
    return "choice" if name.startswith(_OFFICIAL_CHOICE) else _SYNONYMS.get(name, name)


def _text(value: Any) -> str:
    """A cell as text: "" for lists and objects; characters that files and terminals cannot hold become U+FFFD."""
    if value is None or isinstance(value, list | dict):
        return ""
    return printable(str(value)[:20_000]).strip()[:10_000]


def _seconds(value: Any) -> float | None:
    """A duration, also with a decimal comma; None for any other value."""
    try:
        seconds = float(_text(value).replace(",", "."))
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None


def _time(value: Any) -> str:
    """A time in ISO 8601; "" for any other value."""
    text = _text(value)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return ""
    return text


def _rows_of_table(content: bytes) -> list[dict[str, Any]]:
    header, rows = table_rows(content)
    columns = [_column(name) for name in header]
    if not {"review_id", "choice"} <= set(columns):
        raise UnreadableAnswers(f"no columns review_id and position in it (found: {', '.join(columns)[:200]})")
    return _by_line((header, rows))


def _by_line(table: tuple[list[str], list[Row]]) -> list[dict[str, Any]]:
    return [row for _, row in table[1]]
