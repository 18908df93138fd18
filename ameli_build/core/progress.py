"""Progress of a run: a bar on a terminal, plain lines elsewhere, or calls of a `Watcher`."""

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
    """Receives a run's progress in place of standard error; any thread may call it."""

    def say(self, text: str) -> None:
        """Receive a line for the user."""

    def reach(self, label: str, done: int, total: int, text: str = "") -> None:
        """Receive that `done` of `total` items are done, in words as `text`. Called often, first with `done` 0."""


_watcher: Watcher | None = None


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Report all progress of this process to `watcher` while the block runs."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before


def watcher_now() -> Watcher | None:
    """The current watcher; None if progress goes to standard error."""
    return _watcher


def say(text: str) -> None:
    """Log a line of progress; as a warning if it begins with "warning: "."""
    if text.startswith(WARNING):
        PROGRESS.warning("%s", text.removeprefix(WARNING))
    else:
        PROGRESS.info("%s", text)


def track(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    """Yield `items` while showing how many of `total` are done."""
    if _watcher is not None:
        yield from _reported(_watcher, items, label, total)
        return
    if not sys.stderr.isatty():
        yield from _lines(items, label, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(items, total=total, description=label)


@contextmanager
def repeated(function: Callable[[], object], seconds: float, name: str) -> Iterator[None]:
    """Call `function` every `seconds`, in a thread called `name`, while the block runs."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(seconds):
            function()

    context = contextvars.copy_context()  # the thread's progress belongs to the same run
    thread = threading.Thread(target=context.run, args=(work,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _write(line: str) -> None:
    """Pass a line to the watcher, or to standard error, with control characters replaced."""
    write = print_error if _watcher is None else _watcher.say
    write(printable(line))


set_up(PROGRESS, _write)


def _reported(watcher: Watcher, items: Iterable[T], label: str, total: int) -> Iterator[T]:
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
