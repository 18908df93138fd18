"""Files that end with their own digest, so that damage is found.

Cached results stay on a disk for months and are read again without a check by a person. An entry is a body and, behind
it, the SHA-256 of the body. A shortened or changed entry counts as missing, and its result is computed again. Other
programs cannot read the format, so the name of an entry ends in `SEALED`.
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
    """The body of a sealed file; None if it is missing or damaged. Damage gives a warning."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _warn(str(path), f"cannot be read ({error.strerror})")
        return None
    return unsealed(data, str(path))


def unsealed(data: bytes, place: str) -> bytes | None:
    """The body of a sealed file's content; None if it is damaged, with a warning that names `place`."""
    body = data[:-_LENGTH]
    if hashlib.sha256(body).digest() != data[-_LENGTH:]:
        _warn(place, "damaged, or of an earlier version")
        return None
    return body


@cache
def _warn(place: str, why: str) -> None:
    say(f"warning: {place}: {why}; made again")


def write_entry(path: Path, table: pl.DataFrame) -> None:
    """Write a table as a sealed Parquet file."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd", statistics=True)
    write_sealed(path, buffer.getvalue())


def read_entry(path: Path, columns: list[str] | None = None) -> pl.DataFrame | None:
    """The table of `write_entry`; None if the file is missing or damaged."""
    body = read_sealed(path)
    return None if body is None else pl.read_parquet(io.BytesIO(body), columns=columns)
