"""Reproducible training: the result depends on neither the load nor the number of processors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def steady(seed: int) -> Iterator[None]:
    """Use one thread, deterministic kernels and this seed within the block, and restore the state after it.

    On a machine with a GPU, a kernel without a deterministic form warns instead of failing.
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
