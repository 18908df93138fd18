"""Files of raw records, row by row: JSON Lines, plain or compressed, and Parquet (contract, section 2)."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from ameli_build.core.errors import UnusableInput
from ameli_build.core.records import PRODUCTS, Product, Rejected, to_frame
from ameli_build.ingest.fields import FieldUse
from ameli_build.ingest.raw_records import PRODUCT_FIELDS, BadRecord, Raw, Unreadable, product_of

Form = Literal["jsonl", "jsonl.gz", "jsonl.zst", "parquet"]

FORMS: tuple[Form, ...] = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet")

_MAGIC: dict[bytes, Form] = {b"\x1f\x8b": "jsonl.gz", b"\x28\xb5\x2f\xfd": "jsonl.zst", b"PAR1": "parquet"}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
NESTED = 200
"""Deepest nesting of a record; a parser's own limit would depend on the version of Python."""
_MARKS = re.compile(rb'\\.|["\[\]{}]')
_BOM = b"\xef\xbb\xbf"
_SHOWN = 10_000
"""Characters of an unusable line that are recorded."""
_BLOCK_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: its number from 1, its text, and its record or an error."""

    line: int
    text: str
    record: Raw | None
    error: str = ""


def form_of(path: Path) -> Form:
    """The format of a file, from its first bytes. Raises `UnusableInput` if it cannot be read."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe cannot be read twice
            raise UnusableInput(f"{path}: cannot be read (not a file)")
        with path.open("rb") as handle:
            head = handle.read(4)
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read ({error.strerror})") from None
    return next((form for magic, form in _MAGIC.items() if head.startswith(magic)), "jsonl")


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of a file from number `first` on: raw lines, or records of a Parquet file."""

    first: int
    rows: Sequence[bytes | Raw]
    broken: Row | None = None
    """The error behind the last row, if the file cannot be read further."""


def row_of(first: int, place: int, given: bytes | Raw) -> Row:
    """The row at index `place` of a block that begins with row `first`, checked to be an object."""
    if isinstance(given, bytes):
        return _row(first + place, given)
    return Row(first + place, _as_text(given), given)


def read_blocks(path: Path) -> Iterator[Block]:
    """All rows of a file, in blocks.

    Raises `UnusableInput` if the file cannot be opened, or if it is a broken Parquet file.
    """
    form = form_of(path)
    yield from _parquet_blocks(path) if form == "parquet" else _line_blocks(path, form)


def read_rows(path: Path) -> Iterator[Row]:
    """All rows of a file, as `read_blocks` reads them."""
    for block in read_blocks(path):
        yield from (row_of(block.first, place, given) for place, given in enumerate(block.rows))
        if block.broken:
            yield block.broken


def rejected_of(name: str, row: Row, error: str) -> Rejected:
    """The record of an unusable row."""
    return Rejected(name, row.line, error, row.text[:_SHOWN])


@dataclass(frozen=True, slots=True)
class ProductFile:
    """The products of a file, its unusable rows, and counts of its fields."""

    products: list[Product]
    rejected: list[Rejected]
    use: FieldUse


def read_products(path: Path, name: str) -> ProductFile:
    """The products of a file, named `name` in the records' `source`. The first row of a SKU counts.

    Raises `UnusableInput` if there is no usable product.
    """
    products: dict[str, Product] = {}
    rejected: list[Rejected] = []
    use = FieldUse()
    for row in read_rows(path):
        error = row.error
        if row.record is not None:
            unread: list[str] = []
            try:
                product = product_of(row.record, f"{name}:{row.line}", unread)
                use.note_unread(row.line, unread)
                use.unknown.update(set(map(str, row.record)) - set(PRODUCT_FIELDS))
                error = f"duplicate sku: {product.sku}" if product.sku in products else ""
                products.setdefault(product.sku, product)
            except BadRecord as bad:
                error = str(bad)
        if error:
            rejected.append(rejected_of(name, row, error))
    if not products:
        raise UnusableInput(f"{path}: no usable product{first_of(rejected)}")
    use.note_table(to_frame(products.values(), PRODUCTS))
    return ProductFile(list(products.values()), rejected, use)


def first_of(rejected: Sequence[Rejected]) -> str:
    """The error of the first unusable row, as the end of an error message for a file without usable rows."""
    if not rejected:
        return ", the file is empty"
    if rejected[0].record.lstrip().startswith("["):
        return "; it is a JSON array: write one object a line, without brackets and commas (jq -c '.[]' does)"
    return f"; line {rejected[0].line}: {rejected[0].error}"


def _line_blocks(path: Path, form: Form) -> Iterator[Block]:
    first, lines = 1, list[bytes]()
    try:
        with ExitStack() as stack:
            for line in _opened(path, form, stack):
                lines.append(line)
                if len(lines) == _BLOCK_ROWS:
                    yield Block(first, lines)
                    first, lines = first + len(lines), []
        yield Block(first, lines)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        cut = Row(first + len(lines), "", None, f"the compressed file is cut or broken here: {error}")
        yield Block(first, lines, cut)
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
    """The content of all frames; unlike the library's own reader, it notices a cut file."""
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
    """Chunks as lines; unlike a text wrapper, it yields all complete lines before an error."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        *whole, last = rest.split(b"\n")
        yield from map(bytes, whole)
        rest = last
    if rest:
        yield bytes(rest)


def is_nested_too_deeply(line: bytes) -> bool:
    """Whether a line of JSON has more than `NESTED` arrays and objects inside one another."""
    if line.count(b"[") + line.count(b"{") <= NESTED:
        return False
    depth, in_text = 0, False
    for mark in map(re.Match.group, _MARKS.finditer(line)):
        if mark == b'"':
            in_text = not in_text
        elif not in_text:
            depth += (mark in (b"[", b"{")) - (mark in (b"]", b"}"))
            if depth > NESTED:
                return True
    return False


def _row(number: int, line: bytes) -> Row:
    line = bytes(line).rstrip(b"\r\n").removeprefix(_BOM)
    if is_nested_too_deeply(line):
        return Row(number, line.decode(errors="backslashreplace"), None, "not JSON: nested too deeply")
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
        value = json.loads(text, parse_constant=Unreadable, parse_int=_integer)
        if _SURROGATE.search(text):
            value = _without_halves(value)
    except ValueError as error:
        raise BadRecord(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadRecord(f"not an object but {type(value).__name__}")
    return value


def _integer(digits: str) -> int | Unreadable:
    try:
        return int(digits)
    except ValueError:  # too many digits for Python
        return Unreadable(f"an integer of {len(digits):,} digits")


def _without_halves(value: Any) -> Any:
    """A JSON value, with `Unreadable` in place of each string that contains half of a surrogate pair."""
    if isinstance(value, dict):
        return {name.encode("utf-8", "replace").decode(): _without_halves(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_halves(item) for item in value]
    if isinstance(value, str) and not value.isascii() and _HALF.search(value):
        return Unreadable("half of a surrogate pair")
    return value


def _parquet_blocks(path: Path) -> Iterator[Block]:
    first = 1
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BLOCK_ROWS):
                yield Block(first, _records(batch))
                first += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise UnusableInput(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None


def _records(batch: pa.RecordBatch) -> list[Raw]:
    """The rows of a batch; read singly only if a value cannot be read, so that the others are not lost."""
    try:
        return cast(list[Raw], batch.to_pylist())
    except (ValueError, OverflowError):
        return [_record(batch.slice(place, 1)) for place in range(len(batch))]


def _record(row: pa.RecordBatch) -> Raw:
    return {name: _value(column[0]) for name, column in zip(row.schema.names, row.columns, strict=True)}


def _value(cell: pa.Scalar) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError as error:
        return Unreadable(f"not UTF-8 at byte {error.start + 1}")
    except (ValueError, OverflowError) as error:  # a time after the year 9999, or in nanoseconds
        return Unreadable(f"cannot be read ({error})")


def _as_text(record: Raw) -> str:
    return json.dumps(record, ensure_ascii=False, default=str)[:_SHOWN]
