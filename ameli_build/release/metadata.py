"""Removal of metadata from photographs: EXIF with its position, XMP, comments and thumbnails.

The coded pixels do not change: only segments and chunks without effect on the picture are removed. The orientation
stays, as an EXIF block with no other entry. A TIFF or an AVIF, whose metadata are interwoven with the picture, is
written as a PNG with the same pixels. So is a picture that violates its format but decodes, and a BMP with more than a
header and pixels.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import PIL
import polars as pl
from PIL import Image

from ameli_build.core.cache import Shard, Work
from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import ANY_SIZE, bounded, open_body, picture_body, to_rgb
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings

ORIENTATION = 0x0112
RENAMED = pl.Schema({"path": pl.String, "name": pl.String})

_SCAN, _END = 0xDA, 0xD9
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_CHUNKS = frozenset(b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB bKGD pHYs cICP acTL fcTL fdAT".split())
_WEBP_CHUNKS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_PROFILE, _WEBP_EXIF, _WEBP_XMP = 0x20, 0x08, 0x04
_PROFILE_MARK = slice(36, 40), b"acsp"
"""Bytes of every colour profile."""
_JFIF, _ADOBE = 12, 12
"""Lengths of the segments with colours and density; a thumbnail or other bytes can follow."""
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_GIF_LOOP_BYTES = 19
_PNG_MODES = ("1", "L", "LA", "P", "I;16", "RGB", "RGBA")


class NotUnderstood(ValueError):
    """A picture that cannot be parsed into its parts, or cannot be decoded."""


def stripped(body: bytes) -> tuple[bytes, str | None]:
    """A picture without metadata, and the extension of its new name if its format has changed.

    Raises `NotUnderstood` if the picture cannot be decoded.
    """
    try:
        with bounded(ANY_SIZE), open_body(body) as image:
            if image.format == "TIFF":
                image.load()  # applies the rotation
            exif = _orientation(image)
            with suppress(NotUnderstood, IndexError):
                plain = _plain(body, image, exif)
                if plain is not None:
                    return plain, None
            return _as_png(image, exif), ".png"
    except Exception as error:  # damage can make a decoder raise any error
        raise NotUnderstood(str(error)) from None


def _plain(body: bytes, image: Image.Image, exif: bytes) -> bytes | None:
    """The body without its metadata; None if the picture must be encoded again.

    Raises `NotUnderstood` or IndexError if it does not follow its format.
    """
    coloured = _profile(image) is not None
    if image.format in ("JPEG", "MPO"):
        return b"".join(_jpeg(body, exif, coloured))
    if image.format == "PNG":
        return b"".join(_png(body, exif, coloured))
    if image.format == "WEBP":
        return _webp(body, exif, coloured)
    if image.format == "GIF":
        return b"".join(_gif(body))
    return body if image.format == "BMP" and body == _as_bmp(image) else None


def _profile(image: Image.Image) -> bytes | None:
    """The colour profile; None without one, and for anything else in its place."""
    profile = image.info.get("icc_profile")
    place, mark = _PROFILE_MARK
    return profile if isinstance(profile, bytes) and profile[place] == mark else None


def _orientation(image: Image.Image) -> bytes:
    """An EXIF block with only the orientation; b"" if the picture has none, or its block cannot be read."""
    try:
        turned = image.getexif().get(ORIENTATION)
    except Exception:  # Pillow raises many kinds of errors for damaged blocks
        return b""
    if not isinstance(turned, int) or not 2 <= turned <= 8:
        return b""
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    return exif.tobytes()


def _jpeg(body: bytes, exif: bytes, coloured: bool) -> Iterator[bytes]:
    """The segments that a decoder needs, up to the end of the first picture. Later bytes are previews or metadata."""
    yield body[:2]
    if exif:
        yield b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    place = 2
    while place < len(body):
        if body[place] != 0xFF:
            raise NotUnderstood(f"no marker at byte {place}")
        kind = body[place + 1]
        if kind == 0xFF:  # a fill byte
            place += 1
            continue
        if kind == _END:
            yield body[place : place + 2]
            return
        end = place + 2 if 0xD0 <= kind <= 0xD7 else place + 2 + int.from_bytes(body[place + 2 : place + 4], "big")
        if kind == _SCAN:
            behind = _SCAN_ENDS.search(body, end)
            end = behind.start() if behind else len(body)
        yield _needed(kind, body[place:end], coloured)
        place = end


def _needed(kind: int, segment: bytes, coloured: bool) -> bytes:
    """The part of a segment that affects the picture: nothing of comments and of most application segments."""
    body = segment[4:]
    if kind in (0xE0, 0xEE) and body.startswith((b"JFIF\0", b"Adobe")) and len(body) < _JFIF:
        raise NotUnderstood("a segment without its end")
    if kind == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
        return segment if coloured else b""
    if kind == 0xE0 and body.startswith(b"JFIF\0"):
        return b"\xff\xe0\0\x10" + body[:_JFIF] + b"\0\0"  # no thumbnail
    if kind == 0xEE and body.startswith(b"Adobe"):
        return b"\xff\xee\0\x0e" + body[:_ADOBE]
    return b"" if 0xE0 <= kind <= 0xEF or kind == 0xFE else segment


def _png(body: bytes, exif: bytes, coloured: bool) -> Iterator[bytes]:
    yield body[:8]
    place = 8
    while place + 8 <= len(body):
        end = place + 12 + int.from_bytes(body[place : place + 4], "big")
        kind = body[place + 4 : place + 8]
        if exif and kind == b"IDAT":
            yield _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
            exif = b""
        if kind in _PNG_CHUNKS and (coloured or kind != b"iCCP"):
            yield body[place:end]
        if kind == b"IEND":
            return
        place = end


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _webp(body: bytes, exif: bytes, coloured: bool) -> bytes:
    parts: list[bytes] = []
    place = 12
    while place + 8 <= len(body):
        kind, size = body[place : place + 4], int.from_bytes(body[place + 4 : place + 8], "little")
        end = place + 8 + size + size % 2
        part = body[place:end]
        if kind == b"VP8X":
            dropped = _WEBP_EXIF | _WEBP_XMP | (0 if coloured else _WEBP_PROFILE)
            flags = part[8] & ~dropped | (_WEBP_EXIF if exif else 0)
            part = part[:8] + bytes([flags]) + part[9:]
        if kind in _WEBP_CHUNKS and (coloured or kind != b"ICCP"):
            parts.append(part)
        place = end
    if exif and parts[0].startswith(b"VP8X"):
        parts.append(b"EXIF" + len(exif).to_bytes(4, "little") + exif + b"\0" * (len(exif) % 2))
    data = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(data).to_bytes(4, "little") + data


def _gif(body: bytes) -> Iterator[bytes]:
    """The blocks of a GIF without comments and without application blocks, except loops."""
    place = 13 + (3 << (body[10] & 7) + 1 if body[10] & 0x80 else 0)
    yield body[:place]
    while body[place] != 0x3B:
        start, loops = place, False
        if body[place] == 0x2C:
            place += 10 + (3 << (body[place + 9] & 7) + 1 if body[place + 9] & 0x80 else 0) + 1
            needed = True
        elif body[place] == 0x21:
            kind = body[place + 1]
            loops = kind == 0xFF and body[place + 3 : place + 14] in _GIF_LOOPS
            needed = kind == 0xF9 or loops
            place += 2
        else:
            raise NotUnderstood(f"no block at byte {place}")
        while body[place]:
            place += body[place] + 1
        place += 1
        if needed and (not loops or place - start == _GIF_LOOP_BYTES):
            yield body[start:place]
    yield b"\x3b"


def _as_png(image: Image.Image, exif: bytes) -> bytes:
    """The first frame as PNG: pixels, palette, transparency, colour profile and orientation, and nothing else."""
    image.load()
    profile, clear = _profile(image), image.info.get("transparency")
    if image.mode not in _PNG_MODES:  # CMYK has a profile of its own
        image, exif, profile, clear = to_rgb(image), b"", None, None
    plain = Image.frombytes(image.mode, image.size, image.tobytes())
    if image.palette:
        plain.putpalette(image.palette.getdata()[1], image.palette.mode)
    stream = io.BytesIO()
    plain.save(stream, "PNG", exif=exif, icc_profile=profile, transparency=clear)
    return stream.getvalue()


def _as_bmp(image: Image.Image) -> bytes | None:
    """The picture as BMP with only a header and pixels; None if BMP does not support its mode."""
    stream = io.BytesIO()
    try:
        image.save(stream, "BMP", dpi=image.info.get("dpi", (96, 96)))
    except OSError:
        return None
    return stream.getvalue()


def without_metadata(work: Work, settings: Settings, paths: Sequence[str]) -> dict[str, str]:
    """New names of the released pictures that lose metadata, by path in the snapshot."""
    if not settings.release.strip_metadata:
        return {}
    root, size = str(work.snapshot.root), settings.run.shard_rows
    shards = [
        Shard(fingerprint(piece, PIL.__version__), (root, piece), len(piece))
        for piece in map(list, _pieces(paths, size))
    ]
    renamed = pl.concat(
        [pl.DataFrame(schema=RENAMED), *work.map("strip metadata", strip_shard, shards, unit="pictures")]
    )
    undecodable = renamed.filter(pl.col("name").is_null()).height
    if undecodable:
        say(f"warning: {undecodable:,} pictures cannot be decoded, and are released with their metadata")
    return dict(renamed.drop_nulls().iter_rows())


def _pieces(paths: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (paths[start : start + size] for start in range(0, len(paths), size))


def strip_shard(payload: tuple[str, list[str]]) -> pl.DataFrame:
    """The pictures of a shard with metadata, and their new names; null if a picture cannot be parsed."""
    root, paths = payload
    rows: list[tuple[str, str | None]] = []
    for path in paths:
        body = _read(Path(root) / path)
        try:
            plain, ending = stripped(body)
        except NotUnderstood:
            rows.append((path, None))
            continue
        if plain != body:
            rows.append((path, sha256(plain).hexdigest() + (ending or Path(path).suffix)))
    return pl.DataFrame(rows, schema=RENAMED, orient="row")


def _read(path: Path) -> bytes:
    try:
        return picture_body(path)
    except OSError as error:
        raise RunFailed(f"{path}: {error.strerror}, though a table names it; run ameli build again") from None
