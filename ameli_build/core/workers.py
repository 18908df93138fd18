"""Worker processes for sharded work."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.errors import RunFailed


def default_workers() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@contextmanager
def process_mapper(workers: int) -> Iterator[Mapper]:
    """A mapper over worker processes, which start at the first use and end with the block.

    Args:
        workers: Number of processes; 1 runs everything in this process.

    Raises:
        RunFailed: A worker process ended abruptly.
    """
    if workers <= 1:
        yield in_process
        return
    threads = max(1, default_workers() // workers)
    pool = ProcessPoolExecutor(
        workers,
        multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(os.getpid(), threads),
    )
    try:
        yield lambda function, items: _ordered(pool, function, items)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ordered(pool: ProcessPoolExecutor, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    try:
        yield from pool.map(function, items)
    except BrokenProcessPool as error:
        raise RunFailed("a worker process ended abruptly (out of memory?); run again to go on") from error


def _start_worker(parent: int, threads: int) -> None:
    """Ignore interrupts, which the parent handles; die with the parent; limit threads to `threads`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "fork"):
        _die_with(parent)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    threadpool_limits(threads)  # of libraries that are loaded already
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def _die_with(parent: int) -> None:
    """Ask Linux to kill this process when the parent ends, so that a killed run leaves no workers."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError):  # not Linux
        return
    if os.getppid() != parent:
        os._exit(1)
