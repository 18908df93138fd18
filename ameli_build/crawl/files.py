"""Files of one snapshot in another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ameli_build.core.errors import RunFailed
from ameli_build.core.snapshot import whole_file


def link_file(source: Path, place: Path) -> None:
    """Link a file that never changes to `place`, or copy it if it cannot be linked; an existing file stays.

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
        with source.open("rb") as handle, whole_file(place) as written:
            shutil.copyfileobj(handle, written, 1 << 20)
    except OSError as error:
        raise RunFailed(f"{place}: cannot be written ({error.strerror})") from error
