"""The code that a worker of a cluster runs."""

from __future__ import annotations

import json
import pickle
import threading
from typing import Any

from ameli_build.cluster.passport import admit
from ameli_build.core.workers import limit_threads

_one_at_a_time = threading.Lock()
_admitted: set[tuple[bytes, int]] = set()
"""Passports, with the threads that have checked them."""


def run(passport: bytes, threads: int, job: bytes) -> Any:
    """Run a pickled pair of function and item; a thread's first task checks the passport before.

    Threads of a worker take turns, because they must not share a model; the libraries of a shard use all threads.

    Args:
        passport: The passport of the command's process, as JSON.
        threads: Threads of the worker.
        job: The function and the item. A worker with other code reads only the passport.

    Raises:
        RunFailed: The worker has other code, other packages or other folders.
    """
    with _one_at_a_time:
        visit = (passport, threading.get_ident())
        if visit not in _admitted:
            admit(json.loads(passport))
            limit_threads(threads)
            _admitted.add(visit)
        function, item = pickle.loads(job)
        return function(item)
