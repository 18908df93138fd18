"""Files of one snapshot in another."""

from __future__ import annotations

import os
from pathlib import Path

from ameli_build.core import copies
from ameli_build.core.errors import RunFailed


def link_file(source: Path, place: Path) -> None:
    """Make a hard link to an archive's image, or copy it if it cannot be linked; an existing file stays.

    Only archives share files: they are never edited, and a year of monthly archives would need twelve times the disk.
    Raises `RunFailed` if it cannot be copied.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        try:
            os.link(source, place)
        except FileExistsError:  # another thread was faster
            return
        except OSError:  # another file system, or a file system without links
            copy_file(source, place)


def copy_file(source: Path, place: Path) -> None:
    """Copy a file to `place`, atomically; raises `RunFailed` if it cannot be copied."""
    try:
        copies.copy_file(source, place)
    except OSError as error:
        raise RunFailed(f"{place}: cannot be written ({error.strerror})") from error
