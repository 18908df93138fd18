"""Training that gives the same numbers whatever the machine's load and number of processors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def steady(seed: int) -> Iterator[None]:
    """One thread, deterministic kernels, and this seed; all as before when the block ends.

    Where there is a GPU, a kernel that has no deterministic form warns instead of failing.
    """
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)
