"""Decoding of content encodings within a limit, and image types by first bytes."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from faults.http_faults import Bomb, bomb

from ameli_build.archive.bodies import TooLarge, Undecodable, decode, image_extension

TEXT = b"a review of a red lamp " * 400
PACKED = {
    "identity": TEXT,
    "": TEXT,
    "gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT[:100]) + zstandard.compress(TEXT[100:]),
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
}


@pytest.mark.parametrize("encoding", PACKED)
def test_every_encoding_is_decoded(encoding: str) -> None:
    assert decode(PACKED[encoding], encoding, len(TEXT)) == TEXT


def test_raw_deflate_is_decoded() -> None:
    packer = zlib.compressobj(wbits=-15)
    assert decode(packer.compress(TEXT) + packer.flush(), "deflate", 10**6) == TEXT


@pytest.mark.parametrize("encoding", PACKED)
def test_one_byte_above_the_limit_is_too_large(encoding: str) -> None:
    with pytest.raises(TooLarge):
        decode(PACKED[encoding], encoding, len(TEXT) - 1)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_bomb_is_not_decompressed(encoding: str) -> None:
    packed = bomb(Bomb(encoding, megabytes=100))  # type: ignore[arg-type]
    tracemalloc.start()
    with pytest.raises(TooLarge):
        decode(packed, encoding, 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_without_its_declared_encoding_is_undecodable(encoding: str) -> None:
    with pytest.raises(Undecodable):
        decode(b"<html>plain</html>", encoding, 10**6)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_truncated_body_is_undecodable(encoding: str) -> None:
    with pytest.raises(Undecodable):
        decode(PACKED[encoding][:-9], encoding, 10**6)


def test_an_unknown_encoding_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="compress"):
        decode(b"x", "compress", 10)


@pytest.mark.parametrize(
    ("body", "extension"),
    [
        (b"\xff\xd8\xff\xe0rest", "jpg"),
        (b"\x89PNG\r\n\x1a\nrest", "png"),
        (b"GIF89a", "gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"\0\0\0\x20ftypavif", "avif"),
        (b"\0\0\0\x20ftypheic", "heic"),
        (b" <svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"\xff\xd8", "bin"),
        (b"<!DOCTYPE html><html></html>", None),
        (b'{"error": 1}', None),
        (b"", None),
    ],
)
def test_the_first_bytes_give_the_type(body: bytes, extension: str | None) -> None:
    assert image_extension(body) == extension
