"""Slots for requests, and waiting that ends with the crawl."""

from __future__ import annotations

import threading
import time

import pytest

from ameli_build.crawl.fetching.throttle import Stopped, Throttle


def test_hosts_do_not_wait_for_each_other() -> None:
    throttle = Throttle(0.1, threading.Event())
    start = time.monotonic()
    throttle.wait("a")
    throttle.wait("b")
    assert time.monotonic() - start < 1


def test_requests_of_one_host_wait() -> None:
    throttle = Throttle(10.0, threading.Event())
    start = time.monotonic()
    for _ in range(3):
        throttle.wait("a")
    assert 0.19 < time.monotonic() - start < 1


def test_a_postponed_host_waits_and_others_do_not() -> None:
    throttle = Throttle(1000.0, threading.Event())
    throttle.postpone("a", 0.2)
    start = time.monotonic()
    throttle.wait("b")
    assert time.monotonic() - start < 0.15
    throttle.wait("a")
    assert time.monotonic() - start > 0.19


def test_the_end_of_the_crawl_ends_all_waiting() -> None:
    stop = threading.Event()
    throttle = Throttle(1000.0, stop)
    throttle.postpone("a", 60)
    threading.Timer(0.05, stop.set).start()
    start = time.monotonic()
    with pytest.raises(Stopped):
        throttle.wait("a")
    assert time.monotonic() - start < 5


def test_a_host_with_its_own_rate_gets_requests_no_faster() -> None:
    throttle = Throttle(10_000.0, threading.Event())
    throttle.limit("a", 10.0)
    throttle.limit("a", 500.0)
    start = time.monotonic()
    for _ in range(3):
        throttle.wait("a")
    assert time.monotonic() - start > 0.19


def test_a_waiting_request_waits_for_a_postponed_host_too() -> None:
    throttle = Throttle(10.0, threading.Event())
    throttle.wait("a")
    went: list[float] = []
    thread = threading.Thread(target=lambda: (throttle.wait("a"), went.append(time.monotonic())))
    thread.start()
    throttle.postpone("a", 0.3)
    moment = time.monotonic()
    thread.join()
    assert went[0] - moment > 0.28


def test_concurrent_requests_of_a_host_have_a_limit_and_start_in_order() -> None:
    throttle = Throttle(10_000.0, threading.Event(), connections=2)
    gates = [threading.Event() for _ in range(6)]
    entered: list[int] = []
    begun = threading.Semaphore(0)

    def ask(number: int) -> None:
        with throttle.turn("a"):
            entered.append(number)
            begun.release()
            gates[number].wait(5)

    threads = []
    for number in range(6):
        threads.append(threading.Thread(target=ask, args=(number,)))
        threads[-1].start()
        if number < 2:
            assert begun.acquire(timeout=5)
        else:  # in line before the next thread arrives
            while throttle.waiting("a") < number - 1:
                throttle.pause(0.001)
    with throttle.turn("b"):
        assert entered == [0, 1]
    for number in (1, 0, 2, 3):
        gates[number].set()
        assert begun.acquire(timeout=5)
    assert entered == [0, 1, 2, 3, 4, 5]
    for gate in gates:
        gate.set()
    for thread in threads:
        thread.join()


def test_a_failed_turn_frees_its_slot() -> None:
    throttle = Throttle(10_000.0, threading.Event(), connections=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="no"), throttle.turn("a"):
            raise ValueError("no")
    assert throttle.waiting("a") == 0


def test_the_end_of_the_crawl_ends_waiting_for_a_turn() -> None:
    stop = threading.Event()
    throttle = Throttle(10_000.0, stop, connections=1)
    with throttle.turn("a"):
        threading.Timer(0.05, stop.set).start()
        with pytest.raises(Stopped), throttle.turn("a"):
            pass
