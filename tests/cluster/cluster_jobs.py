"""Functions that workers of clusters run in tests; they import this module by its name."""

from __future__ import annotations

import os
import time
from pathlib import Path

from threadpoolctl import threadpool_info


def square(n: int) -> int:
    """A result from which the item can be derived."""
    return n * n


def process(n: int) -> int:
    """The process of the worker."""
    return os.getpid()


def pools(n: int) -> tuple[str | None, str | None, set[int]]:
    """Thread settings of the worker's libraries: two variables, and the threads of loaded libraries."""
    import numpy as np  # a BLAS
    import torch

    np.ones((2, 2)) @ np.ones((2, 2))
    found = {pool["num_threads"] for pool in threadpool_info()} | {torch.get_num_threads()}
    return os.environ.get("OMP_NUM_THREADS"), os.environ.get("TOKENIZERS_PARALLELISM"), found


def alone(folder: str) -> str | None:
    """The GPU that the worker sees; fails if another task holds it at the same time."""
    mark = Path(folder) / "held"
    mark.touch(exist_ok=False)
    time.sleep(0.01)
    mark.unlink()
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def missing(n: int) -> int:
    """An error that a user can act on."""
    from ameli_build.core.errors import UnusableInput

    raise UnusableInput(f"picture {n} is missing")


def end(n: int) -> int:
    """Kill the worker, as the kernel does when memory is short."""
    os.kill(os.getpid(), 9)
    return n
