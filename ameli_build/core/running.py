"""The process that works in a snapshot, as it writes itself into the file of the snapshot's lock.

The lock itself is the kernel's (`Snapshot.lock`) and ends with the process. The file's content counts only while the
lock is held.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that works in a snapshot."""

    pid: int
    """0 if unknown."""
    since: str
    """Time at which it took the lock, in UTC."""
    doing: str = ""
    """Its stage; "" if unknown."""
    doing_since: str = ""
    """Time at which the stage began, in UTC; "" if unknown."""


def holder(root: Path) -> Holder | None:
    """The process that holds the lock of the snapshot in `root`; None if the lock is free."""
    try:
        with (root / LOCK).open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _parsed(handle.read())
    except OSError:
        return None
    return None


def sign(handle: IO[str]) -> None:
    """Write this process into the file of a lock that it has just taken. A full disk is no error."""
    with suppress(OSError):
        handle.truncate(0)
        json.dump(asdict(Holder(os.getpid(), now())), handle)
        handle.flush()


@contextmanager
def doing(root: Path, name: str) -> Iterator[None]:
    """Write into the lock's file that this process runs `name`, while the block runs; does nothing without the lock."""
    path = root / LOCK
    before = _parsed(path.read_text()) if path.is_file() else Holder(0, "")
    if before.pid != os.getpid():
        yield
        return
    _write(path, replace(before, doing=name, doing_since=now()))
    try:
        yield
    finally:
        _write(path, before)


def now() -> str:
    """The time to the second, in UTC."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _write(path: Path, process: Holder) -> None:
    with suppress(OSError):
        path.write_text(json.dumps(asdict(process)))


def _parsed(text: str) -> Holder:
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError, RecursionError):  # an earlier version, or half written
        return Holder(0, "")
