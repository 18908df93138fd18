"""Files of raw records, a row at a time: JSON Lines, plain or compressed, and Parquet (contract, section 2)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, NoReturn, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from ameli_build.catalog.raw_records import BadRecord, Raw, product_of, review_of
from ameli_build.records import Product, Rejected, Review
from ameli_build.snapshot import UnusableInput

Form = Literal["jsonl", "jsonl.gz", "jsonl.zst", "parquet"]

FORMS: tuple[Form, ...] = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")

_MAGIC: dict[bytes, Form] = {b"\x1f\x8b": "jsonl.gz", b"\x28\xb5\x2f\xfd": "jsonl.zst", b"PAR1": "parquet"}
_BOM = b"\xef\xbb\xbf"
_SHOWN = 10_000
"""So many characters of a bad line are kept."""

T = TypeVar("T", Product, Review)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its number from 1, its text, and its record or why there is none."""

    line: int
    text: str
    record: Raw | None
    error: str = ""


def form_of(path: Path) -> Form:
    """How a file is written, from its first bytes. Raises `UnusableInput` where it cannot be read."""
    try:
        with path.open("rb") as handle:
            head = handle.read(4)
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read ({error.strerror})") from None
    return next((form for magic, form in _MAGIC.items() if head.startswith(magic)), "jsonl")


def read_rows(path: Path) -> Iterator[Row]:
    """Every row of a file. Raises `UnusableInput` for a file that cannot be opened or a Parquet file that is broken."""
    form = form_of(path)
    yield from _parquet_rows(path) if form == "parquet" else _lines(path, form)


def read_products(path: Path, name: str) -> tuple[list[Product], list[Rejected]]:
    """The products of a file, `name` in the records' `source`, and its unusable rows. Of a SKU the first row stays.

    Raises `UnusableInput` when there is not one usable product.
    """
    return _read(path, name, "product", product_of, lambda product: (product.sku,), "duplicate sku: {}")


def read_reviews(path: Path, name: str) -> tuple[list[Review], list[Rejected]]:
    """The reviews of a file, as `read_products` reads products; a row is a link, of `review_id` and `sku`."""
    return _read(path, name, "review", review_of, lambda r: (r.review_id, r.sku), "duplicate review_id and sku: {}, {}")


def _read(
    path: Path, name: str, kind: str, make: Callable[[Raw, str], T], key: Callable[[T], tuple[str, ...]], twice: str
) -> tuple[list[T], list[Rejected]]:
    kept: dict[tuple[str, ...], T] = {}
    rejected: list[Rejected] = []
    for row in read_rows(path):
        error = row.error
        if row.record is not None:
            try:
                made = make(row.record, f"{name}:{row.line}")
                error = twice.format(*key(made)) if key(made) in kept else ""
                kept.setdefault(key(made), made)
            except BadRecord as bad:
                error = str(bad)
        if error:
            rejected.append(Rejected(name, row.line, error, row.text[:_SHOWN]))
    if not kept:
        first = f"; line {rejected[0].line}: {rejected[0].error}" if rejected else ", the file is empty"
        raise UnusableInput(f"{path}: no usable {kind}{first}")
    return list(kept.values()), rejected


def _lines(path: Path, form: Form) -> Iterator[Row]:
    number = 0
    try:
        with ExitStack() as stack:
            for number, line in enumerate(_opened(path, form, stack), 1):
                yield _row(number, line)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        yield Row(number + 1, "", None, f"the compressed file is cut or broken here: {error}")
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read ({error.strerror})") from None


def _opened(path: Path, form: Form, stack: ExitStack) -> Iterator[bytes]:
    handle: IO[bytes] = stack.enter_context(path.open("rb"))
    if form == "jsonl.gz":
        return iter(stack.enter_context(gzip.GzipFile(fileobj=handle)))
    if form == "jsonl.zst":
        return _split(_unzstd(handle))
    return iter(handle)


def _unzstd(handle: IO[bytes]) -> Iterator[bytes]:
    """The content of all frames; the library's own reader takes a cut file for a whole one."""
    frame = None
    data = handle.read(1 << 16)
    while data:
        frame = frame or zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        data = frame.unused_data if frame.eof else b""
        frame = None if frame.eof else frame
        data = data or handle.read(1 << 16)
    if frame is not None:
        raise EOFError("ends in the middle of a frame")


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks as lines; unlike a text wrapper it gives the whole lines before a broken place."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        *whole, last = rest.split(b"\n")
        yield from map(bytes, whole)
        rest = last
    if rest:
        yield bytes(rest)


def _row(number: int, line: bytes) -> Row:
    line = bytes(line).rstrip(b"\r\n").removeprefix(_BOM)
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return Row(number, line.decode(errors="backslashreplace"), None, f"not UTF-8 at byte {error.start + 1}")
    try:
        return Row(number, text, _object(text))
    except BadRecord as error:
        return Row(number, text, None, str(error))


def _object(text: str) -> Raw:
    if not text.strip():
        raise BadRecord("a blank line")
    try:
        value = json.loads(text, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise BadRecord("not JSON: nested too deeply") from None
    except UnicodeEncodeError:
        raise BadRecord("half of a surrogate pair in a string") from None
    except ValueError as error:
        raise BadRecord(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadRecord(f"not an object but {type(value).__name__}")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _parquet_rows(path: Path) -> Iterator[Row]:
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(number, json.dumps(record, ensure_ascii=False, default=str)[:_SHOWN], record)
    except (pa.ArrowException, OSError) as error:
        raise UnusableInput(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
