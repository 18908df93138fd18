"""Who works in a snapshot: the process that holds its lock says so in the lock's file.

The lock itself is the kernel's (`Snapshot.lock`) and ends with the process. What stands in the file counts only while
the lock is held.
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
    """A process that works in a snapshot since a moment: at `doing` since `doing_since`, both "" where it is not said.

    `pid` is 0 where the file does not say it.
    """

    pid: int
    since: str
    doing: str = ""
    doing_since: str = ""


def holder(root: Path) -> Holder | None:
    """The process that holds the lock of the snapshot in `root`; None where nobody does."""
    try:
        with (root / LOCK).open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _told(handle.read())
    except OSError:
        return None
    return None


def sign(handle: IO[str]) -> None:
    """Write this process into the file of a lock that it has just got; a full disk keeps nobody from working."""
    with suppress(OSError):
        handle.truncate(0)
        json.dump(asdict(Holder(os.getpid(), now())), handle)
        handle.flush()


@contextmanager
def doing(root: Path, name: str) -> Iterator[None]:
    """Say in the file of the lock what this process is at, as long as the block lasts; nothing where it has no lock."""
    path = root / LOCK
    before = _told(path.read_text()) if path.is_file() else Holder(0, "")
    if before.pid != os.getpid():
        yield
        return
    _write(path, replace(before, doing=name, doing_since=now()))
    try:
        yield
    finally:
        _write(path, before)


def now() -> str:
    """This moment, to the second, in UTC."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _write(path: Path, told: Holder) -> None:
    with suppress(OSError):
        path.write_text(json.dumps(asdict(told)))


def _told(text: str) -> Holder:
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError, RecursionError):  # an earlier version, or half written
        return Holder(0, "")
