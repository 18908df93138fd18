"""Shards as tasks of a flow: the same results, in the same order, as the plain loop."""

from __future__ import annotations

from prefect import flow
from prefect.testing.utilities import prefect_test_harness

from flows.mapping import prefect_mapper


def square(n: int) -> int:
    return n * n


def test_results_come_in_order() -> None:
    @flow
    def squares() -> list[int]:
        return list(prefect_mapper(in_flight=3)(square, list(range(10))))

    with prefect_test_harness(server_startup_timeout=120):
        assert squares() == [n * n for n in range(10)]
