"""How records lie in a gzip file: one member a record as this project writes them, or as another tool packed them."""

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
"""Told of a record that cannot be read: its file, its first byte, and why."""


def tell_damage(path: Path, start: int, why: str) -> None:
    """Warn of a damaged record."""
    say(f"warning: {path}: the record at byte {start} is damaged and passed over ({why})")


def members(path: Path, start: int = 0, damage: Damage = tell_damage) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, content) of every gzip member from byte `start` on, where one begins; b"" for a damaged one.

    Behind a damaged member the next whole one is sought. Ends at a torn one, and at the zeros of a power cut.
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
    """What a member holds, and where it ends; raises `zlib.error` for a damaged one, `EOFError` for one that is cut."""
    inflater, parts, position = zlib.decompressobj(31), [], start
    while not inflater.eof:
        piece = content[position : position + _PIECE]
        if not piece:
            raise EOFError("it has no end")
        parts.append(inflater.decompress(piece))
        position += len(piece) - len(inflater.unused_data)
    return b"".join(parts), position


def _following(content: mmap.mmap, start: int) -> int | None:
    """Where the next whole member begins."""
    while (start := content.find(_MAGIC, start)) >= 0:
        try:
            _member(content, start)
        except (zlib.error, EOFError):
            start += 1
        else:
            return start
    return None


def is_one_record(data: bytes) -> bool:
    """Whether a member holds one whole WARC record and nothing else, or nothing, being damaged."""
    return not data or _end(data, 0) == len(data)


Member = tuple[int, int, bytes]
"""First byte of a gzip member, the one after its last, and what it holds."""


def record_members(path: Path, folder: Path, damage: Damage = tell_damage) -> Iterator[tuple[Path, Member]]:
    """Every member of a file with the file where it stands: that one, or a copy in `folder` with one record a member.

    The copy is made, from the first member on that holds anything else, where another tool packed the file.
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
    """Write the records of a file anew, one gzip member each; `target` may be the same file."""
    with whole_file(target) as handle:
        for record in _records(source):
            handle.write(zlib.compress(record, 6, wbits=31))


def _records(path: Path) -> Iterator[bytes]:
    """The WARC records of a file, however its gzip members cut them."""
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
    """What the members of a file hold, piece by piece, up to one that is damaged."""
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
    """Where the record that begins at `start` ends, with its two empty lines; None where that cannot be told yet."""
    head = data.find(b"\r\n\r\n", start, start + _MAX_HEAD)
    if head < 0 or not data.startswith(b"WARC/", start):
        return None
    length = _LENGTH.search(data[start:head])
    return head + 8 + int(length[1]) if length else None
