"""Copies of files. Whoever edits a copy must not change the original, so a copy is never a hard link."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import BinaryIO

from ameli_build.core.snapshot import whole_file

_CLONE = 0x40049409
"""`FICLONE` of Linux: two files share their blocks until one of them is written (Btrfs, XFS, bcachefs)."""


def copy_content(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a whole file into an empty one; they share their blocks if the file system can do that."""
    try:
        fcntl.ioctl(target.fileno(), _CLONE, source.fileno())
    except OSError:  # another file system
        shutil.copyfileobj(source, target, 1 << 20)


def copy_file(source: Path, place: Path) -> None:
    """Copy a file to `place`, atomically."""
    with source.open("rb") as handle, whole_file(place) as written:
        copy_content(handle, written)
