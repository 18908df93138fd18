"""The guard of a driver leaves no file, even where a process outside its session still writes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ameli_build.crawl.browsers.driver_guard import _LAST, clear

WRITER = """
import pathlib, sys, time
folder, end, n = pathlib.Path(sys.argv[1]), time.monotonic() + float(sys.argv[2]), 0
print(flush=True)
while time.monotonic() < end:
    n += 1
    try:
        (folder / f"report-{n}").touch()
    except FileNotFoundError:
        break
"""
"""Fills a folder for some seconds, as a handler of crashes can."""


@pytest.fixture
def session() -> int:
    """The number of a session without processes."""
    process = subprocess.Popen(["true"], start_new_session=True)
    process.wait()
    return process.pid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with so many files that its removal takes a while."""
    folder = tmp_path / "browser"
    folder.mkdir()
    for n in range(3000):
        (folder / f"profile-{n}").touch()
    return folder


@contextmanager
def filling(folder: Path, seconds: float) -> Iterator[None]:
    """A process in a session of its own that fills the folder, while the block begins."""
    command = [sys.executable, "-c", WRITER, str(folder), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        yield


def run_shell(session: int, folder: Path, line: bytes) -> None:
    """Run the shell whose guard has written `line`, or nothing, before it ended."""
    command = ["/bin/sh", "-c", _LAST, "sh", str(session), str(folder)]
    subprocess.run(command, input=line, stderr=subprocess.DEVNULL, check=True)


@pytest.mark.parametrize("place", ["", "profile", "profile/Crash Reports"])
def test_a_folder_is_removed_while_a_process_of_another_session_fills_it(
    session: int, folder: Path, place: str
) -> None:
    (folder / place).mkdir(parents=True, exist_ok=True)
    with filling(folder / place, 0.5):
        clear(session, str(folder))
    assert not folder.exists()


def test_the_shell_of_a_killed_guard_removes_a_folder_that_a_process_fills(session: int, folder: Path) -> None:
    with filling(folder, 1.5):  # longer than the pause of the shell
        run_shell(session, folder, b"")
    assert not folder.exists()


def test_the_shell_of_a_guard_that_has_ended_removes_nothing(session: int, folder: Path) -> None:
    run_shell(session, folder, b"\n")
    assert folder.exists()
