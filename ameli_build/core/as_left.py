"""Fingerprints of the files that a stage made, which show any later change.

Sizes are not enough: a flipped bit or an edit can keep them. Tables and texts are read each time. Pictures are many and
large, and are named by their content: they are read only if a size or a time of change differs, as after a copy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.snapshot import file_digest, is_named_by_content


def leave(path: Path) -> dict[str, str]:
    """The fingerprints of a file or folder that a stage has just made, for the stage's record."""
    return {"content": _fingerprint(path, lambda picture: picture.stem), "seen": _fingerprint(path, _seen)}


def is_as_left(path: Path, recorded: Any) -> bool:
    """Whether `path` still has the content for which `leave` returned `recorded`."""
    if not isinstance(recorded, Mapping):
        return False
    if _fingerprint(path, _seen) == recorded.get("seen"):
        return True
    return _fingerprint(path, file_digest) == recorded.get("content")


def _seen(picture: Path) -> str:
    status = picture.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _fingerprint(path: Path, picture_mark: Callable[[Path], str]) -> str:
    """A hash of the names and digests of all visible files below `path`; pictures count by `picture_mark`."""
    return fingerprint(
        sorted(
            (file.relative_to(path).as_posix(), picture_mark(file) if is_named_by_content(file) else file_digest(file))
            for file in _files(path)
        )
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for folder, _, names in os.walk(path):
        yield from (file for name in names if not name.startswith(".") and (file := Path(folder) / name).is_file())
