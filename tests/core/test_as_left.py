"""A damaged file of a finished stage is made again, even if its size is unchanged."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from damages import DAMAGES
from made import released_snapshot

from ameli_build.core.as_left import is_as_left, leave
from ameli_build.core.errors import RunFailed
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.release.stage import STAGE as RELEASE
from ameli_build.verify import verify

SETTINGS = load_settings("demo")
EQUAL = [name for name in DAMAGES if len(DAMAGES[name](bytes(99))) == 99]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot")


def replace(path: Path, body: bytes, *, keep_time: bool = False) -> None:
    """Replace the file by a new one with this content."""
    found = path.stat()
    path.unlink()
    path.write_bytes(body)
    if keep_time:
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("damage", EQUAL)
@pytest.mark.parametrize("name", ["test.parquet", "README.md", "schema/stats.json", "SHA256SUMS", "images"])
def test_a_file_of_equal_size_is_made_again(snapshot: Snapshot, name: str, damage: str) -> None:
    before = below(snapshot.dataset)
    path = snapshot.dataset / name
    path = sorted(path.iterdir())[1] if path.is_dir() else path
    replace(path, DAMAGES[damage](path.read_bytes()))
    assert run_stage(RELEASE, snapshot, SETTINGS)
    assert below(snapshot.dataset) == before
    assert not run_stage(RELEASE, snapshot, SETTINGS)
    verify(snapshot)


@pytest.mark.parametrize("name", ["products.parquet", "croissant.json", "SHA256SUMS"])
def test_a_damaged_text_or_table_of_equal_time_is_made_again(snapshot: Snapshot, name: str) -> None:
    path = snapshot.dataset / name
    replace(path, DAMAGES["a bit in the middle"](path.read_bytes()), keep_time=True)
    assert run_stage(RELEASE, snapshot, SETTINGS)


def test_a_copy_with_other_times_counts_as_unchanged(snapshot: Snapshot, tmp_path: Path) -> None:
    record = leave(snapshot.dataset)
    shutil.copytree(snapshot.dataset, tmp_path / "copy", copy_function=shutil.copy)
    for path in (tmp_path / "copy").rglob("*"):
        os.utime(path, ns=(5, 5))
    assert is_as_left(tmp_path / "copy", record)
    image = sorted((tmp_path / "copy" / "images").iterdir())[0]
    image.write_bytes(DAMAGES["the last bit"](image.read_bytes()))
    assert not is_as_left(tmp_path / "copy", record)


@pytest.mark.parametrize("record", [None, "abc", {}, {"content": 3}, []])
def test_a_record_of_another_version_is_ignored(snapshot: Snapshot, record: object) -> None:
    assert not is_as_left(snapshot.dataset, record)


def test_a_picture_damaged_in_the_archive_is_named(snapshot: Snapshot) -> None:
    image = sorted((snapshot.raw / "images").iterdir())[0]
    before = image.read_bytes()
    image.write_bytes(DAMAGES["a bit in the middle"](before))
    other = load_settings("demo", ["release.name=other"])
    with pytest.raises(RunFailed, match=f"{image.name}: damaged, its content does not match its name"):
        run_stage(RELEASE, snapshot, other)
    image.write_bytes(before)
    assert run_stage(RELEASE, snapshot, other)
    verify(snapshot)
