"""Slots for requests, and waiting that ends when the crawl does."""

from __future__ import annotations

import threading
import time

import pytest

from ameli_build.crawl.throttle import Stopped, Throttle


def test_hosts_do_not_wait_for_each_other() -> None:
    throttle = Throttle(0.1, threading.Event())
    start = time.monotonic()
    throttle.wait("a")
    throttle.wait("b")
    assert time.monotonic() - start < 1


def test_one_host_waits() -> None:
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
