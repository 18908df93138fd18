"""Shards as Prefect tasks: the mapper that a flow gives to the library's stages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import quote

from ameli_build.stages import Mapper

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


def prefect_mapper(in_flight: int = IN_FLIGHT) -> Mapper:
    """A mapper whose items are tasks of the running flow; results come in the items' order."""

    def mapper(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        waiting: deque[PrefectFuture[Any]] = deque()
        for item in items:
            waiting.append(run_shard.submit(quote(function), quote(item)))
            if len(waiting) >= in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    return mapper
