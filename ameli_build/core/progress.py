"""What a user sees while work goes on: a bar on a terminal, plain lines elsewhere, or what a `Watcher` makes of it."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ameli_build.core.logs import PROGRESS, WARNING, print_error, set_up
from ameli_build.core.text import printable

T = TypeVar("T")

LINE_EVERY_SECONDS = 10.0


class Watcher(Protocol):
    """Is told of a run's progress in place of standard error; any thread may call it."""

    def say(self, text: str) -> None:
        """Take one line that a user should read."""

    def reach(self, label: str, done: int, total: int, text: str = "") -> None:
        """Take note that `done` of `total` are done; `text` says it in words. Called often, 0 of `total` first."""


_watcher: Watcher | None = None


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell `watcher` of all progress in this process as long as the block lasts."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before


def watcher_now() -> Watcher | None:
    """Who is told of progress; None for a person at standard error."""
    return _watcher


def say(text: str) -> None:
    """Log one line of progress; as a warning if it begins with "warning: "."""
    if text.startswith(WARNING):
        PROGRESS.warning("%s", text.removeprefix(WARNING))
    else:
        PROGRESS.info("%s", text)


def track(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    """Yield `items` while showing how many of `total` are done."""
    if _watcher is not None:
        yield from _told(_watcher, items, label, total)
        return
    if not sys.stderr.isatty():
        yield from _lines(items, label, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(items, total=total, description=label)


@contextmanager
def repeated(function: Callable[[], object], seconds: float, name: str) -> Iterator[None]:
    """Call `function` every so many seconds, in a thread called `name`, as long as the block lasts."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(seconds):
            function()

    context = contextvars.copy_context()  # what is told there belongs to the same run
    thread = threading.Thread(target=context.run, args=(work,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _write(line: str) -> None:
    """Give a line to the watcher, or to standard error; control characters of names and texts in it are replaced."""
    write = print_error if _watcher is None else _watcher.say
    write(printable(line))


set_up(PROGRESS, _write)


def _told(watcher: Watcher, items: Iterable[T], label: str, total: int) -> Iterator[T]:
    watcher.reach(label, 0, total)
    for done, item in enumerate(items, 1):
        yield item
        watcher.reach(label, done, total)


def _lines(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    last = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        if time.monotonic() - last >= LINE_EVERY_SECONDS and done < total:
            last = time.monotonic()
            say(f"  {label}: {done:,} of {total:,}")
