"""Gzip members, made cheaply: what is compressed already is not compressed again."""

from __future__ import annotations

import struct
import zlib

LEVEL = 6
_END = 4
"""Bytes of the two empty lines after a record's block."""


def packed(record: bytes, encoded: int = 0) -> bytes:
    """A WARC record as one gzip member; its last `encoded` bytes before the two empty lines came compressed.

    Those are stored as they are: deflate would take a millisecond a page to gain nothing.
    """
    if not encoded:
        return zlib.compress(record, LEVEL, wbits=31)
    split = len(record) - encoded - _END
    head = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    rest = zlib.compressobj(0, zlib.DEFLATED, -15)
    parts = (
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
        head.compress(record[:split]),
        head.flush(zlib.Z_FULL_FLUSH),  # ends at a byte, so that another deflate stream can follow
        rest.compress(record[split:]),
        rest.flush(),
        struct.pack("<II", zlib.crc32(record), len(record) & 0xFFFFFFFF),
    )
    return b"".join(parts)
