"""The mapper over the workers of a cluster."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ameli_build.core.in_order import in_order

LEAST_IN_FLIGHT = 32
"""Tasks in flight with few workers: a cluster that grows with its queue needs a queue."""


class Workers(Protocol):
    """The workers of a cluster; a handle stands for a task."""

    def slots(self, resource: str) -> int:
        """Number of tasks that run at the same time on workers with a resource; raises `RunFailed` for none."""

    def submit(self, job: bytes, resource: str) -> Any:
        """Give a job of `worker.run` to the workers with a resource."""

    def finished(self, handles: Sequence[Any]) -> Collection[Any]:
        """As `Pool.finished`."""

    def result(self, handle: Any) -> Any:
        """As `Pool.result`."""

    def cancel(self, handles: Sequence[Any]) -> None:
        """As `Pool.cancel`."""


class ClusterMapper:
    """Maps over the workers that have a resource, "cpu" or "gpu"."""

    def __init__(self, workers: Workers, resource: str = "cpu") -> None:
        self._workers = workers
        self._resource = resource

    def on(self, resource: str) -> ClusterMapper:
        """The mapper over the workers with another resource."""
        return ClusterMapper(self._workers, resource)

    def __call__(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Apply `function` to each item; at least twice as many tasks as workers are in flight."""
        if items:
            in_flight = max(LEAST_IN_FLIGHT, 2 * self._workers.slots(self._resource))
            yield from in_order(_Jobs(self._workers, function, self._resource), items, in_flight)


@dataclass(frozen=True, slots=True)
class _Jobs:
    """The workers as a pool for one function."""

    workers: Workers
    function: Callable[[Any], Any]
    resource: str

    def submit(self, item: Any) -> Any:
        return self.workers.submit(pickle.dumps((self.function, item)), self.resource)

    def finished(self, handles: Sequence[Any]) -> Collection[Any]:
        return self.workers.finished(handles)

    def result(self, handle: Any) -> Any:
        return self.workers.result(handle)

    def cancel(self, handles: Sequence[Any]) -> None:
        self.workers.cancel(handles)
