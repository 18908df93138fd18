"""Results in the order of their items, from workers that are busy until the last item."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

AHEAD = 8
"""Most finished results that wait for an earlier item, in multiples of `in_flight`; it bounds the memory."""


class Pool(Protocol):
    """Workers that take one task after another; a handle stands for a task."""

    def submit(self, item: Any) -> Any:
        """Submit an item to the workers; returns its handle."""

    def finished(self, handles: Sequence[Any]) -> Collection[Any]:
        """Wait until a task has ended; returns the handles of ended tasks."""

    def result(self, handle: Any) -> Any:
        """The result of a task that has ended; raises its error."""

    def cancel(self, handles: Sequence[Any]) -> None:
        """Cancel tasks whose results are not needed any more."""


def in_order(pool: Pool, items: Sequence[Any], in_flight: int) -> Iterator[Any]:
    """Yield the result of each item, in order. There are no waves: when a task ends, the next is submitted.

    Args:
        pool: The workers.
        items: The work.
        in_flight: Tasks that are submitted and not finished, at least one.
    """
    running: dict[Any, int] = {}
    done: dict[int, Any] = {}
    ahead = iter(range(len(items)))
    try:
        for wanted in range(len(items)):
            while True:
                room = min(in_flight - len(running), AHEAD * in_flight - len(running) - len(done))
                running |= {pool.submit(items[n]): n for n in islice(ahead, max(0, room))}
                if wanted in done:
                    break
                for handle in pool.finished(list(running)):
                    place = running.pop(handle)
                    done[place] = pool.result(handle)
            yield done.pop(wanted)
    finally:
        pool.cancel(list(running))
