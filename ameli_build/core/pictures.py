"""How a picture is opened, the same for every stage: guarded, turned as its EXIF says, in RGB."""

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
"""Formats of photographs; Pillow's others are refused, some of them start other programs."""

MAX_PIXELS = 89_478_485
"""Default of the size above which no picture is decoded: Pillow's own limit."""

ANY_SIZE = 2**31
"""A limit for pictures that have passed that of the stage `clean`."""

MOST_BYTES = 1 << 30
"""Of a picture's file."""

MAX_SCANS = 100
"""Scans of a JPEG; progressive ones have about ten."""
_SCAN = b"\xff\xda"
"""The marker of a scan: in packed pixels every 0xff is followed by a zero."""
_MARKER = re.compile(rb"\xff+[^\x00\x01\xd0-\xd8\xff]")
"""Of a segment that tells its length, or of the end."""
_END = 0xD9


class DamagedPicture(RunFailed):
    """A picture of a snapshot whose content is not what its name says, or that is no file."""


def picture_body(path: Path) -> bytes:
    """The bytes of a picture of a snapshot; what is made of it is kept under its name. Raises `DamagedPicture`."""
    found = path.stat()
    if not S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:  # a device may never end
        raise DamagedPicture(f"{path}: not a file of at most {MOST_BYTES:,} bytes")
    body = path.read_bytes()
    if is_named_by_content(path) and sha256(body).hexdigest() != path.stem:
        raise DamagedPicture(f"{path}: damaged, its content is not what its name says; restore it")
    return body


def open_picture(path: Path) -> Image.Image:
    """A picture of a snapshot as a viewer shows it, in RGB. Raises `DamagedPicture`, and what Pillow raises."""
    with bounded(ANY_SIZE), open_body(picture_body(path)) as image:
        return to_rgb(image)


@contextmanager
def bounded(max_pixels: int) -> Iterator[None]:
    """Pillow with its guards on: nothing above `max_pixels`, no truncated file, and silent but for that."""
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = max_pixels, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on metadata; what load() warns of is judged where it is called
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


def check_scans(stream: BinaryIO) -> None:
    """Raise `DecompressionBombError` for a JPEG of more scans than a picture has: each goes over all of its pixels."""
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
    """Scans of a JPEG, as a decoder meets them: not in thumbnails, nor in a film that a telephone put behind it."""
    scans = place = 0
    while (marker := _MARKER.search(body, place)) and marker[0][-1] != _END:
        scans += marker[0][-1] == _SCAN[-1]
        place = marker.end() + int.from_bytes(body[marker.end() : marker.end() + 2], "big")
    return scans


def open_body(body: bytes) -> Image.Image:
    """The picture in `body`, of one of `FORMATS`, not yet decoded. Raises what Pillow raises."""
    Image.init()
    check_scans(io.BytesIO(body))
    return Image.open(io.BytesIO(body), formats=[name for name in FORMATS if name in Image.OPEN])


def to_rgb(image: Image.Image) -> Image.Image:
    """A picture as a viewer shows it: turned as its EXIF says, 16 bits scaled to 8, transparency on white."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16"):
        turned = Image.fromarray((np.asarray(turned) >> 8).astype(np.uint8))
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        layer = turned.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return turned.convert("RGB")


def content_key(root: Path, path: str) -> str:
    """The SHA-256 of a picture of the snapshot, from its name where it is named by it. Raises `OSError`."""
    place = root / path
    return place.stem if is_named_by_content(place) else file_digest(place)
