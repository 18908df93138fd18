"""The gzip framing of records: a member for each record, as this project writes them, or another tool's framing."""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from ameli_build.core.progress import say
from ameli_build.core.snapshot import whole_file

_MAGIC = b"\x1f\x8b\x08"
_PIECE = 1 << 16
_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,15})[ \t]*\r?$", re.I | re.M)
_MAX_HEAD = 1 << 20

Damage = Callable[[Path, int, str], None]
"""Called for an unreadable record with its file, its first byte, and the error."""


def tell_damage(path: Path, start: int, why: str) -> None:
    """Warn of a damaged record."""
    say(f"warning: {path}: the record at byte {start} is damaged and skipped ({why})")


def members(path: Path, start: int = 0, damage: Damage = tell_damage) -> Iterator[tuple[int, int, bytes]]:
    """Yield (start, end, content) of each gzip member from byte `start` on; the content of a damaged member is b"".

    A member must begin at `start`. After a damaged member, reading continues at the next whole member. It ends at a
    torn member, or at the zeros that a power cut leaves.
    """
    if path.stat().st_size <= start:
        return
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        while start < len(content):
            try:
                data, end = _member(content, start)
            except (zlib.error, EOFError) as error:
                following = _following(content, start + 1)
                if following is None and (isinstance(error, EOFError) or not content[start:].strip(b"\0")):
                    return
                damage(path, start, str(error))
                data, end = b"", following or len(content)
            yield start, end, data
            start = end


def _member(content: mmap.mmap, start: int) -> tuple[bytes, int]:
    """The content and the end of a member. Raises `zlib.error` if it is damaged, `EOFError` if it is cut off."""
    inflater, parts, position = zlib.decompressobj(31), [], start
    while not inflater.eof:
        piece = content[position : position + _PIECE]
        if not piece:
            raise EOFError("it has no end")
        parts.append(inflater.decompress(piece))
        position += len(piece) - len(inflater.unused_data)
    return b"".join(parts), position


def _following(content: mmap.mmap, start: int) -> int | None:
    """The start of the next whole member; None if there is none."""
    while (start := content.find(_MAGIC, start)) >= 0:
        try:
            _member(content, start)
        except (zlib.error, EOFError):
            start += 1
        else:
            return start
    return None


def is_one_record(data: bytes) -> bool:
    """Whether the content of a member is a single WARC record, or empty as of a damaged member."""
    return not data or _end(data, 0) == len(data)


Member = tuple[int, int, bytes]
"""First byte of a gzip member, the byte after its last, and its content."""


def record_members(path: Path, folder: Path, damage: Damage = tell_damage) -> Iterator[tuple[Path, Member]]:
    """Every member of a file, each with a single record, and the file that contains it.

    If another tool packed the file, the first member with other content and all later members come from a copy in
    `folder`, which has a member for each record.
    """
    read = 0
    for member in members(path, damage=damage):
        if not is_one_record(member[2]):
            break
        read += bool(member[2])
        yield path, member
    else:
        return
    copy = folder / path.name
    reframe(path, copy)
    for number, member in enumerate(members(copy)):
        if number >= read:
            yield copy, member


def reframe(source: Path, target: Path) -> None:
    """Rewrite the records of a file as a gzip member each; `target` may be the same file."""
    with whole_file(target) as handle:
        for record in _records(source):
            handle.write(zlib.compress(record, 6, wbits=31))


def _records(path: Path) -> Iterator[bytes]:
    """The WARC records of a file, whatever its gzip members."""
    waiting = b""
    for piece in _inflated(path, tell_damage):
        waiting += piece
        position = 0
        while (end := _end(waiting, position)) is not None and end <= len(waiting):
            if end > position:
                yield waiting[position:end]
            position = end
            if not waiting[position:].strip():
                break
        waiting = waiting[position:]


def _inflated(path: Path, damage: Damage) -> Iterator[bytes]:
    """The content of a file's members, piece by piece, up to a damaged member."""
    with path.open("rb") as handle:
        inflater = zlib.decompressobj(31)
        buffer = b""
        while buffer := buffer or handle.read(_PIECE):
            try:
                yield inflater.decompress(buffer)
            except zlib.error as error:
                damage(path, handle.tell() - len(buffer), str(error))
                return
            buffer = inflater.unused_data
            if inflater.eof:
                inflater = zlib.decompressobj(31)


def _end(data: bytes, start: int) -> int | None:
    """The end of the record at `start`, with its two empty lines; None if more data is needed to find it."""
    head = data.find(b"\r\n\r\n", start, start + _MAX_HEAD)
    if head < 0 or not data.startswith(b"WARC/", start):
        return None
    length = _LENGTH.search(data[start:head])
    return head + 8 + int(length[1]) if length else None
