"""Whether a folder that a stage made is still as the stage left it.

Sizes alone do not tell: a disk that flips a bit, or somebody who edits, leaves them as they were. Tables and texts are
read each time. Pictures are many and large, and their names say their content: they are read where their size or their
time of change is another than it was, as it is after a copy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.snapshot import file_digest, is_named_by_content


def leave(path: Path) -> dict[str, str]:
    """What a stage's record tells of a file or folder that the stage has just made."""
    return {"content": _fingerprint(path, lambda picture: picture.stem), "seen": _fingerprint(path, _seen)}


def is_as_left(path: Path, told: Any) -> bool:
    """Whether `path` is what `leave` told of."""
    if not isinstance(told, Mapping):
        return False
    return _fingerprint(path, _seen) == told.get("seen") or _fingerprint(path, file_digest) == told.get("content")


def _seen(picture: Path) -> str:
    found = picture.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def _fingerprint(path: Path, of_picture: Callable[[Path], str]) -> str:
    """Of all files below `path` that are not hidden: names, and digests or what `of_picture` says of a picture."""
    return fingerprint(
        sorted(
            (one.relative_to(path).as_posix(), of_picture(one) if is_named_by_content(one) else file_digest(one))
            for one in _files(path)
        )
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for place, _, names in os.walk(path):
        yield from (one for name in names if not name.startswith(".") and (one := Path(place) / name).is_file())
