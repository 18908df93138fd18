"""Results come in order, workers are never idle, and no task keeps running at the end."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from ameli_build.core.in_order import AHEAD, in_order


class Pool:
    """Squares its items in tasks that end in a random order; of the running tasks, `slow` tasks end last."""

    def __init__(self, seed: int, slow: frozenset[int] = frozenset(), broken: int = -1) -> None:
        self.random = random.Random(seed)
        self.slow, self.broken = slow, broken
        self.submitted: list[int] = []
        self.cancelled: list[int] = []
        self.most = 0

    def submit(self, item: int) -> int:
        self.submitted.append(item)
        return item

    def finished(self, handles: Sequence[int]) -> list[int]:
        self.most = max(self.most, len(handles))
        quick = [handle for handle in handles if handle not in self.slow] or list(handles)
        return self.random.sample(quick, self.random.randint(1, len(quick)))

    def result(self, handle: int) -> int:
        if handle == self.broken:
            raise ValueError(f"task {handle}")
        return handle**2

    def cancel(self, handles: Sequence[int]) -> None:
        self.cancelled += handles


@pytest.mark.parametrize(("seed", "count", "in_flight"), [(1, 0, 4), (2, 3, 8), (3, 100, 1), (4, 100, 7)])
def test_results_come_in_the_order_of_the_items(seed: int, count: int, in_flight: int) -> None:
    pool = Pool(seed)
    assert list(in_order(pool, range(count), in_flight)) == [n**2 for n in range(count)]
    assert sorted(pool.submitted) == list(range(count))
    assert pool.most == min(count, in_flight)
    assert not pool.cancelled


@pytest.mark.parametrize("slow", [0, 5, 37])
def test_a_slow_task_does_not_block_the_others(slow: int) -> None:
    pool = Pool(slow, frozenset({slow}))
    results = in_order(pool, range(40), 4)
    for _ in range(slow + 1):
        next(results)
    assert len(pool.submitted) >= min(40, slow + AHEAD * 4 - 4)  # the others continue
    assert list(results) == [n**2 for n in range(slow + 1, 40)]


@pytest.mark.parametrize("broken", [0, 9, 19])
def test_an_error_cancels_the_running_tasks(broken: int) -> None:
    pool = Pool(broken, broken=broken)
    with pytest.raises(ValueError, match=f"task {broken}"):
        list(in_order(pool, range(20), 5))
    assert not set(pool.cancelled) & {broken}
    assert len(pool.cancelled) < 5


@pytest.mark.parametrize("taken", [1, 4])
def test_a_caller_that_stops_cancels_the_running_tasks(taken: int) -> None:
    pool = Pool(taken)
    results = in_order(pool, range(100), 6)
    for _ in range(taken):
        next(results)
    results.close()
    assert pool.cancelled
    assert len(pool.submitted) < 100
