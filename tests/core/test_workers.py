"""Worker processes keep the order and end with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ameli_build.core.errors import RunFailed
from ameli_build.core.workers import process_mapper, thread_mapper

FOREVER = r"""
import os, time
from ameli_build.core.workers import process_mapper
def work(n):
    os.write(1, b"%d\n" % os.getpid())  # one call: two workers share the pipe
    time.sleep(600)
if __name__ == "__main__":
    with process_mapper(2) as mapper:
        list(mapper(work, [1, 2]))
"""


def square(n: int) -> int:
    return n * n


def end_abruptly(n: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return n


def test_results_come_in_order() -> None:
    with process_mapper(2) as mapper:
        assert list(mapper(square, list(range(20)))) == [n * n for n in range(20)]


@pytest.mark.parametrize("threads", [1, 3, 40])
def test_threads_share_the_work_and_keep_the_order(threads: int) -> None:
    together = threading.Barrier(threads, timeout=60)  # breaks unless all threads work at once

    def work(n: int) -> int:
        together.wait()
        return n * n

    with thread_mapper(threads) as mapper:
        assert list(mapper(work, range(3 * threads))) == [n * n for n in range(3 * threads)]


def test_an_error_in_a_thread_ends_the_work() -> None:
    begun: list[int] = []

    def work(n: int) -> int:
        begun.append(n)
        return 1 // (n - 5)

    with pytest.raises(ZeroDivisionError), thread_mapper(2) as mapper:
        list(mapper(work, range(1000)))
    assert len(begun) < 100


def test_a_killed_worker_is_reported_as_a_failed_run() -> None:
    with pytest.raises(RunFailed, match="worker process"), process_mapper(2) as mapper:
        list(mapper(end_abruptly, [1, 2]))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "forever.py"
    script.write_text(FOREVER)
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        os.sched_yield()
    assert not any(alive(pid) for pid in workers)
    parent.stdout.close()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
