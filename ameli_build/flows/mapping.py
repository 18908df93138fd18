"""Shards as Prefect tasks: the mapper of the flows for the library's stages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import quote

from ameli_build.flows.watch import Watch

ONE_SHARD_AT_A_TIME: TaskRunner[PrefectFuture[Any]] = ThreadPoolTaskRunner(max_workers=1)  # type: ignore[assignment]
"""Task runner of flows whose shards use models. Threads must not share a model, and a model uses all processors.

For several shards at a time use `build.with_options(task_runner=ProcessPoolTaskRunner(max_workers=4))`, or Dask's.
"""

IN_FLIGHT = 16
"""Number of shards in the task runner's queue: enough to keep it busy, few enough to limit its memory."""


@task(name="shard", persist_result=False, cache_policy=NO_CACHE)
def run_shard(function: Any, item: Any) -> Any:
    """Apply a stage's function to a shard, in the flow's task runner."""
    return function(item)


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
        """Apply `function` to each item."""
        label = (self._watch.label if self._watch is not None else "") or "shard"
        waiting: deque[PrefectFuture[Any]] = deque()
        for number, item in enumerate(items, 1):
            named = run_shard.with_options(task_run_name=f"{label} {number}/{len(items)}")
            waiting.append(named.submit(quote(function), quote(item)))
            if len(waiting) >= self._in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
