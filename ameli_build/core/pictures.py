"""Opening of pictures, the same for every stage: within limits, rotated by EXIF, in RGB."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, ImageOps

from ameli_build.core.errors import RunFailed
from ameli_build.core.snapshot import file_digest, is_named_by_content

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
"""Formats of photographs. Pillow's other formats are refused; some of them start programs."""

MAX_PIXELS = 89_478_485
"""Default of the size above which no picture is decoded: Pillow's own limit."""

ANY_SIZE = 2**31
"""Limit in pixels for pictures that have passed the limit of the stage `clean`."""

MOST_BYTES = 1 << 30
"""Largest size of a picture's file."""

MAX_SCANS = 100
"""Most scans of a JPEG; progressive JPEGs have about ten."""
_SCAN = b"\xff\xda"
"""Marker of a scan. In packed pixels, a zero follows every 0xff."""
_MARKER = re.compile(rb"\xff+[^\x00\x01\xd0-\xd8\xff]")
"""Marker of a segment that has a length, or of the end."""
_END = 0xD9


class DamagedPicture(RunFailed):
    """A picture of a snapshot whose content does not match its name, or that is not a file."""


def picture_body(path: Path) -> bytes:
    """The bytes of a picture of a snapshot, checked: results are cached under its name. Raises `DamagedPicture`."""
    status = path.stat()
    if not S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:  # a device may never end
        raise DamagedPicture(f"{path}: not a file of at most {MOST_BYTES:,} bytes")
    body = path.read_bytes()
    if is_named_by_content(path) and sha256(body).hexdigest() != path.stem:
        raise DamagedPicture(f"{path}: damaged, its content does not match its name; restore it")
    return body


def open_picture(path: Path) -> Image.Image:
    """A picture of a snapshot as a viewer shows it, in RGB. Raises `DamagedPicture` and Pillow's errors."""
    with bounded(ANY_SIZE), open_body(picture_body(path)) as image:
        return to_rgb(image)


@contextmanager
def bounded(max_pixels: int) -> Iterator[None]:
    """Let Pillow raise errors for pictures above `max_pixels` and for truncated files; mute its warnings."""
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = max_pixels, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on metadata; callers of load() handle its warnings
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


def check_scans(stream: BinaryIO) -> None:
    """Raise `DecompressionBombError` for a JPEG of more than `MAX_SCANS` scans; each scan visits all pixels."""
    last = stream.read(2)
    if last != b"\xff\xd8":
        return
    scans = 0
    while piece := stream.read(1 << 16):
        scans += (last[-1:] + piece).count(_SCAN)
        last = piece
    if scans > MAX_SCANS:
        stream.seek(2)
        if (scans := _scans(stream.read())) > MAX_SCANS:
            raise Image.DecompressionBombError(f"{scans:,} scans")


def _scans(body: bytes) -> int:
    """Scans of a JPEG as a decoder meets them: without thumbnails, and without a phone's video behind the image."""
    scans = place = 0
    while (marker := _MARKER.search(body, place)) and marker[0][-1] != _END:
        scans += marker[0][-1] == _SCAN[-1]
        place = marker.end() + int.from_bytes(body[marker.end() : marker.end() + 2], "big")
    return scans


def open_body(body: bytes) -> Image.Image:
    """The picture in `body`, of one of `FORMATS`, not yet decoded. Raises Pillow's errors."""
    Image.init()
    check_scans(io.BytesIO(body))
    return Image.open(io.BytesIO(body), formats=[name for name in FORMATS if name in Image.OPEN])


def to_rgb(image: Image.Image) -> Image.Image:
    """A picture as a viewer shows it: rotated by EXIF, 16 bits scaled to 8, transparency on white."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16"):
        turned = Image.fromarray((np.asarray(turned) >> 8).astype(np.uint8))
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        layer = turned.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return turned.convert("RGB")


def content_key(root: Path, path: str) -> str:
    """The SHA-256 of a picture of the snapshot, read from its name if possible. Raises `OSError`."""
    place = root / path
    return place.stem if is_named_by_content(place) else file_digest(place)
