"""`ameli work` fills the cache, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made import made_snapshot
from typer.testing import CliRunner
from world_files import write_world

from ameli_build.catalog.ingest import ingest
from ameli_build.cli import app
from ameli_build.cluster.ranks import Rank
from ameli_build.core.cache import Work
from ameli_build.core.errors import Held, RunFailed, UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.fill import fill
from ameli_build.pipeline import STAGES, build

SETTINGS = load_settings("demo", ["run.shard_rows=4"])


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, products=12)
    snapshot = Snapshot(folder / "s")
    ingest(snapshot, folder / "products.jsonl", folder / "reviews.jsonl", folder / "images", SETTINGS)
    return snapshot


def files(snapshot: Snapshot, *without: str) -> dict[str, bytes]:
    """All files of a snapshot, except its cache, its lock and named folders."""
    found = (path for path in snapshot.root.rglob("*") if path.is_file() and path.name != ".lock")
    named = {path.relative_to(snapshot.root).as_posix(): path.read_bytes() for path in found}
    return {name: body for name, body in named.items() if not name.startswith(("cache/", *without))}


def entries(snapshot: Snapshot) -> set[str]:
    return {path.name for path in (snapshot.root / "cache").rglob("*.sealed")}


def test_a_build_computes_no_shard_after_ranks(ingested: Snapshot) -> None:
    build(ingested, SETTINGS, until="catalog")
    before = files(ingested)
    assert fill(ingested, SETTINGS, "clean", 1, 3) > 0
    assert fill(ingested, SETTINGS, "clean", 0, 3) == 0  # another rank has made its share
    assert files(ingested, "stages/clean/patches/") == before
    filled = entries(ingested)
    build(ingested, SETTINGS, until="clean")
    assert entries(ingested) == filled


def test_a_shared_cache_is_filled(ingested: Snapshot, tmp_path: Path) -> None:
    settings = load_settings("demo", [f"run.cache={tmp_path}", "run.shard_rows=4"])
    build(ingested, settings, until="catalog")
    assert fill(ingested, settings, "clean", 0, 2) == len(list(tmp_path.rglob("*.sealed")))


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("mentions", r"stage clean has not run; run ameli build SNAPSHOT --until clean first"),
        ("candidates", r"stage clean has not run; run ameli build SNAPSHOT --until informativeness first"),
        ("release", r"stage clean has not run; run ameli build SNAPSHOT --until splits first"),
    ],
)
def test_missing_inputs_are_named(tmp_path: Path, stage: str, message: str) -> None:
    write_world(tmp_path, products=12)
    snapshot = Snapshot(tmp_path / "s")
    ingest(snapshot, tmp_path / "products.jsonl", tmp_path / "reviews.jsonl", tmp_path / "images", SETTINGS)
    build(snapshot, SETTINGS, until="catalog")
    with pytest.raises(RunFailed, match=rf"^stage {stage}: its inputs are missing: {message}"):
        fill(snapshot, SETTINGS, stage, 0, 1)


@pytest.mark.parametrize(
    ("stage", "rank", "of", "message"),
    [
        ("clean", 3, 3, r"--rank 3 --of 3: ranks are 0 to 2"),
        ("clean", -1, 2, r"--rank -1 --of 2: ranks are 0 to 1"),
        ("cleaning", 0, 1, r"--stage cleaning: no such stage \(one of catalog, clean, "),
    ],
)
def test_wrong_ranks_and_stages_are_refused(tmp_path: Path, stage: str, rank: int, of: int, message: str) -> None:
    with pytest.raises(UnusableInput, match=message):
        fill(Snapshot(tmp_path), SETTINGS, stage, rank, of)


def test_ranks_share_a_snapshot_and_a_build_locks_it(tmp_path: Path) -> None:
    snapshot = made_snapshot(tmp_path / "s")
    message = "another run is working in this snapshot"
    with snapshot.lock(shared=True), snapshot.lock(shared=True), pytest.raises(Held, match=message), snapshot.lock():
        pass
    with snapshot.lock(), pytest.raises(Held), snapshot.lock(shared=True):
        pass
    with snapshot.lock():
        pass


def test_a_rank_of_the_release_writes_no_data_set(tmp_path: Path) -> None:
    snapshot = made_snapshot(tmp_path / "s")
    release = STAGES[-1]
    work = replace(Work.of(snapshot, SETTINGS, Rank(0, 2)), only_fills=True)
    release.compute({name: snapshot.scan(name) for name in release.inputs}, SETTINGS, work)
    assert not snapshot.dataset.exists()
    filled = entries(snapshot)
    assert filled
    run_stage(release, snapshot, SETTINGS)
    assert entries(snapshot) == filled
    assert snapshot.dataset.is_dir()


def test_the_command_requires_the_number_of_ranks(ingested: Snapshot) -> None:
    done = CliRunner().invoke(app, ["work", str(ingested.root), "--stage", "clean", "--rank", "0"])
    assert done.exit_code == 2
    assert "--of" in done.output
