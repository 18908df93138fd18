"""Shards on the workers of a Dask cluster."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import distributed

from ameli_build.cluster.passport import Passport
from ameli_build.cluster.worker import run
from ameli_build.core.errors import RunFailed

WAIT = 30
"""Seconds within which the scheduler answers and has a worker."""
GPU = "GPU"
"""The resource of workers that were started with `--resources GPU=1`."""


@contextmanager
def dask_workers(address: str | None, count: int, passport: Passport) -> Iterator[DaskWorkers]:
    """The workers of a Dask cluster.

    Args:
        address: Address of the scheduler, `tcp://HOST:PORT`; None for a cluster on this machine until the block ends.
        count: Number of workers of a cluster on this machine.
        passport: The passport of this process.

    Raises:
        RunFailed: The scheduler does not answer, or has no worker.
    """
    with ExitStack() as stack:
        try:
            client = stack.enter_context(_client(address, count, stack))
            client.wait_for_workers(1, timeout=WAIT)
        except OSError as error:  # a timeout is one
            raise RunFailed(f"dask {address}: no scheduler with a worker answers ({error})") from error
        yield DaskWorkers(client, json.dumps(passport).encode())


def _client(address: str | None, count: int, stack: ExitStack) -> Any:
    if address is not None:
        return distributed.Client(address, timeout=WAIT)
    cluster = distributed.LocalCluster(
        n_workers=count, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
    )
    return distributed.Client(stack.enter_context(cluster), timeout=WAIT)


@dataclass(frozen=True, slots=True)
class DaskWorkers:
    """The workers of a Dask cluster; a handle is a future."""

    client: Any
    passport: bytes

    def slots(self, resource: str) -> int:
        """The threads of all workers; the units of `GPU` for "gpu"."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        if resource == "cpu":
            return sum(int(worker["nthreads"]) for worker in workers)
        found = sum(int(worker["resources"].get(GPU, 0)) for worker in workers)
        if not found:
            raise RunFailed("no Dask worker has a GPU for the models: start it with `dask worker --resources GPU=1`")
        return found

    def submit(self, job: bytes, resource: str) -> Any:
        """Give a job to the scheduler."""
        wanted = {GPU: 1} if resource == "gpu" else {}
        return self.client.submit(_run, self.passport, job, resources=wanted, pure=False)

    def finished(self, handles: Sequence[Any]) -> Collection[Any]:
        """Wait for a task."""
        with _plain_errors():
            return [*distributed.wait(handles, return_when="FIRST_COMPLETED").done]

    def result(self, handle: Any) -> Any:
        """A task's result. Raises `RunFailed` if the task's workers died or could not read it."""
        with _plain_errors():
            return handle.result()

    def cancel(self, handles: Sequence[Any]) -> None:
        """Drop tasks without an answer of the scheduler, which may be gone."""
        for handle in handles:
            handle.release()


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except distributed.KilledWorker as error:
        raise RunFailed(f"Dask workers died over a shard (out of memory?); run again to continue ({error})") from error
    except (CancelledError, distributed.comm.CommClosedError) as error:
        raise RunFailed("the Dask scheduler is gone; run again to continue") from error
    except (ModuleNotFoundError, AttributeError) as error:
        if "ameli_build" in str(error):
            raise RunFailed(f"a Dask worker cannot run ameli-build ({error}); install the same version") from error
        raise


def _run(passport: bytes, job: bytes) -> Any:
    """`worker.run` with the threads of this Dask worker."""
    return run(passport, distributed.get_worker().state.nthreads, job)
