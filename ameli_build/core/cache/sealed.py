"""Files that carry their own digest, so that a damaged one is told from a whole one.

What a cache holds lies for months on disks that others fill, and is believed when it is read again. An entry is its
body and the body's SHA-256 behind it. One that was cut or changed is as good as none: it is made again. Other readers
cannot open it, so its name ends in `SEALED`, whatever its body is.
"""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path

import polars as pl

from ameli_build.core.progress import say
from ameli_build.core.snapshot import write_bytes

SEALED = ".sealed"
"""The ending of the name of a sealed file."""

_LENGTH = hashlib.sha256().digest_size


def write_sealed(path: Path, body: bytes) -> None:
    """Write a body and its digest, whole or not at all."""
    write_bytes(path, body + hashlib.sha256(body).digest())


def read_sealed(path: Path) -> bytes | None:
    """The body of a sealed file; None where there is none, or a damaged one, which is told."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _tell(str(path), f"cannot be read ({error.strerror})")
        return None
    return unsealed(data, str(path))


def unsealed(data: bytes, place: str) -> bytes | None:
    """The body of a sealed file's content; None for a damaged one, which is told with its place."""
    body = data[:-_LENGTH]
    if hashlib.sha256(body).digest() != data[-_LENGTH:]:
        _tell(place, "damaged, or of an earlier version")
        return None
    return body


@cache
def _tell(place: str, why: str) -> None:
    say(f"warning: {place}: {why}; made again")


def write_entry(path: Path, table: pl.DataFrame) -> None:
    """Write a table as a sealed Parquet file."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd", statistics=True)
    write_sealed(path, buffer.getvalue())


def read_entry(path: Path, columns: list[str] | None = None) -> pl.DataFrame | None:
    """The table of `write_entry`; None where there is none, or a damaged one."""
    body = read_sealed(path)
    return None if body is None else pl.read_parquet(io.BytesIO(body), columns=columns)
