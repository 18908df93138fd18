"""Ways in which a file on a disk goes bad."""

from __future__ import annotations

from collections.abc import Callable

Damage = Callable[[bytes], bytes]

DAMAGES: dict[str, Damage] = {
    "empty": lambda data: b"",
    "one byte": lambda data: data[:1],
    "half": lambda data: data[: len(data) // 2],
    "without its last byte": lambda data: data[:-1],
    "a bit in the middle": lambda data: _flip(data, len(data) // 2),
    "a bit near the start": lambda data: _flip(data, 9),
    "the last bit": lambda data: _flip(data, -1),
    "zeros": lambda data: bytes(len(data)),
    "more behind it": lambda data: data + b"\0",
}


def _flip(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)
