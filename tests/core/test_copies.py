"""Copies share no storage with their originals, so an edit of a copy changes no original."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from made import picture, released_snapshot

from ameli_build.core.copies import copy_file
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.by_content import read_by_content
from ameli_build.export.formats import export
from ameli_build.release.stage import STAGE as RELEASE

DEMO = load_settings("demo")


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot", load_settings("demo", ["release.strip_metadata=false"]))


def inodes(*folders: Path) -> Iterator[int]:
    for folder in folders:
        yield from (path.stat().st_ino for path in folder.rglob("*.jpg"))


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
def test_a_copy_has_the_content(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(os.urandom(size))
    copy_file(tmp_path / "a", tmp_path / "folder" / "b")
    assert (tmp_path / "folder" / "b").read_bytes() == (tmp_path / "a").read_bytes()
    assert (tmp_path / "folder" / "b").stat().st_ino != (tmp_path / "a").stat().st_ino


def test_an_edited_release_does_not_change_the_archive(snapshot: Snapshot) -> None:
    before = {path.name: path.read_bytes() for path in (snapshot.raw / "images").iterdir()}
    for path in (snapshot.dataset / "images").iterdir():
        with path.open("r+b") as handle:
            handle.write(b"edited")
    assert {path.name: path.read_bytes() for path in (snapshot.raw / "images").iterdir()} == before


@pytest.mark.parametrize("layout", ["release", "official", "hf"])
def test_no_two_pictures_share_an_inode(snapshot: Snapshot, tmp_path: Path, layout: str) -> None:
    if layout != "release":
        export(snapshot, DEMO, layout, str(tmp_path / "out"))
    found = list(inodes(tmp_path))
    assert len(set(found)) == len(found) >= 18


def test_a_cached_picture_has_its_own_inode(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_bytes(picture("red"))
    found = read_by_content(tmp_path, ["photos"], tmp_path / "cache")
    place = found.place("photos/1.jpg")
    assert place is not None
    assert (tmp_path / "cache" / place).stat().st_ino != (tmp_path / "photos" / "1.jpg").stat().st_ino


def test_a_release_replaces_hard_links_of_an_earlier_version_by_copies(snapshot: Snapshot) -> None:
    for path in sorted((snapshot.dataset / "images").iterdir()):
        path.unlink()
        path.hardlink_to(snapshot.raw / "images" / path.name)
    before = {path.name: path.read_bytes() for path in (snapshot.dataset / "images").iterdir()}
    assert run_stage(RELEASE, snapshot, load_settings("demo", ["release.name=other"]))
    assert {path.name: path.read_bytes() for path in (snapshot.dataset / "images").iterdir()} == before
    assert not set(inodes(snapshot.raw)) & set(inodes(snapshot.dataset))
