"""Shards as Prefect tasks: the mapper that a flow gives to the library's stages."""

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
"""Task runner of flows whose shards use models, which several threads must not share and which use every processor
anyway. For more at a time: `build.with_options(task_runner=ProcessPoolTaskRunner(max_workers=4))`, or Dask's.
"""

IN_FLIGHT = 16
"""Shards that wait in the task runner at a time: enough to keep it busy, few enough to bound its memory."""


@task(name="shard", persist_result=False, cache_policy=NO_CACHE)
def run_shard(function: Any, item: Any) -> Any:
    """Apply a stage's function to one shard, in whatever the flow's task runner provides."""
    return function(item)


class ShardTasks:
    """A mapper whose items are tasks of the running flow; results come in the items' order.

    Tasks are named after the step that `watch` sees under way: "embed images 12/40".
    """

    def __init__(self, watch: Watch | None = None, in_flight: int = IN_FLIGHT) -> None:
        self._watch = watch
        self._in_flight = in_flight
        context = FlowRunContext.get()
        runner = context.task_runner if context is not None else None
        self.stays_in_process = isinstance(runner, ThreadPoolTaskRunner) and runner._max_workers == 1

    def __call__(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """`function` of each item."""
        label = (self._watch.label if self._watch is not None else "") or "shard"
        waiting: deque[PrefectFuture[Any]] = deque()
        for number, item in enumerate(items, 1):
            named = run_shard.with_options(task_run_name=f"{label} {number}/{len(items)}")
            waiting.append(named.submit(quote(function), quote(item)))
            if len(waiting) >= self._in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
