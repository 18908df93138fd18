"""Decoding of response bodies within a size limit, and the image type of their first bytes."""

from __future__ import annotations

import zlib

import brotli
import zstandard


class TooLarge(Exception):
    """A body that exceeds the limit when decoded."""


class Undecodable(Exception):
    """A body that does not follow its own content encoding."""


def decode(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo the `Content-Encoding` of a body.

    Args:
        body: The body as received.
        encoding: Value of the header `Content-Encoding`; "" for none.
        limit: Largest decoded size in bytes. Decoding stops there.

    Raises:
        TooLarge: The decoded body exceeds `limit`.
        Undecodable: The body does not follow its encoding.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        try:
            body = _decoded(body, name, limit)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise Undecodable(f"{name}: {error}") from None
    if len(body) > limit:
        raise TooLarge(f"more than {limit:,} bytes")
    return body


def _decoded(body: bytes, name: str, limit: int) -> bytes:
    if name in ("", "identity"):
        return body
    if name in ("gzip", "x-gzip"):
        return _inflate(body, limit, 31)
    if name == "deflate":  # some servers omit the zlib header
        wrapped = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
        return _inflate(body, limit, 15 if wrapped else -15)
    if name == "br":
        return _unbrotli(body, limit)
    if name == "zstd":
        return _unzstd(body, limit)
    raise Undecodable(f"unknown content encoding {name!r}")


def _inflate(body: bytes, limit: int, window: int) -> bytes:
    """All members of a gzip body, or a deflate stream; a stream that ends early is an error."""
    parts: list[bytes] = []
    size = position = 0
    while position < len(body):
        inflater = zlib.decompressobj(window)
        while not inflater.eof:
            piece = body[position : position + 65536]
            if not piece:
                raise Undecodable("the compressed body ends early")
            parts.append(inflater.decompress(piece, limit + 1 - size))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge(f"more than {limit:,} bytes")
            position += len(piece) - len(inflater.unused_data)
        if body[position : position + 2] != b"\x1f\x8b":  # padding after the last member
            break
    return b"".join(parts)


def _unbrotli(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    parts = [decoder.process(body, output_buffer_limit=limit + 1)]
    size = len(parts[0])
    while size <= limit and not decoder.can_accept_more_data():
        parts.append(decoder.process(b"", output_buffer_limit=limit + 1 - size))
        size += len(parts[-1])
    if size <= limit and not decoder.is_finished():
        raise Undecodable("the compressed body ends early")
    return _bounded(b"".join(parts), limit)


def _unzstd(body: bytes, limit: int) -> bytes:
    """All frames of a body. The slices are so small that none can unpack to more than a dozen megabytes."""
    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    parts: list[bytes] = []
    size = position = 0
    while position < len(body):
        frame = decoder.decompressobj()
        while not frame.eof:
            piece = body[position : position + 256]
            if not piece:
                raise Undecodable("the compressed body ends early")
            parts.append(frame.decompress(piece))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge(f"more than {limit:,} bytes")
            position += len(piece) - len(frame.unused_data)
    return b"".join(parts)


def _bounded(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise TooLarge(f"more than {limit:,} bytes")
    return body


def image_extension(body: bytes) -> str | None:
    """File name extension of an image, by its first bytes; None if it is certainly no image, `bin` in doubt."""
    for magic, extension in _MAGIC:
        if body.startswith(magic):
            return extension
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if body[4:8] == b"ftyp":
        return "avif" if body[8:12] in (b"avif", b"avis") else "heic"
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")):
        return "svg"
    if start.startswith((b"<", b"{", b"[")) or not start:
        return None
    return "bin"


_MAGIC = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tif"),
    (b"MM\x00*", "tif"),
)
