"""The files of a snapshot that travel, and their list."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from ameli_build.annotation.team import TEAM
from ameli_build.catalog.build import CUT_OFF
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import file_digest, is_named_by_content, own_place
from ameli_build.release.folders import MARK

CACHE, IMAGES = "cache", "raw/images"
STAYING = (f"{CACHE}/scratch", f"sheets/{TEAM}")
"""Folders that do not travel: a team's database has the secret links of its people."""
MARKS = (MARK, CUT_OFF)
"""Hidden files that say something about visible ones. All other hidden files are locks, indexes and leftovers."""

LONGEST = 255
"""Bytes of a file's name, on the usual file systems."""
SHOWN = 10
"""Files that a message names."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: its path in the snapshot, its size in bytes, its SHA-256 in hexadecimal.

    `changed` is the time of its last change in nanoseconds since 1970. With that time, stages know their pictures
    without reading them.
    """

    path: str
    size: int
    sha256: str
    changed: int

    @property
    def in_cache(self) -> bool:
        """Whether the file is of the cache."""
        return self.path.startswith(f"{CACHE}/")

    @property
    def is_named_by_content(self) -> bool:
        """Whether the file's name is its digest. In a cache, it can be the digest of a picture that it was made of."""
        return is_named_by_content(Path(self.path)) and not self.in_cache

    @property
    def is_misnamed(self) -> bool:
        """Whether the file's name is the digest of another content."""
        return self.is_named_by_content and Path(self.path).stem != self.sha256

    def stamp(self, handle: BinaryIO) -> None:
        """Give a written file its time, before it gets its name: a killed pull leaves no file with another time."""
        handle.flush()
        os.utime(handle.fileno(), ns=(self.changed, self.changed))


def travels(path: str) -> bool:
    """Whether a file or folder of this path travels."""
    parts = path.split("/")
    return "/".join(parts[:2]) not in STAYING and not any(part.startswith(".") for part in parts if part not in MARKS)


def paths_of(root: Path, *, cache: bool, below: str = "") -> Iterator[str]:
    """The paths of the files that travel, sorted within each folder.

    Args:
        root: Folder of the snapshot.
        cache: Whether its cache travels too.
        below: Folder within the snapshot, with a slash at its end; "" for all.

    Raises:
        UnusableInput: There is a symbolic link besides `raw/images`, or something that is no file.
    """
    with os.scandir(root / below) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = f"{below}{entry.name}"
            if not travels(path) or (path == CACHE and not cache):
                continue
            if entry.is_symlink() and path != IMAGES:
                raise UnusableInput(f"{root / path}: a symbolic link, which does not travel")
            if entry.is_dir():
                yield from paths_of(root, cache=cache, below=f"{path}/")
            elif entry.is_file():
                yield path
            else:
                raise UnusableInput(f"{root / path}: neither a file nor a folder")


def entry_of(root: Path, path: str) -> Entry:
    """The entry of a file as it is now."""
    status = (root / path).stat()
    return Entry(path, status.st_size, file_digest(root / path), status.st_mtime_ns)


def written(entries: Iterable[Entry]) -> bytes:
    """A manifest: a line for each entry, and a last line with the digest of all lines before it."""
    body = "".join(f"{json.dumps(asdict(entry))}\n" for entry in entries).encode()
    return body + _seal(body)


def _seal(body: bytes) -> bytes:
    return json.dumps({"format": 1, "sha256": hashlib.sha256(body).hexdigest()}).encode() + b"\n"


def read(data: bytes, root: Path, source: str) -> list[Entry]:
    """The entries of a manifest.

    A manifest can come from anybody: no path leads out of the snapshot, to a hidden file or through a link.

    Args:
        data: Content of the manifest.
        root: Folder of the snapshot that will have the files.
        source: Where the manifest comes from, for errors.

    Raises:
        UnusableInput: The manifest is damaged, or has an entry that is no file of a snapshot; the message names it.
    """
    cut = data[:-1].rfind(b"\n") + 1
    body = data[:cut]
    try:
        if data[cut:] != _seal(body):
            raise ValueError("its last line is not the digest of the others")
        entries = [_entry(json.loads(line), root) for line in body.splitlines()]
        paths = [entry.path for entry in entries]
        folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
        if len(set(paths)) < len(paths) or not folders.isdisjoint(paths):
            raise ValueError("a path stands twice, or as a file and a folder")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableInput(f"{source}: damaged, or not of a push ({error})") from None
    return entries


def _entry(record: Any, root: Path) -> Entry:
    """An entry as it was read; raises `ValueError` if it is no file of a snapshot."""
    path, size, sha256, changed = (record[name] for name in ("path", "size", "sha256", "changed"))
    if not isinstance(path, str) or not travels(path) or own_place(root, path) is None:
        raise ValueError(f"{path!r} is no path of a file that travels, or leads through a link")
    if any(not 0 < len(os.fsencode(part)) <= LONGEST for part in path.split("/")):
        raise ValueError(f"{path!r} has an empty or too long name")
    if any(type(number) is not int or not 0 <= number < 2**63 for number in (size, changed)):
        raise ValueError(f"{path!r} has no size or no time")
    if not isinstance(sha256, str) or not _DIGEST.fullmatch(sha256):
        raise ValueError(f"{path!r} has no SHA-256")
    entry = Entry(path, size, sha256, changed)
    if entry.is_misnamed:
        raise ValueError(f"{path!r} is named by another digest")
    return entry


def some(paths: Sequence[str]) -> str:
    """The first of many paths, for a message."""
    return ", ".join(paths[:SHOWN]) + (", ..." if len(paths) > SHOWN else "")
