"""Pictures on a sheet: small JPEGs, each distinct picture once."""

from __future__ import annotations

import base64
import io
import math
import os
import threading
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ameli_build.core.pictures import ANY_SIZE, bounded, content_key, open_body, picture_body, to_rgb
from ameli_build.core.progress import track
from ameli_build.core.snapshot import is_own_file
from ameli_build.core.workers import default_workers

PHOTO_SIDE = 900
"""Least longer side of a review photograph in pixels; annotators zoom into photographs."""
THUMBNAIL_SIDE = 150
_FULL_SIDE = 20_000
_PHOTO_SIDES = (3600, 2700, 1800, 1350, PHOTO_SIDE)
_SIDES = (480, 400, 320, 240, 200, 160)
"""Longer sides of photographs and of product pictures in pixels; few sizes, so that sheets share copies."""
_BYTES_PER_PIXEL = 0.13
"""Base64 bytes for each pixel of the square around a picture, measured on catalogue pictures and on photographs."""
_QUALITY, _FULL_QUALITY = 74, 92
_full = threading.Lock()
"""A large picture takes much memory, and Pillow's limits are global."""


def product_side(pictures: int, megabytes: float) -> int:
    """Longer side of product pictures in pixels, so that `pictures` of them take about `megabytes` on a sheet."""
    return _largest(_SIDES, pictures, megabytes)


def photo_side(photographs: int, products: int, megabytes: float) -> int:
    """Longer side of photographs in pixels, beside `products` pictures of products on a sheet of about `megabytes`."""
    taken = products * product_side(products, megabytes) ** 2 * _BYTES_PER_PIXEL / 1e6
    return _largest(_PHOTO_SIDES, photographs, max(megabytes - taken, 0))


def _largest(sides: Sequence[int], pictures: int, megabytes: float) -> int:
    side = math.sqrt(megabytes * 1e6 / _BYTES_PER_PIXEL / max(pictures, 1))
    return next((allowed for allowed in sides if allowed <= side), sides[-1])


@dataclass(frozen=True, slots=True)
class Pictures:
    """Small copies of pictures, named by the pictures' content, in the folder `cache`; paths are relative to `root`."""

    root: Path
    cache: Path

    def small(self, path: str, side: int) -> bytes | None:
        """The picture as an upright JPEG on white, at most `side` pixels long; None if it cannot be read."""
        with bounded(ANY_SIZE):
            return self._small(path, side)

    def _small(self, path: str, side: int) -> bytes | None:
        try:
            key = content_key(self.root, path) if is_own_file(self.root, path) else None
        except OSError:
            key = None
        if key is None:
            return None
        copy = self.cache / str(side) / f"{key}.jpg"
        if copy.is_file():
            return copy.read_bytes()
        jpeg = shrunk(self.root, path, side)
        if jpeg is not None:
            copy.parent.mkdir(parents=True, exist_ok=True)
            partial = copy.with_suffix(f".{os.getpid()}-{threading.get_ident()}.partial")
            partial.write_bytes(jpeg)
            partial.replace(copy)
        return jpeg

    def full(self, path: str) -> bytes | None:
        """The picture in full size, as an upright JPEG on white without metadata; None if it cannot be read."""
        with _full, bounded(ANY_SIZE):
            return shrunk(self.root, path, _FULL_SIDE, _FULL_QUALITY)

    def prepare(self, paths: Collection[str], side: int) -> None:
        """Make copies of many pictures in threads; Pillow releases the interpreter's lock."""
        with bounded(ANY_SIZE), ThreadPoolExecutor(default_workers()) as pool:  # Pillow's limits are global
            copies = pool.map(lambda path: self._small(path, side) is not None, sorted(paths))
            deque(track(copies, "shrink pictures", len(paths), "pictures"), maxlen=0)


def shrunk(root: Path, path: str, side: int, quality: int = _QUALITY) -> bytes | None:
    """A small JPEG of a picture, decoded in the same way as in the stages; None if it cannot be read.

    Args:
        root: Folder of the snapshot.
        path: Path of the picture in `root`; None for any file outside.
        side: Longest side, in pixels.
        quality: Quality of the JPEG, up to 95.
    """
    if not is_own_file(root, path):
        return None
    try:
        with open_body(picture_body(root / path)) as opened:
            opened.draft("RGB", (side, side))
            flat = to_rgb(opened)
            flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    except Exception:  # decoders raise many kinds of errors for damaged pictures
        return None
    stream = io.BytesIO()
    flat.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def data_uri(jpeg: bytes) -> str:
    """The picture as a `data:` URL."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


class Album:
    """Numbers of pictures, so that a file holds each picture once."""

    def __init__(self, pictures: Pictures, small: Collection[str], side: int, photo_side: int = PHOTO_SIDE) -> None:
        """`small` are paths of product pictures, which get `side` pixels; all other pictures are photographs."""
        self._source = pictures
        self._small = frozenset(small)
        pictures.prepare(self._small, side)
        self._side = side
        self._photo_side = photo_side
        self._numbers: dict[str, int | None] = {}
        self.pictures: list[str] = []
        self.paths: list[str] = []

    def number_of(self, path: str) -> int | None:
        """The number of a picture in `pictures`, None if it cannot be read. The first request reads the picture."""
        if path not in self._numbers:
            jpeg = self._source.small(path, self._side if path in self._small else self._photo_side)
            self._numbers[path] = None if jpeg is None else len(self.pictures)
            if jpeg is not None:
                self.pictures.append(data_uri(jpeg))
                self.paths.append(path)
        return self._numbers[path]

    def numbers_of(self, paths: Iterable[str]) -> list[int]:
        """The numbers of the readable pictures among `paths`, in order."""
        return [number for path in paths if (number := self.number_of(path)) is not None]
