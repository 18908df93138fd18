"""A push or a pull that is killed continues where it stopped."""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from made import picture, released_snapshot
from travel.stores import Store

from ameli_build.core.snapshot import Snapshot
from ameli_build.travel.remote import THREADS

CHILD = """
import os, signal, sys
folder, remaining = sys.argv[1], int(sys.argv[2])
def watch(event, arguments):
    global remaining
    if event == "open" and str(arguments[0]).startswith(folder):
        remaining -= 1
        if remaining == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
sys.argv[1:] = sys.argv[3:]
from ameli_build.cli import main
main()
"""
"""Runs a command, and kills itself as it opens a file in a folder for the n-th time."""


def ameli(folder: Path, at: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, str(folder), str(at), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    made = released_snapshot(tmp_path / "snapshot")
    shutil.rmtree(made.root / "cache")
    for n in range(100, 180):
        made.store_image(picture(f"#{n}{n}"), "jpg")
    (made.raw / "reviews.jsonl").write_bytes(b"a long line\n" * 450_000)
    return made


def below(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != ".lock"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_push_and_a_killed_pull_continue(snapshot: Snapshot, store: Store, tmp_path: Path, seed: int) -> None:
    files = below(snapshot.root)
    distinct, chance = len(set(files.values())), random.Random(seed)
    # the lock, each file for its digest, and each content twice: to send it and to check that it did not change
    at = 1 + len(files) + chance.randrange(distinct // 2, 2 * distinct)
    killed = ameli(snapshot.root, at, "push", snapshot.root, store.url)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    sent = {name: size for name, size in store.sizes().items() if name.startswith("files/")}
    times = {name: store.changed(name) for name in sent}
    assert 0 < len(sent) <= distinct
    refused = ameli(snapshot.root, 0, "pull", store.url, tmp_path / "other")
    assert refused.returncode == 2
    assert "its push has not ended" in refused.stderr

    done = ameli(snapshot.root, 0, "push", snapshot.root, store.url)
    assert done.returncode == 0, done.stderr
    whole = [name for name, body in store.content().items() if len(body) == sent.get(name)]
    assert whole
    assert all(store.changed(name) == times[name] for name in whole)
    pushed, there = map(int, re.findall(r"pushed (\d+) files, .*; (\d+) were there", done.stderr)[0])
    assert pushed + there == distinct
    assert len(whole) <= there <= len(whole) + store.late(THREADS)

    target, partial = tmp_path / "other", tmp_path / ".other.partial"
    at = chance.randrange(distinct // 4, distinct)
    killed = ameli(partial, at, "pull", store.url, target)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not target.exists()
    came = {path: path.stat() for path in partial.rglob("*") if path.is_file() and not path.name.startswith(".")}
    assert came
    assert all(path.read_bytes() == files[path.relative_to(partial).as_posix()] for path in came)

    done = ameli(partial, 0, "pull", store.url, target)
    assert done.returncode == 0, done.stderr
    assert f"{len(came):,} were here" in done.stderr
    assert below(target) == files
    for path, before in came.items():
        now = (target / path.relative_to(partial)).stat()
        assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
