"""Shards on the workers of a Ray cluster."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc  # Ray's client uses it
import ray

from ameli_build.cluster.passport import Passport
from ameli_build.cluster.worker import run
from ameli_build.core.errors import AmeliError, RunFailed

RETRIES = 5
"""Largest number of further tries of a shard whose workers died."""


@contextmanager
def ray_workers(address: str | None, count: int, passport: Passport) -> Iterator[RayWorkers]:
    """The workers of a Ray cluster.

    Args:
        address: `ray://HOST:PORT` of Ray's client server, or `auto` on a machine of the cluster; None for a cluster on
            this machine until the block ends.
        count: Number of workers of a cluster on this machine.
        passport: The passport of this process.

    Raises:
        RunFailed: The cluster does not answer.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)} if _in_main() else {}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    own: dict[str, Any] = {} if address else {"num_cpus": count, "include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **own)
    except (OSError, RuntimeError, ValueError) as error:  # a failed connection raises any of these
        raise RunFailed(f"ray {address}: no cluster answers ({error})") from error
    finally:
        for number, handler in before.items():  # Ray's handlers would end this process silently
            signal.signal(number, handler)
    try:
        yield RayWorkers(json.dumps(passport).encode())
    finally:
        ray.shutdown()


def _in_main() -> bool:
    """Whether this thread may set handlers of signals."""
    return threading.current_thread() is threading.main_thread()


class RayWorkers:
    """The workers of a Ray cluster; a handle is an object reference.

    A task takes a processor, and also a GPU if its model runs on one.
    """

    def __init__(self, passport: bytes) -> None:
        self._passport = passport
        self._tasks = {
            resource: ray.remote(num_cpus=1, num_gpus=int(resource == "gpu"), max_retries=RETRIES)(run)
            for resource in ("cpu", "gpu")
        }

    def slots(self, resource: str) -> int:
        """The processors of all machines, or their GPUs for "gpu"."""
        found = int(ray.cluster_resources().get("GPU" if resource == "gpu" else "CPU", 0))
        if not found:
            raise RunFailed(f"no machine of the Ray cluster has a {resource.upper()}: `ray start --num-{resource}s N`")
        return found

    def submit(self, job: bytes, resource: str) -> Any:
        """Give a job to the cluster."""
        return self._tasks[resource].remote(self._passport, 1, job)

    def finished(self, handles: Sequence[Any]) -> Collection[Any]:
        """Wait for a task."""
        with _plain_errors():
            done, _ = ray.wait(list(handles))
            return list(done)

    def result(self, handle: Any) -> Any:
        """A task's result. Raises `RunFailed` if the task's workers died or could not read it."""
        with _plain_errors():
            return ray.get(handle)

    def cancel(self, handles: Sequence[Any]) -> None:
        """Cancel tasks."""
        for handle in handles:
            ray.cancel(handle)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, AmeliError):
            raise cause from None
        if "ameli_build" in str(cause) and isinstance(cause, ImportError | AttributeError):
            raise RunFailed(f"a Ray worker cannot run ameli-build ({cause}); install the same version") from error
        raise
    except ray.exceptions.RayError as error:
        raise RunFailed(f"Ray workers died over a shard (out of memory?); run again to continue ({error})") from error
    except (ConnectionError, grpc.RpcError) as error:
        raise RunFailed(f"the Ray cluster is gone; run again to continue ({error})") from error
