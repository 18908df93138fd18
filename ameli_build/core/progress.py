"""Progress of a run: rows with bars on a terminal, a line a minute elsewhere, or calls of a `Watcher`."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from typing import Protocol, TypeVar

from rich.console import Console, RenderableType
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.progress_bar import ProgressBar
from rich.table import Column
from rich.text import Text

from ameli_build.core.logs import PROGRESS, WARNING, print_error, set_up
from ameli_build.core.text import printable

T = TypeVar("T")

LINE_EVERY_SECONDS = 60.0
"""Period of the lines where there is no terminal."""


class Watcher(Protocol):
    """Receives a run's progress in place of standard error; any thread may call it."""

    def say(self, text: str) -> None:
        """Receive a line for the user."""

    def reach(self, label: str, done: int, total: int, text: str = "") -> None:
        """Receive that `done` of `total` items are done, in words as `text`. Called often, first with `done` 0.

        `total` is 0 if it is unknown.
        """


class Reach(Protocol):
    """Receives how much of a counted work is done so far, and a note about it."""

    def __call__(self, done: float, note: str = "") -> None:
        """Receive the number of items done, at most the total."""


_watcher: Watcher | None = None
_display: Progress | None = None
_place: contextvars.ContextVar[str] = contextvars.ContextVar("place", default="")


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


@contextmanager
def step(name: str, number: int, of: int) -> Iterator[None]:
    """Show that step `number` of `of` runs, and for how long, while the block runs."""
    before = _place.set(f"step {number} of {of}  ")
    try:
        with busy(f"{place()}{name}"):
            yield
    finally:
        _place.reset(before)


def place() -> str:
    """The current step as the beginning of a line, "step 2 of 7  "; empty outside of steps."""
    return _place.get()


@contextmanager
def busy(label: str) -> Iterator[None]:
    """Show that work without a count runs, and for how long, while the block runs."""
    if _watcher is not None:
        yield
        return
    with _row(label, None, "", 0):
        yield


@contextmanager
def counted(label: str, total: int | None, unit: str, done: int = 0) -> Iterator[Reach]:
    """Show how much of a work is done, its time and the time left, while the block runs.

    Args:
        label: Name of the work.
        total: Number of items; None if it is unknown.
        unit: Name of the items, in the plural.
        done: Number of items that were done before.

    Yields:
        A function that receives the number of items done so far.
    """
    watcher = _watcher
    if watcher is None:
        with _row(label, total, unit, done) as reach:
            yield reach
        return

    def tell(done: float, note: str = "") -> None:
        watcher.reach(label, int(done), total or 0, _count(done, total, unit, note))

    tell(done)
    yield tell


def track(
    items: Iterable[T], label: str, total: int | None, unit: str = "", sizes: Iterable[int] | None = None
) -> Iterator[T]:
    """Yield `items` while showing how many of `total` are done.

    Args:
        items: The items.
        label: Name of the work.
        total: Number of counted things; None if it is unknown.
        unit: Name of the counted things, in the plural.
        sizes: Number of counted things in each item; by default, one.
    """
    done = 0
    with counted(label, total, unit) as reach:
        for item, size in zip(items, repeat(1) if sizes is None else sizes, strict=False):
            yield item
            done += size
            reach(done)


def duration(seconds: float) -> str:
    """A time in its two largest units.

    >>> duration(59.6), duration(3720), duration(30 * 86400)
    ('1 min 0 s', '1 h 2 min', '30 d 0 h')
    """
    whole = round(seconds)
    for unit, size, lower, small in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small} {lower}"
    return f"{whole} s"


def times(elapsed: float, done: float, todo: float) -> str:
    """The elapsed time and, at the average pace so far, the time left.

    >>> times(60, 20, 10), times(60, 0, 10)
    ('1 min 0 s, about 30 s left', '1 min 0 s')
    """
    return duration(elapsed) + (f", about {duration(elapsed / done * todo)} left" if done > 0 else "")


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


def _count(done: float, total: int | None, unit: str, note: str = "") -> str:
    """A count in words, for example "512 of 1,029 reviews"."""
    of = "" if total is None else f" of {total:,}"
    return ", ".join(filter(None, (f"{int(done):,}{of} {unit}".rstrip(), note)))


def _state(task: Task) -> str:
    """Count and times of a row; before anything is done, the total instead of the count."""
    first, unit, total = task.fields["first"], task.fields["unit"], task.total
    elapsed, fresh = task.elapsed or 0.0, task.completed - first
    if not total:
        return (f"{_count(task.completed, None, unit)}, " if fresh else "") + duration(elapsed)
    words = _count(task.completed, int(total), unit, task.fields["note"]) if task.completed else f"{total:,.0f} {unit}"
    return f"{words}, {times(elapsed, fresh, max(0.0, total - task.completed))}"


class _Bar(ProgressColumn):
    """A bar for rows with a total, `width` cells wide; it pulses until something is counted."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def render(self, task: Task) -> RenderableType:
        if not task.total:
            return Text("")
        return ProgressBar(task.total, task.completed, self.width, pulse=task.completed == task.fields["first"])


class _Words(ProgressColumn):
    def render(self, task: Task) -> RenderableType:
        return Text(_state(task), overflow="ellipsis")


@contextmanager
def _row(label: str, total: int | None, unit: str, done: int) -> Iterator[Reach]:
    """A row of the display while the block runs; yields a function that updates it."""
    with _shown() as rows:
        row = rows.add_task(printable(label), total=total, completed=done, first=done, unit=unit, note="")

        def reach(done: float, note: str = "") -> None:
            rows.update(row, completed=done, note=note)

        try:
            yield reach
        finally:
            rows.remove_task(row)


@contextmanager
def _shown() -> Iterator[Progress]:
    """The display of this process, which the outermost block opens and closes."""
    global _display
    if _display is not None:
        yield _display
        return
    console = Console(stderr=True)
    rows = _display = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        _Bar(min(30, max(4, console.width - 70))),
        _Words(table_column=Column(no_wrap=True)),
        console=console,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # rich would write it to standard error
    )
    is_live = sys.stderr.isatty() and not console.is_dumb_terminal
    try:
        with rows if is_live else repeated(partial(_say_last, rows), LINE_EVERY_SECONDS, "progress-lines"):
            yield rows
    finally:
        _display = None


def _say_last(rows: Progress) -> None:
    """Log the state of the innermost row."""
    for task in rows.tasks[-1:]:
        say(f"  {task.description}: {_state(task)}")
