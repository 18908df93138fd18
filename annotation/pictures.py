"""Pictures on a sheet: each distinct one once, small, as JPEG."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageOps

PHOTO_SIDE = 900
"""Pixels of a review photograph's longer side: annotators zoom into these."""
THUMBNAIL_SIDE = 150
_LARGEST, _SMALLEST = 480, 160
_BYTES_PER_PIXEL = 0.1
"""Of a product picture on white, quality 74, in base64: what catalogue pictures were seen to need."""


def product_side(pictures: int, megabytes: float) -> int:
    """Pixels of a product picture's longer side so that `pictures` of them take about `megabytes` on a sheet."""
    side = math.sqrt(megabytes * 1e6 / _BYTES_PER_PIXEL / max(pictures, 1))
    return int(min(_LARGEST, max(_SMALLEST, side)))


@lru_cache(maxsize=4096)
def small_jpeg(path: Path, side: int) -> bytes | None:
    """The picture, upright, on white, at most `side` pixels long and never enlarged; None where it cannot be read."""
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((side, side), Image.Resampling.LANCZOS)
            flat = _on_white(upright)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    stream = io.BytesIO()
    flat.save(stream, "JPEG", quality=74, optimize=True)
    return stream.getvalue()


def data_uri(jpeg: bytes) -> str:
    """The picture as a `data:` address."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


class Album:
    """Numbers for pictures, so that a file holds each once: `number_of` gives None for one that cannot be read."""

    def __init__(self, root: Path, small: Iterable[str], side: int) -> None:
        """`small` are paths of product pictures, kept at `side` pixels; all others count as photographs."""
        self._root = root
        self._small = frozenset(small)
        self._side = side
        self._numbers: dict[str, int | None] = {}
        self.pictures: list[str] = []

    def number_of(self, path: str) -> int | None:
        """The number of a picture in `pictures`; it is read when first asked for."""
        if path not in self._numbers:
            jpeg = small_jpeg(self._root / path, self._side if path in self._small else PHOTO_SIDE)
            self._numbers[path] = None if jpeg is None else len(self.pictures)
            if jpeg is not None:
                self.pictures.append(data_uri(jpeg))
        return self._numbers[path]

    def numbers_of(self, paths: Iterable[str]) -> list[int]:
        """The numbers of those of `paths` that can be read, in order."""
        return [number for path in paths if (number := self.number_of(path)) is not None]


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGB", layer.size, "white")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return image.convert("RGB")
