"""Response bodies that are streamed to hidden files, which get their names when the bodies are accepted."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ameli_build.core.errors import RunFailed

_PREFIX, _SUFFIX = ".fetched-", ".partial"


@dataclass(frozen=True, slots=True)
class Stored:
    """A body in a temporary file: its size in bytes and its SHA-256 in hexadecimal."""

    path: Path
    size: int
    digest: str

    def start(self, size: int) -> bytes:
        """The first bytes of the body."""
        with self.path.open("rb") as handle:
            return handle.read(size)


def store_pieces(folder: Path, pieces: Iterable[bytes]) -> Stored:
    """Write `pieces` to a hidden file in `folder`, which is removed if they end in an error.

    Raises `RunFailed` if the file cannot be written.
    """
    digest = hashlib.sha256()
    size = 0
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as handle:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                view = memoryview(piece)
                with _writing(folder):
                    while view:
                        view = view[handle.write(view) :]
            with _writing(folder):
                os.fchmod(handle.fileno(), 0o644)
                os.fsync(handle.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Stored(path, size, digest.hexdigest())


def keep(stored: Stored, extension: str) -> Path:
    """Give a body its name, `<sha256>.<extension>` in its folder; equal bodies share a file."""
    folder = stored.path.parent
    path = folder / f"{stored.digest}.{extension}"
    with _writing(folder):
        if path.is_file():
            stored.path.unlink()
        else:
            stored.path.replace(path)
    return path


def sweep(folder: Path) -> None:
    """Remove the unfinished files of a killed run."""
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        path.unlink(missing_ok=True)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunFailed(f"{folder}: cannot be written ({error.strerror})") from error
