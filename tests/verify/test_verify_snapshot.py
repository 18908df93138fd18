"""Each file of a snapshot counts: a changed, missing or strange file is named with the run that wrote it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from damages import DAMAGES
from made import released_snapshot
from verify.whole import crawled, whole_snapshot

from ameli_build.core.checksums import SUMS, read_sums
from ameli_build.core.errors import Held, RunFailed
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.core.workers import process_mapper
from ameli_build.pipeline import build
from ameli_build.verify import files as verify_files
from ameli_build.verify import verify

WRITERS = {
    "raw/pages-00001.warc.gz": "crawl or ingest",
    "raw/crawl.json": "crawl or ingest",
    "raw/crawl-stats.json": "crawl or ingest",
    "catalog/products.parquet": "catalog",
    "catalog/reviews.parquet": "catalog",
    "catalog/images.parquet": "catalog",
    "stages/catalog/stage.json": "catalog",
    "stages/clean/reviews.parquet": "clean",
    "stages/clean/cache.txt": "clean",
    "stages/mentions/mentions.parquet": "mentions",
    "stages/splits/splits.parquet": "splits",
    "stages/release/stage.json": "release",
    "stages/baseline/stage.json": "baseline",
    "baseline/scores.json": "baseline",
    "baseline/predictions.parquet": "baseline",
    "baseline/model/adapters.safetensors": "baseline",
    "baseline/link/index.json": "link",
    "settings/release.toml": "read by the last run",
    "run.json": "build",
    "report.html": "report",
}
"""Files that have checksums, with the runs that wrote them."""
OTHERS = ("dataset/README.md", "dataset/stats.json", "dataset/test.parquet", "dataset/schema/products.json")
PICTURES = ("raw/images", "stages/clean/patches", "dataset/images")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return whole_snapshot(tmp_path_factory.mktemp("whole") / "snapshot")


@pytest.fixture
def copy(snapshot: Snapshot, tmp_path: Path) -> Snapshot:
    return Snapshot(Path(shutil.copytree(snapshot.root, tmp_path / "copy")))


@contextmanager
def damaged(path: Path, damage: str) -> Iterator[None]:
    """The file with other content and the same time of change, while the block runs."""
    before, found = path.read_bytes(), path.stat()
    try:
        path.write_bytes(DAMAGES[damage](before))
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
        yield
    finally:
        path.write_bytes(before)


def fault(snapshot: Snapshot) -> str:
    """The message of a check that fails."""
    with pytest.raises(RunFailed) as raised:
        verify(snapshot)
    return str(raised.value)


def test_a_complete_snapshot_is_valid(snapshot: Snapshot) -> None:
    (line,) = verify(snapshot).splitlines()
    assert line.endswith("6 tables: checksums, schemas and rules hold")
    assert read_sums(snapshot.root / SUMS).keys() >= WRITERS.keys()


def test_sha256sum_accepts_the_list(snapshot: Snapshot) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", SUMS], cwd=snapshot.root, check=True)


@pytest.mark.parametrize("damage", ["a bit near the start", "a bit in the middle", "the last bit", "half"])
@pytest.mark.parametrize("name", [*WRITERS, *OTHERS])
def test_a_changed_file_is_named(snapshot: Snapshot, name: str, damage: str) -> None:
    with damaged(snapshot.root / name, damage):
        message = fault(snapshot)
    assert f"{name}: content differs from its checksum" in message
    assert WRITERS.get(name, "") in message
    assert "1 problem(s)" in message


@pytest.mark.parametrize("damage", ["a bit in the middle", "the last bit", "half", "empty"])
@pytest.mark.parametrize("folder", PICTURES)
def test_a_changed_picture_is_named(snapshot: Snapshot, folder: str, damage: str) -> None:
    picture = sorted((snapshot.root / folder).iterdir())[1]
    with damaged(picture, damage):
        message = fault(snapshot)
    assert f"{folder}/{picture.name}: content differs" in message
    assert "1 problem(s)" in message


@pytest.mark.parametrize("name", ["dataset/SHA256SUMS", SUMS])
@pytest.mark.parametrize("damage", ["a bit near the start", "a bit in the middle", "half", "empty"])
def test_a_changed_list_is_reported(snapshot: Snapshot, name: str, damage: str) -> None:
    with damaged(snapshot.root / name, damage):
        if (name, damage) == (SUMS, "empty"):
            assert "not covered: baseline, " in verify(snapshot)
        else:
            assert fault(snapshot)


@pytest.mark.parametrize("name", [*WRITERS, *OTHERS])
def test_a_missing_file_is_named(snapshot: Snapshot, name: str) -> None:
    path = snapshot.root / name
    path.rename(path.with_name(".away"))
    try:
        message = fault(snapshot)
    finally:
        path.with_name(".away").rename(path)
    assert re.search(rf"{name}: (listed in SHA256SUMS, )?missing", message)
    assert WRITERS.get(name, "") in message


@pytest.mark.parametrize("folder", PICTURES)
def test_a_missing_picture_is_named(snapshot: Snapshot, folder: str) -> None:
    named = sorted(path for path in (snapshot.root / folder).iterdir())
    path = named[0]
    body = path.read_bytes()
    path.unlink()
    try:
        message = fault(snapshot)
    finally:
        path.write_bytes(body)
    assert folder in message
    assert "missing" in message or "not the pictures that clean wrote" in message


@pytest.mark.parametrize("folder", ["raw", "catalog", "stages/clean", "stages/splits", "baseline", "baseline/model"])
def test_a_strange_file_is_named(snapshot: Snapshot, folder: str) -> None:
    path = snapshot.root / folder / "strange.parquet"
    path.write_bytes(b"PAR1")
    try:
        assert f"{folder}/strange.parquet: not written by a run" in fault(snapshot)
    finally:
        path.unlink()


def test_many_files_are_read_by_workers(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_files, "FEW", 3)
    named = pytest.raises(RunFailed, match=r"1 problem\(s\): run\.json: content differs")
    with process_mapper(2) as mapper, damaged(snapshot.root / "run.json", "the last bit"), named:
        verify(snapshot, mapper)


def test_work_of_people_and_settings_of_the_next_run_are_no_problem(copy: Snapshot) -> None:
    for name in ("sheets/answers.csv", "notes.txt", "settings/splits.toml", "link/photo.jpg"):
        write_bytes(copy.root / name, b"")
    assert "settings/splits.toml" not in verify(copy).splitlines()[0]


@pytest.mark.parametrize("name", ["settings/release.toml", "settings/splits.toml"])
def test_the_next_build_takes_changed_settings(copy: Snapshot, name: str) -> None:
    write_bytes(copy.root / name, b'[release]\nname = "another"\n' if "release" in name else b"[splits]\ndev = 0.1\n")
    build(copy, load_settings("demo", (), copy))
    (line,) = verify(copy).splitlines()
    assert "hold" in line


def test_a_continued_crawl_is_valid_before_the_next_build(tmp_path: Path) -> None:
    snapshot = crawled(tmp_path / "snapshot", 7, "7000101")
    before = read_sums(snapshot.root / SUMS)["raw/pages-00001.warc.gz"]
    assert "nothing released yet" in verify(snapshot)
    crawled(tmp_path / "snapshot", 7, "7000102")
    assert read_sums(snapshot.root / SUMS)["raw/pages-00001.warc.gz"] != before
    assert "checksums hold" in verify(snapshot)


KILLED = """
import os, signal, sys
from pathlib import Path
from ameli_build.core.checksums import recorded

root = Path(sys.argv[1])
with recorded(root, *sys.argv[2:]):
    for name in sys.argv[2:]:
        for path in [root / name, *(root / name).glob("*.*")]:
            if path.is_file():
                path.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("names", [["stages/clean"], ["catalog", "stages/catalog"], ["run.json"], ["baseline"]])
def test_files_of_a_killed_run_are_not_covered_and_no_problem(copy: Snapshot, names: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(copy.root), *names], check=False)
    assert done.returncode == -signal.SIGKILL
    line, uncovered = verify(copy).splitlines()
    assert line.endswith("checksums, schemas and rules hold")
    assert all(name in uncovered for name in names)


def test_a_snapshot_of_an_earlier_version_has_no_checksums(copy: Snapshot) -> None:
    (copy.root / SUMS).unlink()
    line, uncovered = verify(copy).splitlines()
    assert line.endswith("checksums, schemas and rules hold")
    assert uncovered.startswith(
        "not covered: baseline, baseline/link, baseline/model, catalog, raw, report-tables, report.html, "
    )


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_records_of_an_archive_without_checksum_have_their_own_checksums(copy: Snapshot, part: float) -> None:
    (copy.root / SUMS).unlink()
    path = copy.raw / "pages-00001.warc.gz"
    body = bytearray(path.read_bytes())
    body[int(part * len(body))] ^= 255
    path.write_bytes(body)
    assert "raw/pages-00001.warc.gz: damaged: the record at byte " in fault(copy)


@pytest.mark.parametrize("name", ["catalog/images.parquet", "stages/clean/reviews.parquet"])
@pytest.mark.parametrize("body", [None, b"", b"PAR1 half"])
def test_an_unreadable_table_without_checksum_is_named(copy: Snapshot, name: str, body: bytes | None) -> None:
    (copy.root / SUMS).unlink()
    (copy.root / name).unlink()
    if body is not None:
        (copy.root / name).write_bytes(body)
    assert name in fault(copy)


def test_a_snapshot_in_use_is_not_checked(copy: Snapshot) -> None:
    with copy.lock(), pytest.raises(Held, match="another run"):
        verify(copy)


@pytest.mark.parametrize("name", ["../private.txt", "/etc/hostname", "raw/../../private.txt", "raw/images"])
def test_a_foreign_list_reads_no_file_outside_the_snapshot(tmp_path: Path, name: str) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    (tmp_path / "private.txt").write_text("private")
    sums = snapshot.root / SUMS
    sums.write_text(f"{sums.read_text()}{'0' * 64}  {name}\n")
    assert f"{name}: missing" in fault(snapshot)
