"""The mappers of the flows for the library's stages: shards as Prefect tasks, or on the workers of a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from ameli_build.cluster.connect import Runner, shard_mapper
from ameli_build.core.cache import Mapper
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.flows.watch import Watch

ONE_SHARD_AT_A_TIME: TaskRunner[PrefectFuture[Any]] = ThreadPoolTaskRunner(max_workers=1)  # type: ignore[assignment]
"""Task runner of flows whose shards use models. Threads must not share a model, and a model uses all processors.

For several shards at a time use the parameters `runner` and `workers` of the flows, or another task runner:
`build.with_options(task_runner=ProcessPoolTaskRunner(max_workers=4))`.
"""

IN_FLIGHT = 16
"""Number of shards in the task runner's queue: enough to keep it busy, few enough to limit its memory."""


class Call:
    """A function and an item, in a form that neither Prefect nor Dask takes apart."""

    def __init__(self, function: Callable[[Any], Any], item: Any) -> None:
        self.function = function
        self.item = item


@task(name="shard", persist_result=False, cache_policy=NO_CACHE)
def run_shard(call: Call) -> Any:
    """Apply a stage's function to a shard, in the flow's task runner."""
    return call.function(call.item)


class ShardTasks:
    """A mapper that makes each item a task of the running flow; results are in the items' order.

    A task's name has the current step of `watch`: "embed images 12/40".
    """

    def __init__(self, watch: Watch | None = None, in_flight: int = IN_FLIGHT) -> None:
        self._watch = watch
        self._in_flight = in_flight
        context = FlowRunContext.get()
        runner = context.task_runner if context is not None else None
        self.stays_in_process = isinstance(runner, ThreadPoolTaskRunner) and runner._max_workers == 1

    def __call__(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Apply `function` to each item. Prefect looks for futures in collections, but not within a `Call`."""
        label = (self._watch.label if self._watch is not None else "") or "shard"
        waiting: deque[PrefectFuture[Any]] = deque()
        for number, item in enumerate(items, 1):
            named = run_shard.with_options(task_run_name=f"{label} {number}/{len(items)}")
            waiting.append(named.submit(Call(function, item)))
            if len(waiting) >= self._in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class Shards(NamedTuple):
    """Where the shards of a flow run; the parameters of the flows with these names."""

    runner: Runner = "process"
    address: str | None = None
    workers: int = 1

    @contextmanager
    def mapper(self, snapshot: Snapshot, settings: Settings, watch: Watch) -> Iterator[Mapper]:
        """Shards as tasks of the running flow with one worker process, else the mapper of the library."""
        if self.runner == "process" and self.workers == 1:
            yield ShardTasks(watch)
            return
        with shard_mapper(*self, snapshot, settings) as mapper:
            yield mapper
