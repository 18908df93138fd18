"""The index of an archive: a SQLite file beside it, which is rebuilt from the archive if the two disagree.

It needs the same memory for any number of pages. Entries are committed only after their records are on the disk.
Records after the last commit are indexed when the archive is next opened.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from ameli_build.core.errors import RunFailed

NAME = ".index.sqlite"
_FORM = 1
_SEAL_BYTES = 4096
_SETTINGS = (
    "PRAGMA locking_mode = EXCLUSIVE",  # one process writes, under the snapshot's lock; needs no shared memory file
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -8000",
)
_TABLES = f"""
CREATE TABLE segment (file TEXT PRIMARY KEY, size INTEGER, modified INTEGER, seal BLOB) WITHOUT ROWID;
CREATE TABLE place (
    key BLOB PRIMARY KEY, kind TEXT, status INTEGER, error TEXT, file TEXT, offset INTEGER, marks TEXT, sku TEXT,
    url TEXT
) WITHOUT ROWID;
CREATE INDEX failed ON place (error) WHERE error IS NOT NULL;
CREATE INDEX product ON place (sku, kind) WHERE sku IS NOT NULL;
PRAGMA user_version = {_FORM};
"""
_COLUMNS = "kind, status, error, file, offset, marks, sku"


class Place(NamedTuple):
    """The last record of a kind and URL: its file and byte, and its outcome (`error` is None for content).

    `marks` are words about the record, see `records.marks_of`.
    """

    kind: str
    status: int
    error: str | None
    file: str
    offset: int
    marks: str = ""
    sku: str | None = None


class Failure(NamedTuple):
    """A URL whose request failed; `kind` is the kind of record that was requested."""

    kind: str
    error: str
    url: str
    sku: str | None = None


class Tally(NamedTuple):
    """The number of URLs of a kind with the same outcome."""

    kind: str
    status: int
    error: str | None
    marks: str
    number: int


class Segment(NamedTuple):
    """The indexed part of a file of the archive."""

    size: int
    """Bytes that are indexed."""
    modified: int
    """Time of the file's last change in nanoseconds."""
    seal: bytes
    """Hash of the last indexed bytes (`seal`)."""


class Index:
    """The index in the file `path`; a caller with several threads holds a lock around each call.

    A missing, damaged or foreign file is replaced by an empty index.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = _opened(path)
        except sqlite3.Error:
            self.remove()
            with self._errors_named():
                self._database = _opened(path)

    def find(self, kind: str, url: str) -> Place | None:
        """The last record of a kind and requested URL; None if it was never requested."""
        with self._errors_named():
            row = self._database.execute(f"SELECT {_COLUMNS} FROM place WHERE key = ?", (_key(kind, url),)).fetchone()
        return Place(*row) if row else None

    def note(self, url: str, place: Place) -> None:
        """Add a record, in place of an earlier record of the same kind and URL."""
        shown = url.encode("utf-8", "surrogatepass") if place.error is not None else None
        values = (_key(place.kind, url), *place, shown)
        with self._errors_named():
            self._database.execute(
                f"INSERT OR REPLACE INTO place (key, {_COLUMNS}, url) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
            )

    def failures(self, most: int = -1) -> list[Failure]:
        """Failed requests, sorted, at most `most`; all if it is negative."""
        query = "SELECT kind, error, url, sku FROM place WHERE error IS NOT NULL ORDER BY kind, error, url LIMIT ?"
        with self._errors_named():
            rows = self._database.execute(query, (most,)).fetchall()
        return [Failure(kind, error, url.decode("utf-8", "surrogatepass"), sku) for kind, error, url, sku in rows]

    def of_product(self, kind: str, sku: str) -> list[Place]:
        """The records of a kind for a product, without failures, in the order of writing."""
        query = f"SELECT {_COLUMNS} FROM place WHERE sku = ? AND kind = ? AND error IS NULL"
        with self._errors_named():
            rows = self._database.execute(query, (sku, kind)).fetchall()
        return sorted((Place(*row) for row in rows), key=lambda place: (place.file, place.offset))

    def marks(self, kind: str) -> list[str]:
        """The marks of all records of a kind, sorted."""
        with self._errors_named():
            rows = self._database.execute("SELECT marks FROM place WHERE kind = ? ORDER BY marks", (kind,)).fetchall()
        return [marks for (marks,) in rows]

    def tallies(self) -> list[Tally]:
        """The number of URLs by kind and outcome, sorted."""
        grouped = "GROUP BY kind, status, error, marks ORDER BY kind, status, error, marks"
        query = f"SELECT kind, status, error, marks, count(*) FROM place WHERE kind != 'call' {grouped}"
        with self._errors_named():
            return [Tally(*row) for row in self._database.execute(query)]

    def segments(self) -> dict[str, Segment]:
        """The indexed part of each file of the archive."""
        with self._errors_named():
            rows = self._database.execute("SELECT file, size, modified, seal FROM segment ORDER BY file").fetchall()
        return {file: Segment(size, modified, seal) for file, size, modified, seal in rows}

    def commit(self, path: Path, size: int) -> None:
        """Commit the noted records, once the first `size` bytes of the archive's file `path` are on the disk."""
        segment = (path.name, size, path.stat().st_mtime_ns, seal(path, size))
        with self._errors_named():
            self._database.execute("INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?)", segment)
            self._database.commit()

    def clear(self) -> None:
        """Remove all entries."""
        with self._errors_named():
            self._database.execute("DELETE FROM place")
            self._database.execute("DELETE FROM segment")
            self._database.commit()

    def close(self) -> None:
        """Close the file and discard uncommitted entries."""
        with suppress(sqlite3.Error):
            self._database.rollback()
        self._database.close()

    def remove(self) -> None:
        """Remove the file and SQLite's files beside it."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            advice = "" if "full" in str(error) else "; remove it and run again, it is rebuilt from the archive"
            raise RunFailed(f"{self._path}: {error}{advice}") from error


def seal(path: Path, size: int) -> bytes:
    """A hash of the bytes just before `size` in a file, which shows whether the file was replaced."""
    with path.open("rb") as handle:
        handle.seek(max(0, size - _SEAL_BYTES))
        return hashlib.blake2b(handle.read(min(size, _SEAL_BYTES)), digest_size=16).digest()


def copy_index(source: Path, target: Path) -> None:
    """Copy an index without touching its folder. Does nothing if the index is in use, or if a kill left it open."""
    if not source.is_file() or source.with_name(f"{source.name}-wal").exists():
        return
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except sqlite3.Error:
        target.unlink(missing_ok=True)


def _opened(path: Path) -> sqlite3.Connection:
    """The database in a file, with its tables. Raises `sqlite3.Error` if it is damaged or of another form."""
    database = sqlite3.connect(path, check_same_thread=False, timeout=0)
    try:
        for setting in _SETTINGS:
            database.execute(setting)
        form = _single(database, "PRAGMA user_version")
        if form == 0 and not _single(database, "SELECT count(*) FROM sqlite_master"):
            database.executescript(f"BEGIN; {_TABLES} COMMIT;")
        elif form != _FORM or _single(database, "PRAGMA quick_check") != "ok":
            raise sqlite3.DatabaseError("not this index")
    except BaseException:
        database.close()
        raise
    return database


def _single(database: sqlite3.Connection, query: str) -> Any:
    return database.execute(query).fetchone()[0]


def _key(kind: str, url: str) -> bytes:
    return hashlib.blake2b(f"{kind} {url}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
