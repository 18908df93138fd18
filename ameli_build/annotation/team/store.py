"""The answers of a team in SQLite: each answer is a row and a transaction of its own, and no row ever changes."""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ameli_build.core.errors import UnusableInput

SQLITE = b"SQLite format 3\x00"
"""The first bytes of a database."""

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (sheet TEXT PRIMARY KEY, annotator TEXT NOT NULL, token TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY, sheet TEXT NOT NULL, review_id TEXT NOT NULL, saved_at TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_review ON answers (sheet, review_id, number);
"""
_CURRENT = """
SELECT sheet, review_id, saved_at, record FROM answers
WHERE number IN (SELECT max(number) FROM answers GROUP BY sheet, review_id) ORDER BY number
"""
_READ = ("choice", "comment", "words", "answered_at", "seconds")
"""Fields of a record that an import reads; the page restores itself from all of them."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The current answer of a sheet for a review; `record` is the page's record."""

    sheet: str
    review_id: str
    saved_at: str
    record: Mapping[str, Any]

    @property
    def row(self) -> dict[str, Any]:
        """The answer as a row of an answers file. It cannot name another annotator or task."""
        read = {name: self.record.get(name) for name in _READ}
        return {"review_id": self.review_id, **read, "answered_at": read["answered_at"] or self.saved_at}


class Store:
    """The database of a task; any thread may use it."""

    def __init__(self, path: Path, task: str, fingerprint: str) -> None:
        """Open the database; raises `UnusableInput` if the file is something else."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)  # it has the tokens
        self.path = path
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise UnusableInput(f"{path}: not a database of answers ({error})") from None
        self._remember({"task": task, "fingerprint": fingerprint})

    def plan(self, annotators: int | None, overlap: int | None) -> tuple[int, int]:
        """Numbers of annotators and of overlapping reviews: as given, else as before, else 1 and 0."""
        with self._lock:
            before = _facts(self._database)
        plan = {
            "annotators": int(before.get("annotators", 1)) if annotators is None else annotators,
            "overlap": int(before.get("overlap", 0)) if overlap is None else overlap,
        }
        self._remember(plan)
        return plan["annotators"], plan["overlap"]

    def token(self, sheet: str, annotator: str) -> str:
        """The secret part of a link; the same after a restart."""
        with self._lock:
            row = (sheet, annotator, secrets.token_urlsafe(24))
            self._database.execute("INSERT INTO people VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row)
            found = self._database.execute("SELECT token FROM people WHERE sheet = ?", (sheet,)).fetchone()
        return str(found[0])

    def save(self, sheet: str, review_id: str, record: str) -> None:
        """Save a record, as JSON. It is on disk when this returns; saving it again changes nothing."""
        last = "SELECT record FROM answers WHERE sheet = ? AND review_id = ? ORDER BY number DESC LIMIT 1"
        with self._lock:
            found = self._database.execute(last, (sheet, review_id)).fetchone()
            if found is None or found[0] != record:
                row = (sheet, review_id, datetime.now(UTC).isoformat(timespec="milliseconds"), record)
                insert = "INSERT INTO answers (sheet, review_id, saved_at, record) VALUES (?, ?, ?, ?)"
                self._database.execute(insert, row)

    def current(self) -> list[Saved]:
        """The last answer of each sheet for each review, in the order in which they were saved."""
        with self._lock:
            return list(_current(self._database))

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _remember(self, facts: Mapping[str, object]) -> None:
        with self._lock:
            self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))


def saved_answers(path: Path) -> list[dict[str, Any]]:
    """The answers in a database as answers files, one of each annotator; a server may be running.

    Raises:
        sqlite3.Error: The file is not such a database.
        ValueError: A record is not JSON.
    """
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        facts, answers = _facts(database), list(_current(database))
        people = database.execute("SELECT sheet, annotator FROM people ORDER BY sheet").fetchall()
    finally:
        database.close()
    origin = {name: facts.get(name, "") for name in ("task", "fingerprint")}
    return [
        {**origin, "annotator": annotator, "answers": [saved.row for saved in answers if saved.sheet == sheet]}
        for sheet, annotator in people
    ]


def _facts(database: sqlite3.Connection) -> dict[str, str]:
    return dict(database.execute("SELECT name, value FROM facts"))


def _current(database: sqlite3.Connection) -> Iterator[Saved]:
    for sheet, review_id, saved_at, record in database.execute(_CURRENT):
        yield Saved(sheet, review_id, saved_at, json.loads(record))
