"""The folder of fetched models.

`AMELI_MODELS` names it; the default is `~/.cache/ameli-build/models`. Each source has a subfolder, and beside it a
record with the size and the digest of each file. The folder can be copied to a machine without network.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.snapshot import file_digest, write_json

VARIABLE = "AMELI_MODELS"


def models_folder() -> Path:
    """The folder of fetched models; it may not exist yet."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).absolute()
    cached = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cached) / "ameli-build" / "models"


@dataclass(frozen=True, slots=True)
class Record:
    """Record of a fetch: each file below `folder` with its size in bytes and its SHA-256."""

    name: str
    revision: str
    licence: str
    files: Mapping[str, tuple[int, str]]

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(size for size, _ in self.files.values())

    @property
    def digest(self) -> str:
        """A hash of the content of all files."""
        return fingerprint(sorted((path, digest) for path, (_, digest) in self.files.items()))


def write_record(folder: Path, name: str, revision: str, licence: str) -> Record:
    """Record all files below `folder`, except hidden ones."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    visible = [path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    files = {path.relative_to(folder).as_posix(): (path.stat().st_size, file_digest(path)) for path in visible}
    record = Record(name, revision, licence, files)
    write_json(_path(folder), asdict(record))
    return record


def read_record(folder: Path) -> Record | None:
    """The record of a source's folder; None if the fetch has not started or not finished."""
    try:
        content = json.loads(_path(folder).read_text(encoding="utf-8"))
        files = {str(path): (int(size), str(digest)) for path, (size, digest) in content["files"].items()}
        return Record(content["name"], content["revision"], content["licence"], files)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(folder: Path) -> None:
    """Remove the record of a source's folder, which then counts as not fetched."""
    _path(folder).unlink(missing_ok=True)


def last_changes() -> tuple[int, ...]:
    """Times of the last changes of the records by any process, in nanoseconds."""
    return tuple(path.stat().st_mtime_ns for path in sorted(models_folder().glob("*")))


def lacking(folder: Path, whole: bool = False) -> str:
    """Why the files of a source cannot be used; "" if all are present.

    Args:
        folder: The source's folder.
        whole: Compare digests, not only sizes.
    """
    record = read_record(folder)
    if record is None:
        return "not fetched"
    for name, (size, digest) in record.files.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != size or (whole and file_digest(path) != digest):
            return f"{name} is damaged"
    return ""


def _path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.json")
