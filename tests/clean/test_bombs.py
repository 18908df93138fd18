"""Small files that would need much time or memory, in each format of photographs and in other formats."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pictures_made import encoded, photograph, png_header
from PIL import Image

from ameli_build.clean.decoding import _check
from ameli_build.core.pictures import MAX_SCANS, check_scans, open_picture
from ameli_build.release.metadata import NotUnderstood, stripped

LIMIT = 89_478_485
SMALL = photograph(side=64)
SIDE = 60_000


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(kind: bytes, head: bytes, size: int) -> bytes:
    """A PNG with a packed text or profile of `size` bytes."""
    body = encoded(SMALL, "PNG")
    return body[:33] + chunk(kind, head + zlib.compress(b"a" * size, 9)) + body[33:]


def tiff(*tags: tuple[int, int, int, int]) -> bytes:
    more = dict.fromkeys((258, 259, 262, 273, 278, 279), 1) | {258: 8, 273: 8, 279: 100}
    fields = {tag: (tag, 4, 1, value) for tag, value in more.items()} | {tag[0]: tag for tag in tags}
    entries = b"".join(struct.pack("<HHII", *fields[tag]) for tag in sorted(fields))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + entries + struct.pack("<I", 8)


def replaced(form: str, place: int, packed: bytes) -> bytes:
    body = encoded(SMALL, form)
    return body[:place] + packed + body[place + len(packed) :]


def jpeg_of(size: tuple[int, int]) -> bytes:
    return encoded(SMALL).replace(struct.pack(">HH", 64, 64), struct.pack(">HH", *size), 1)


def jpeg_of_scans(number: int) -> bytes:
    body = encoded(SMALL, progressive=True)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00\x00"
    return body[:-2] + scan * number + b"\xff\xd9"


def webp_canvas() -> bytes:
    picture = encoded(SMALL, "WEBP", lossless=True)[12:]
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (SIDE - 1).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", 4 + len(canvas) + len(picture)) + b"WEBP" + canvas + picture


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "PNG, size": (lambda: png_header(SIDE, SIDE), "bomb"),
    "PNG, largest size": (lambda: png_header(2**31 - 1, 2**31 - 1), "bomb"),
    "PNG, text": (lambda: png_with(b"zTXt", b"k\0\0", 100_000_000), "too large"),
    "PNG, international text": (lambda: png_with(b"iTXt", b"k\0\1\0\0\0", 100_000_000), "too large"),
    "PNG, profile": (lambda: png_with(b"iCCP", b"k\0\0", 100_000_000), "too large"),
    "JPEG, size": (lambda: jpeg_of((65_500, 65_500)), "bomb"),
    "JPEG, scans": (lambda: jpeg_of_scans(20_000), "bomb"),
    "GIF, screen": (lambda: replaced("GIF", 6, struct.pack("<HH", 65_535, 65_535)), "bomb"),
    "WebP, canvas": (webp_canvas, "bomb"),
    "AVIF, size": (
        lambda: encoded(SMALL, "AVIF").replace(struct.pack(">II", 64, 64), struct.pack(">II", SIDE, SIDE)),
        "not a picture",
    ),
    "BMP, size": (lambda: replaced("BMP", 18, struct.pack("<ii", SIDE, SIDE)), "bomb"),
    "BMP, negative size": (lambda: replaced("BMP", 18, struct.pack("<ii", -SIDE, -(2**31))), "bomb"),
    "BMP, pixels elsewhere": (lambda: replaced("BMP", 10, struct.pack("<I", 2**32 - 1)), "truncated"),
    "TIFF, size": (lambda: tiff((256, 4, 1, SIDE), (257, 4, 1, SIDE)), "bomb"),
    "TIFF, strips": (lambda: tiff((256, 4, 1, 64), (257, 4, 1, 64), (273, 4, 2**31 - 1, 8)), ""),
    "TIFF, values": (lambda: tiff((256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 2**30, 8)), ""),
    "ICO": (lambda: encoded(SMALL, "ICO"), "not a picture"),
    "ICO of a large PNG": (
        lambda: b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, 69, 22) + png_header(SIDE, SIDE),
        "not a picture",
    ),
    "EPS": (lambda: encoded(SMALL, "EPS"), "not a picture"),
    "PPM": (lambda: b"P6 60000 60000 255\n", "not a picture"),
    "TGA": (lambda: encoded(SMALL, "TGA"), "not a picture"),
    "ICNS": (lambda: encoded(SMALL, "ICNS"), "not a picture"),
    "JPEG 2000": (lambda: encoded(SMALL, "JPEG2000"), "not a picture"),
    "DDS": (lambda: encoded(SMALL, "DDS"), "not a picture"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_with_a_huge_claim_is_rejected_quickly(tmp_path: Path, name: str) -> None:
    make, message = BOMBS[name]
    body = make()
    (tmp_path / "a.jpg").write_bytes(body)
    started = time.process_time()
    error, form = _check(tmp_path / "a.jpg", LIMIT)
    assert form is None
    assert message in str(error)
    with suppress(NotUnderstood):
        assert len(stripped(body)[0]) <= max(len(body), 100_000)
    assert time.process_time() - started < 5


def frames(number: int) -> list[Image.Image]:
    return [Image.new("RGB", (64, 64), (n % 250, n // 250, 0)) for n in range(number)]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF", "MPO", "AVIF"])
def test_the_first_of_many_pictures_in_a_file_counts(tmp_path: Path, form: str) -> None:
    more = frames(20 if form == "AVIF" else 500)
    (tmp_path / "a").write_bytes(encoded(SMALL.copy(), form, save_all=True, append_images=more))
    started = time.process_time()
    error, _ = _check(tmp_path / "a", LIMIT)
    assert error is None
    assert open_picture(tmp_path / "a").size == SMALL.size
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "body",
    [
        encoded(SMALL, progressive=True) + b"\0\0\0\x18ftypmp42" + b"\xff\xda\x12\x34" * 5000,
        encoded(SMALL, exif=b"Exif\0\0" + b"\xff\xda" * 5000),
        encoded(SMALL, comment=b"\xff\xda" * 5000),
        encoded(SMALL.copy(), "MPO", save_all=True, append_images=frames(500)),
        jpeg_of_scans(50),
    ],
    ids=["film after the picture", "metadata", "comment", "pictures after the picture", "fifty scans"],
)
def test_only_scans_of_the_picture_itself_count(tmp_path: Path, body: bytes) -> None:
    """Data that a telephone adds to a photograph may have any bytes."""
    assert body.count(b"\xff\xda") > MAX_SCANS or body == jpeg_of_scans(50)
    check_scans(io.BytesIO(body))


@pytest.mark.parametrize("number", [MAX_SCANS + 1, 1000, 100_000])
@pytest.mark.parametrize("filling", [b"", b"\xff", b"\0\x12\xff\0", b"\xff\xd0"])
def test_bytes_between_scans_do_not_hide_them(number: int, filling: bytes) -> None:
    body = encoded(SMALL)[:-2] + (filling + b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00\x00") * number
    with pytest.raises(Image.DecompressionBombError, match="scans"):
        check_scans(io.BytesIO(body))
