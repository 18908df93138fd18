"""Mappers for sharded work: a loop, threads, or worker processes."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ameli_build.core.errors import RunFailed
from ameli_build.core.in_order import in_order

T = TypeVar("T")
R = TypeVar("R")

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Applies a picklable function to each item and yields the results in the items' order.

A mapper that runs in this process, in a single thread at a time, has a true attribute `stays_in_process`. Such a mapper
gets the shards that need a model even if models are loaded in this process only. A mapper over other machines has a
method `on`, which returns the mapper over the workers with a resource ("cpu" or "gpu"). Its workers load models. The
results of cached shards are then read from the cache, not sent.
"""


def in_process(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The mapper without workers: a loop."""
    return map(function, items)


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
        yield lambda function, items: _ordered(_Workers(pool, function), items, 2 * workers)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def thread_mapper(threads: int) -> Iterator[Mapper]:
    """A mapper over threads of this process, for work that waits for a network or a disk."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield lambda function, items: in_order(_Workers(pool, function), items, 2 * threads)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Workers:
    """The workers of a pool, for `in_order`."""

    pool: Executor
    function: Callable[[Any], Any]

    def submit(self, item: Any) -> Future[Any]:
        return self.pool.submit(self.function, item)

    def finished(self, handles: Sequence[Future[Any]]) -> Collection[Future[Any]]:
        return wait(handles, return_when=FIRST_COMPLETED).done

    def result(self, handle: Future[Any]) -> Any:
        return handle.result()

    def cancel(self, handles: Sequence[Future[Any]]) -> None:
        for handle in handles:
            handle.cancel()


def _ordered(pool: _Workers, items: Sequence[Any], in_flight: int) -> Iterator[Any]:
    try:
        yield from in_order(pool, items, in_flight)
    except BrokenProcessPool as error:
        raise RunFailed("a worker process ended abruptly (out of memory?); run again to go on") from error


def _start_worker(parent: int, threads: int) -> None:
    """Ignore interrupts, which the parent handles; die with the parent; limit threads to `threads`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "fork"):
        _die_with(parent)
    limit_threads(threads)


def limit_threads(threads: int) -> None:
    """Let the libraries of this process (BLAS, OpenMP, PyTorch, tokenizers) use at most `threads` threads."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    threadpool_limits(threads)  # for libraries that are already loaded
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def _die_with(parent: int) -> None:
    """Ask Linux to kill this process when the parent ends, so that a killed run leaves no workers."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError):  # not Linux
        return
    if os.getppid() != parent:
        os._exit(1)
