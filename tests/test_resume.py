"""A build that is killed in every stage, or has another number of workers, ends with the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from world_files import ingested, write_world

from ameli_build.core.snapshot import Snapshot
from ameli_build.pipeline import STAGES

AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    return folder


def command(snapshot: Snapshot, workers: int) -> list[str]:
    return [*AMELI, "build", str(snapshot.root), "--profile", "demo", "--workers", str(workers)]


def build(snapshot: Snapshot, workers: int) -> None:
    subprocess.run(command(snapshot, workers), check=True, capture_output=True)


def kill_when(snapshot: Snapshot, line: str) -> None:
    """Start a build and kill it with SIGKILL as soon as it prints `line`."""
    process = subprocess.Popen(command(snapshot, 2), stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    for printed in process.stderr:
        if printed.strip().endswith(line):
            os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, f"never printed {line!r}"


def sums(snapshot: Snapshot) -> str:
    return (snapshot.dataset / "SHA256SUMS").read_text()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_and_workers_change_no_byte(world: Path, tmp_path: Path) -> None:
    once = ingested(world, tmp_path / "once")
    build(once, workers=1)
    killed = ingested(world, tmp_path / "killed")
    for stage in STAGES:
        if stage.name != "catalog":  # ingest has made it
            kill_when(killed, f"{stage.name}: running")
    build(killed, workers=2)
    assert sums(killed) == sums(once)
    assert (killed.dataset / "stats.json").read_bytes() == (once.dataset / "stats.json").read_bytes()
