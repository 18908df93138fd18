"""Progress of a running crawl: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ameli_build.core.progress import LINE_EVERY_SECONDS, Watcher, repeated, say, times, watcher_now

RATE_SECONDS = 10.0
"""Period over which requests a second are averaged."""
NOTIFY_EVERY_SECONDS = 10.0
"""Period of the calls of a watcher."""


class Board:
    """Counters of a run. Safe for threads.

    `products` of `total` are done; `skipped` of them were done before this run. `errors` counts failures by kind.
    """

    def __init__(self) -> None:
        self.total = 0
        self.products = 0
        self.skipped = 0
        self.reviews = 0
        self.images = 0
        self.errors: Counter[str] = Counter()
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def product(self, skipped: bool = False) -> None:
        """Count a finished product."""
        with self._lock:
            self.products += 1
            self.skipped += skipped

    def add_reviews(self, number: int) -> None:
        """Count the reviews of a page."""
        with self._lock:
            self.reviews += number

    def image(self) -> None:
        """Count a requested image."""
        with self._lock:
            self.images += 1

    def error(self, kind: str) -> None:
        """Count a failure."""
        with self._lock:
            self.errors[kind] += 1

    @property
    def times(self) -> str:
        """The elapsed time and, after the first fetched product, the time left, at the average pace so far."""
        todo = max(0, self.total - self.products)
        return times(time.monotonic() - self._started, self.products - self.skipped, todo)

    @property
    def done(self) -> str:
        """The finished products in words, before the first listing without a total."""
        return f"{self.products:,} of {self.total:,}" if self.total else f"{self.products:,}"


def line(board: Board) -> str:
    """The state of a crawl as a line."""
    parts = [
        f"{board.done} products",
        f"{board.reviews:,} reviews",
        f"{board.images:,} images",
    ]
    errors = sum(board.errors.values())
    if errors:
        parts.append(f"{errors:,} errors ({', '.join(f'{kind} {n:,}' for kind, n in board.errors.most_common(3))})")
    return ", ".join((*parts, board.times))


@contextmanager
def shown(board: Board, requests: Mapping[str, int]) -> Iterator[None]:
    """Show a board and the requests by host during the block."""
    watcher = watcher_now()
    if watcher is None and sys.stderr.isatty():
        table = _LiveTable(board, requests)
        with Live(get_renderable=table.render, console=Console(stderr=True), transient=True, refresh_per_second=2):
            yield
        return
    if watcher is None:
        with repeated(partial(_print, board), LINE_EVERY_SECONDS, "crawl-lines"):
            yield
        return
    with repeated(partial(_notify, board, watcher), NOTIFY_EVERY_SECONDS, "crawl-lines"):
        yield
    _notify(board, watcher)


def _print(board: Board) -> None:
    say(f"  crawl: {line(board)}")


def _notify(board: Board, watcher: Watcher) -> None:
    watcher.reach("crawl", board.products, board.total, line(board))


class _LiveTable:
    def __init__(self, board: Board, requests: Mapping[str, int]) -> None:
        self._board = board
        self._requests = requests
        self._past: deque[tuple[float, dict[str, int]]] = deque()

    def render(self) -> RenderableType:
        board = self._board
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold")
        table.add_column(justify="right")
        table.add_column()
        bar = ProgressBar(board.total or None, board.products, width=40, pulse=not board.products)
        table.add_row("products", board.done, bar)
        table.add_row("reviews", f"{board.reviews:,}", Text(board.times))
        table.add_row("images", f"{board.images:,}")
        for host, (number, rate) in self._rates().items():
            table.add_row(Text(host), f"{number:,}", f"requests, {rate:.1f} a second")
        rows: list[RenderableType] = [table]
        if board.errors:
            errors = ", ".join(f"{kind} {number:,}" for kind, number in board.errors.most_common(8))
            rows.append(Text(f"errors  {errors}", style="yellow"))
        return Group(*rows)

    def _rates(self) -> dict[str, tuple[int, float]]:
        """The number of requests of each host, and its recent requests a second."""
        now, requests = time.monotonic(), dict(self._requests)
        self._past.append((now, requests))
        while now - self._past[0][0] > RATE_SECONDS and len(self._past) > 2:
            self._past.popleft()
        then, before = self._past[0]
        span = max(now - then, 0.5)
        return {host: (number, (number - before.get(host, 0)) / span) for host, number in sorted(requests.items())}
