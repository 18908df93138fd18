"""A process with too few resources reports the limit in one line, and leaves no partial file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made import released_snapshot

from ameli_build.core.limits import limit_message

LIMITED = """
import resource, sys
kind, limit = getattr(resource, sys.argv[1]), int(sys.argv[2])
resource.setrlimit(kind, (limit, limit))
sys.argv = ["ameli", *sys.argv[3:]]
from ameli_build.cli import main
main()
"""


def run(kind: str, limit: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command under this resource limit."""
    command = [sys.executable, "-c", LIMITED, kind, str(limit), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("command", [("verify",), ("build", "--profile", "demo"), ("report",)])
@pytest.mark.parametrize(
    ("kind", "limit", "said"),
    [
        ("RLIMIT_AS", 400_000_000, "address space is limited to 400,000,000 bytes"),
        ("RLIMIT_AS", 1_200_000_000, "address space is limited to 1,200,000,000 bytes"),
        ("RLIMIT_NOFILE", 24, "only 24 files may be open, and at least 64 are needed (ulimit -n)"),
    ],
)
def test_a_limit_that_is_too_low_is_reported_in_one_line(
    tmp_path: Path, kind: str, limit: int, said: str, command: tuple[str, ...]
) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    before = below(snapshot.root)
    done = run(kind, limit, command[0], str(snapshot.root), *command[1:])
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ameli: {said}")
    assert below(snapshot.root) == before


def test_the_version_is_printed_under_a_low_limit() -> None:
    assert run("RLIMIT_NOFILE", 24, "--version").returncode == 0


def test_verify_needs_few_open_files(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    done = run("RLIMIT_NOFILE", 64, "verify", str(snapshot.root))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (MemoryError(), "out of memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out of memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "out of memory"),
        (ImportError("libx.so: failed to map segment from shared object"), "out of memory"),
        (OSError(errno.EMFILE, "Too many open files", "x"), "too many open files"),
        (RuntimeError("can't start new thread"), "no more threads"),
    ],
)
def test_errors_of_exhausted_resources_are_recognised(error: Exception, word: str) -> None:
    assert limit_message(error).startswith(word)
    assert "again" in limit_message(error)


@pytest.mark.parametrize("error", [ValueError("memory"), OSError(errno.ENOSPC, "No space"), RuntimeError("boom")])
def test_other_errors_have_no_limit_message(error: Exception) -> None:
    assert limit_message(error) == ""


PEAKS = """
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from ameli_build.core.execution import peak_memory_mb

size = (peak_memory_mb() + 200) << 20
with ExitStack() as stack:
    pools = [stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))) for _ in range(3)]
    for number, pool in enumerate(pools):
        asked = size if number == int(sys.argv[1]) else 1 << 20
        assert pool.submit(eval, f"len(b'1' * {asked})").result() == asked
    print(size >> 20, peak_memory_mb())
"""
"""Three workers, of which one fills 200 MiB more than any process before. Prints this size and the peak, in MiB."""


@pytest.mark.parametrize("large", [0, 1, 2])
def test_the_peak_memory_includes_the_largest_live_worker(large: int) -> None:
    """The peak of this process includes earlier tests and their children; its own child inherits it, not a shell's."""
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", PEAKS, str(large)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    size, peak = map(int, done.stdout.split())
    assert size <= peak < 2 * size
