"""What a worker of a cluster runs."""

from __future__ import annotations

import json
import pickle
import threading
from typing import Any

from ameli_build.cluster.passport import admit
from ameli_build.core.workers import limit_threads

_one_at_a_time = threading.Lock()
_admitted: set[tuple[bytes, int]] = set()
"""Passports, and threads that had a look at them."""


def run(passport: bytes, threads: int, job: bytes) -> Any:
    """Run a pickled pair of function and item, after a look at the passport in each thread's first task.

    Threads of a worker take turns, because they must not share a model; a shard's libraries use all of them.

    Args:
        passport: That of the process that asks, as JSON.
        threads: Threads of the worker.
        job: The function and the item. They are read after the passport, for which other code suffices.

    Raises:
        RunFailed: The worker has other code, other packages or other folders.
    """
    with _one_at_a_time:
        guest = (passport, threading.get_ident())
        if guest not in _admitted:
            admit(json.loads(passport))
            limit_threads(threads)
            _admitted.add(guest)
        function, item = pickle.loads(job)
        return function(item)
