"""Pictures of BAD_INPUTS, generated for the tests."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw


def photograph(seed: int = 0, side: int = 120, product: bool = True) -> Image.Image:
    """A dark red box in the middle of a noisy grey wall; without `product`, only the wall."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 6, (side, side, 3))
    image = Image.fromarray(np.clip(190 + noise, 0, 255).astype(np.uint8))
    if product:
        draw = ImageDraw.Draw(image)
        draw.rectangle(box_of(side), fill=(150 + seed % 50, 20, 30), outline=(60, 0, 0), width=3)
    return image


def box_of(side: int) -> tuple[int, int, int, int]:
    return side // 4, side // 5, side * 3 // 4, side * 4 // 5


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has almost no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def exif_turned(image: Image.Image, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, exif=exif)


def good_pictures() -> dict[str, bytes]:
    """Odd pictures that can be decoded."""
    photo = photograph()
    sixteen = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) << 8)
    frames = [photograph(seed) for seed in range(3)]
    jpeg = encoded(photo)
    return {
        "plain.jpg": jpeg,
        "trailing.jpg": jpeg + b"<html>junk</html>" * 50,
        "cmyk.jpg": encoded(photo.convert("CMYK")),
        "grey.jpg": encoded(photo.convert("L")),
        "palette.png": encoded(photo.quantize(40), "PNG", transparency=3),
        "alpha.png": encoded(photo.convert("RGBA"), "PNG"),
        "deep.png": encoded(sixteen, "PNG"),
        "turned.jpg": exif_turned(photo, 6),
        "badexif.jpg": encoded(photo, exif=b"Exif\0\0II*\0\xff\xff\xff\xffgarbage"),
        "badicc.jpg": encoded(photo, icc_profile=b"not a profile"),
        "animated.gif": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "animated.webp": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "gif.jpg": encoded(photo, "GIF"),
        "webp.jpg": encoded(photo, "WEBP"),
        "photo-in-png.jpg": encoded(photo, "PNG"),
        "grey-png.jpg": PLACEHOLDER,
        "drawing.png": encoded(Image.new("RGB", (64, 64), "white"), "PNG"),
        "pixel.jpg": encoded(Image.new("RGB", (1, 1), "red")),
        "thin.jpg": encoded(Image.new("RGB", (20000, 1), "red")),
    }


PLACEHOLDER = encoded(Image.new("L", (256, 256), 236), "PNG")
"""The picture that a shop sends for a missing picture; in records of one's own, a grey picture."""


def bad_pictures() -> dict[str, tuple[bytes, str]]:
    """Unusable pictures, each with words of its verdict."""
    jpeg = encoded(photograph(side=600), quality=95)
    png = encoded(photograph(), "PNG")
    return {
        "empty.jpg": (b"", "no bytes"),
        "cut-1.jpg": (jpeg[: len(jpeg) // 100], "cannot be decoded"),
        "cut-50.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "cut-999.jpg": (jpeg[: len(jpeg) * 999 // 1000], "truncated"),
        "cut-50.png": (png[: len(png) // 2], "truncated"),
        "zeros.jpg": (b"\0" * 4096, "not a picture"),
        "page.jpg": (b"<!doctype html><p>Access Denied", "not a picture"),
        "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        "script.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not a picture"),
        "heic.jpg": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64, "not a picture"),
        "bomb.png": (png_header(12000, 12000), "decompression bomb"),
    }
