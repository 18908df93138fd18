"""Small copies of the pictures below a folder, and no other file of the machine."""

from __future__ import annotations

import threading
from pathlib import Path, PurePosixPath

from ameli_build.annotation.pictures import Pictures
from ameli_build.browse.views import LARGE, THUMBNAIL
from ameli_build.core.pictures import MAX_PIXELS

FOLDERS = ("images", "dataset/images", "raw/images")


class Copies:
    """Small JPEGs without metadata, of pictures in `FOLDERS` below `root`; `cache` takes the copies."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._pictures = Pictures(root, cache, MAX_PIXELS)
        self._lock = threading.Lock()  # Pillow's limits are global

    def get(self, path: str, side: int) -> bytes | None:
        """A copy; None for other sides and folders, and for a picture that cannot be read."""
        if side not in (THUMBNAIL, LARGE) or str(PurePosixPath(path).parent) not in FOLDERS:
            return None
        with self._lock:
            return self._pictures.small(path, side)
