"""Snapshots and cache entries that `ameli prune` removes, and files that it must never touch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from made import released_snapshot
from test_status import at_work
from world_files import write_world

from ameli_build.catalog.ingest import ingest
from ameli_build.core.errors import Held, UnusableInput
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import mark_of
from ameli_build.crawl.journal import Journal, write_journal
from ameli_build.pipeline import build
from ameli_build.prune import find_prunable, prune, remove

DEMO = load_settings("demo")
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")


def finished(path: Path, at: str) -> None:
    """Record the moment at which a snapshot was released."""
    mark = mark_of(Snapshot(path), "release")
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "finished": at}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four months of small released snapshots."""
    root = tmp_path / "snapshots"
    for month in MONTHS:
        released_snapshot(root / month)
        finished(root / month, f"{month}-05T00:00:00Z")
    return root


def going(folder: Path, keep: int = 1, *named: str) -> list[str]:
    return [path.name for path in find_prunable(folder, DEMO, keep, named).snapshots]


def there(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def files(folder: Path) -> dict[Path, int]:
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}


def test_the_oldest_snapshots_are_removed(folder: Path) -> None:
    assert going(folder, 4) == []
    assert going(folder, 3) == ["2026-01"]
    assert going(folder, 1) == ["2026-01", "2026-02", "2026-03"]
    before = files(folder)
    found = find_prunable(folder, DEMO, 2)
    assert files(folder) == before
    remove(found)
    assert there(folder) == ["2026-03", "2026-04"]
    assert going(folder, 2) == []


def test_an_unfinished_snapshot_is_removed_only_if_it_is_old(folder: Path) -> None:
    mark_of(Snapshot(folder / "2026-04"), "release").unlink()  # unfinished, and made just now
    mark_of(Snapshot(folder / "2026-01"), "release").unlink()  # abandoned long ago
    for name in ("raw", "catalog"):
        os.utime(folder / "2026-01" / name, (0, 0))
    assert going(folder, 1) == ["2026-01", "2026-02"]
    assert going(folder, 5) == []


def test_late_answers_do_not_make_a_snapshot_newer(folder: Path) -> None:
    for at, month in enumerate(MONTHS, 1):
        archive = folder / month / "raw" / "pages-00001.warc.gz"
        archive.parent.mkdir(exist_ok=True)
        archive.write_bytes(b"")
        os.utime(archive, (at * 10**6, at * 10**6))
    finished(folder / "2026-02", "2027-01-05T00:00:00Z")
    assert going(folder, 1) == ["2026-01", "2026-02", "2026-03"]


def test_a_snapshot_in_use_stays(folder: Path) -> None:
    found = find_prunable(folder, DEMO, 1)
    with at_work(Snapshot(folder / "2026-01"), "clean"):
        assert going(folder) == ["2026-02", "2026-03"]
        with pytest.raises(UnusableInput, match="a process works in it"):
            going(folder, 1, "2026-01")
        with pytest.raises(Held):
            remove(found)
    assert (folder / "2026-01" / "dataset").is_dir()


def test_answers_of_annotators_are_removed_only_by_name(folder: Path) -> None:
    answers = folder / "2026-01" / "sheets" / "answers.parquet"
    answers.parent.mkdir()
    pl.DataFrame({"review_id": ["r1"]}).write_parquet(answers)
    assert going(folder) == ["2026-02", "2026-03"]
    assert going(folder, 1, "2026-01") == ["2026-01", "2026-02", "2026-03"]
    assert going(folder, 4, "2026-01") == ["2026-01"]


def test_the_base_of_a_refreshed_snapshot_stays(folder: Path) -> None:
    for month, base in (("2026-04", "2026-03"), ("2026-03", "2026-02")):
        write_journal(folder / month / "raw", Journal(refreshes=str((folder / base).resolve())))
    assert going(folder) == ["2026-01", "2026-02"]
    with pytest.raises(UnusableInput, match="2026-04 was refreshed from it"):
        going(folder, 1, "2026-03")


@pytest.mark.parametrize("name", ["2026-04", "2025-12", ".", "../elsewhere"])
def test_names_that_cannot_be_removed_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(UnusableInput, match="--remove"):
        going(folder, 1, name)


def test_links_and_other_folders_are_not_removed(folder: Path, tmp_path: Path) -> None:
    outside = released_snapshot(tmp_path / "outside").root
    finished(outside, "2020-01-01T00:00:00Z")
    (folder / "2020-01").symlink_to(outside)
    (folder / "notes").mkdir()
    (folder / ".cache").symlink_to(outside)
    (folder / "2026-01" / "raw" / "more").symlink_to(outside)
    before = files(outside)
    remove(find_prunable(folder, DEMO, 1))
    assert there(folder) == [".cache", "2020-01", "2026-04", "notes"]
    assert files(outside) == before


def test_leftovers_of_a_killed_removal_are_removed_next_time(folder: Path) -> None:
    (folder / "2026-01").rename(folder / ".pruned-2026-01")
    found = find_prunable(folder, DEMO, 4)
    assert [path.name for path in found.leftovers] == [".pruned-2026-01"]
    assert "a killed removal" in str(found)
    remove(found)
    assert there(folder) == list(MONTHS[1:])


def test_shared_files_count_when_their_last_link_is_removed(folder: Path) -> None:
    first, second = folder / "2026-01" / "raw" / "large", folder / "2026-02" / "raw" / "large"
    first.write_bytes(b"x" * 5_000_000)
    second.hardlink_to(first)
    found = find_prunable(folder, DEMO, 3)
    assert found.freed < 1_000_000
    both = find_prunable(folder, DEMO, 2)
    assert both.freed > 5_000_000
    assert both.freed > sum(both.sizes.values())


def test_prune_asks_for_confirmation(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnusableInput, match="--yes"):
        prune(folder, DEMO, keep=1, dry_run=False, yes=False)
    prune(folder, DEMO, keep=1, dry_run=True, yes=True)
    assert there(folder) == list(MONTHS)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    prune(folder, DEMO, keep=1, dry_run=False, yes=False)
    assert there(folder) == list(MONTHS)
    prune(folder, DEMO, keep=1, dry_run=False, yes=True)
    assert there(folder) == ["2026-04"]
    assert "2026-03   remove" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nowhere", "notes"])
def test_a_folder_without_snapshots_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(UnusableInput, match=r"no such folder|no snapshot here"):
        find_prunable(tmp_path / name, DEMO)


def test_the_command_removes_only_with_yes(folder: Path) -> None:
    command = [sys.executable, "-m", "ameli_build", "prune", str(folder), "--keep", "1"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert (asked.returncode, there(folder)) == (2, list(MONTHS))
    done = subprocess.run([*command, "--yes"], capture_output=True, text=True, check=False)
    assert (done.returncode, there(folder)) == (0, ["2026-04"])


@pytest.fixture(scope="module")
def two_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two real snapshots that share a cache; the later snapshot lacks half of the reviews."""
    world, root = tmp_path_factory.mktemp("world"), tmp_path_factory.mktemp("snapshots")
    write_world(world, products=12)
    reviews = (world / "reviews.jsonl").read_text().splitlines(keepends=True)
    for month, lines in (("2026-01", reviews), ("2026-02", reviews[: len(reviews) // 2])):
        (world / "reviews.jsonl").write_text("".join(lines))
        snapshot = Snapshot(root / month)
        ingest(snapshot, world / "products.jsonl", world / "reviews.jsonl", world / "images", sharing(root))
        build(snapshot, sharing(root))
    finished(root / "2026-01", "2026-01-05T00:00:00Z")
    return root


@pytest.fixture
def sharing_months(two_months: Path, tmp_path: Path) -> Path:
    shutil.copytree(two_months, tmp_path / "snapshots")
    for note in (tmp_path / "snapshots" / ".cache" / ".users").iterdir():
        note.write_text(note.read_text().replace(str(two_months.resolve()), str((tmp_path / "snapshots").resolve())))
    return tmp_path / "snapshots"


def sharing(root: Path) -> Settings:
    return load_settings("demo", [f"run.cache={root / '.cache'}"])


def entries(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in (root / ".cache").glob("*/*.sealed")}


@pytest.mark.slow
def test_entries_that_no_snapshot_uses_are_removed(sharing_months: Path) -> None:
    root, settings = sharing_months, sharing(sharing_months)
    remove(find_prunable(root, settings, 2))
    both = entries(root)
    assert find_prunable(root, settings, 2).empty
    found = find_prunable(root, settings, 1)
    assert [path.name for path in found.snapshots] == ["2026-01"]
    assert found.caches[0].unused
    remove(found)
    remaining = entries(root)
    assert remaining < both
    later = Snapshot(root / "2026-02")
    for name in ("clean", "mentions", "informativeness", "candidates", "splits", "release"):
        mark_of(later, name).unlink()
    build(later, settings)
    assert entries(root) == remaining  # nothing is computed again
    assert find_prunable(root, settings, 1).caches[0].users == (later.root.resolve(),)


@pytest.mark.parametrize("name", ["ab12.parquet", f"{'c' * 64}.parquet", ".ab12.sealed.x.partial"])
def test_entries_under_names_of_earlier_versions_are_removed(sharing_months: Path, name: str) -> None:
    root, settings = sharing_months, sharing(sharing_months)
    remove(find_prunable(root, settings, 2))
    both, old = entries(root), root / ".cache" / "decode-images" / name
    old.write_bytes(b"PAR1")
    (old.parent / "notes.txt").write_text("not an entry")
    assert find_prunable(root, settings, 2).caches[0].unused == (old,)
    remove(find_prunable(root, settings, 2))
    assert (old.exists(), entries(root)) == (False, both)
    assert (old.parent / "notes.txt").exists()


def test_a_cache_stays_while_its_use_is_unknown(sharing_months: Path) -> None:
    root, settings = sharing_months, sharing(sharing_months)
    with at_work(Snapshot(root / "2026-02"), "clean"):
        assert "a process works in 2026-02" in find_prunable(root, settings, 1).caches[0].reason
    (root / "2026-02" / "stages" / "clean" / "cache.txt").unlink()  # as of a run that was killed
    found = find_prunable(root, settings, 1).caches[0]
    assert (found.unused, "2026-02 is not finished" in found.reason) == ((), True)
    shutil.rmtree(root / ".cache" / ".users")
    assert "its users are unknown" in find_prunable(root, settings, 1).caches[0].reason


def test_a_cache_at_a_url_stays(sharing_months: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sharing_months.parent)
    (sharing_months.parent / "s3:").mkdir()
    (sharing_months / ".cache").rename("s3:/bucket")  # a folder that has the name of the URL
    there = load_settings("demo", ["run.cache=s3://bucket"])
    assert not find_prunable(sharing_months, there, 1).caches
    assert find_prunable(sharing_months, load_settings("demo", ["run.cache=s3:/bucket"]), 1).caches


def test_entries_that_a_snapshot_elsewhere_uses_stay(sharing_months: Path, tmp_path: Path) -> None:
    """A snapshot that is not in the folder counts too: the cache knows its users."""
    root, settings = sharing_months, sharing(sharing_months)
    elsewhere = tmp_path / "elsewhere"
    (root / "2026-01").rename(elsewhere)
    for note in (root / ".cache" / ".users").iterdir():
        note.write_text(note.read_text().replace(str((root / "2026-01").resolve()), str(elsewhere.resolve())))
    remove(find_prunable(root, settings, 1))
    before = entries(root)
    shutil.rmtree(elsewhere)
    found = find_prunable(root, settings, 1)
    assert found.caches[0].unused
    remove(found)
    assert entries(root) < before
