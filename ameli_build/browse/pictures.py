"""Small copies of the pictures below a folder, and no other file of the machine."""

from __future__ import annotations

import threading
from pathlib import Path, PurePosixPath

from ameli_build.annotation.pictures import shrunk
from ameli_build.browse.views import LARGE, THUMBNAIL
from ameli_build.core.pictures import MAX_PIXELS, bounded

FOLDERS = ("images", "dataset/images", "raw/images")

_lock = threading.Lock()
"""Pillow's limits are global."""


def small_copy(root: Path, path: str, side: str) -> bytes | None:
    """A small JPEG without metadata of a picture in `FOLDERS` below `root`.

    None for other folders and sides, and for a picture that cannot be read.
    """
    known = side in (str(THUMBNAIL), str(LARGE)) and str(PurePosixPath(path).parent) in FOLDERS
    if not known:
        return None
    with _lock, bounded(MAX_PIXELS):
        return shrunk(root, path, int(side))
