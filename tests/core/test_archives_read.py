"""An archive is read when it may have changed, and not for each build or status."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from damages import DAMAGES

from ameli_build.core import standing
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.core.stage import Result, Stage
from ameli_build.core.standing import mark_of, stage_record

SETTINGS = load_settings("demo")
EQUAL = [name for name in DAMAGES if len(DAMAGES[name](bytes(99))) == 99]
STAGE = Stage(
    "catalog",
    lambda tables, settings, work: Result({"catalog/products": pl.DataFrame({"sku": ["1"]})}),
    inputs=(),
    outputs=("catalog/products",),
    files=("raw",),
)
NAMES = ("pages-00001.warc.gz", "pages-00002.warc.gz", "deep/pages-00001.warc.gz")


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    made = Snapshot(tmp_path / "snapshot")
    for number, name in enumerate((*NAMES, "crawl.jsonl", "images/a.jpg")):
        (made.raw / name).parent.mkdir(parents=True, exist_ok=True)
        (made.raw / name).write_bytes(bytes([number + 1] * 99))
    assert run_stage(STAGE, made, SETTINGS)
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the files of `raw` that are read; the cache of digests is empty, as in a new process."""
    names: list[str] = []

    def noted(path: Path) -> str:
        if "raw" in path.parts:
            names.append(path.name)
        return file_digest(path)

    monkeypatch.setattr(standing, "file_digest", noted)
    standing._digest.cache_clear()
    yield names
    standing._digest.cache_clear()


def why(snapshot: Snapshot) -> str:
    return standing.standing_of(STAGE, snapshot, SETTINGS, stage_record(snapshot, "catalog")).why


def test_an_unchanged_archive_is_not_read(snapshot: Snapshot, read: list[str]) -> None:
    assert not run_stage(STAGE, snapshot, SETTINGS)
    assert why(snapshot) == ""
    assert read == []


@pytest.mark.parametrize("damage", EQUAL)
@pytest.mark.parametrize("name", NAMES)
def test_a_change_at_equal_size_and_time_is_noticed(
    snapshot: Snapshot, read: list[str], name: str, damage: str
) -> None:
    path = snapshot.raw / name
    found = path.stat()
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert why(snapshot) == "raw changed"
    assert read == [path.name]


def test_a_copy_is_read_once(snapshot: Snapshot, read: list[str], tmp_path: Path) -> None:
    copy = Snapshot(tmp_path / "copy")
    shutil.copytree(snapshot.root, copy.root)
    assert not run_stage(STAGE, copy, SETTINGS)
    assert sorted(read) == ["pages-00001.warc.gz", "pages-00001.warc.gz", "pages-00002.warc.gz"]
    read.clear()
    standing._digest.cache_clear()
    assert not run_stage(STAGE, copy, SETTINGS)
    assert read == []


@pytest.mark.parametrize("archives", [None, 3, [], {"raw/pages-00001.warc.gz": 3}, {"raw/pages-00001.warc.gz": []}])
def test_a_record_of_another_version_is_ignored(snapshot: Snapshot, read: list[str], archives: object) -> None:
    mark = mark_of(snapshot, "catalog")
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"archives": archives}))
    assert not run_stage(STAGE, snapshot, SETTINGS)
    assert len(read) == len(NAMES)
    assert set(stage_record(snapshot, "catalog")["archives"]) == {f"raw/{name}" for name in NAMES}
