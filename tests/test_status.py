"""`ameli status` reports what a build would do, and which process works in the snapshot."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crawl.crawling import settings_for
from demo.small_world import picture, small_world
from world_files import write_world

from ameli_build.catalog.ingest import ingest
from ameli_build.core.errors import Held
from ameli_build.core.running import doing, holder
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import mark_of
from ameli_build.crawl.run import crawl
from ameli_build.demo.storefront import Storefront
from ameli_build.pipeline import build
from ameli_build.report.run import make_report
from ameli_build.status import status_of

WORKING = """
import sys, time
from pathlib import Path
from ameli_build.core.running import doing
from ameli_build.core.snapshot import Snapshot
root = Path(sys.argv[1])
with Snapshot(root).lock(), doing(root, sys.argv[2]):
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, products=12)
    snapshot, settings = Snapshot(folder / "snapshot"), load_settings("demo")
    ingest(snapshot, folder / "products.jsonl", folder / "reviews.jsonl", folder / "images", settings)
    build(snapshot, settings)
    return snapshot


@pytest.fixture
def snapshot(built: Snapshot, tmp_path: Path) -> Snapshot:
    shutil.copytree(built.root, tmp_path / "snapshot")
    return Snapshot(tmp_path / "snapshot")


def settings(snapshot: Snapshot, *overrides: str) -> Settings:
    return load_settings(None, overrides, snapshot)


def states(snapshot: Snapshot, *overrides: str) -> dict[str, str]:
    return {row.name: row.state for row in status_of(snapshot, settings(snapshot, *overrides)).rows}


def files(snapshot: Snapshot) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in snapshot.root.rglob("*")}


@contextmanager
def at_work(snapshot: Snapshot, name: str) -> Iterator[int]:
    """Run another process that holds the snapshot's lock at the stage `name`; yields its id."""
    command = [sys.executable, "-c", WORKING, str(snapshot.root), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process.pid
        finally:
            process.kill()


def test_every_stage_is_done_after_a_build(snapshot: Snapshot) -> None:
    before = files(snapshot)
    found = status_of(snapshot, settings(snapshot))
    assert files(snapshot) == before
    assert found.running is None
    named = {row.name: row for row in found.rows}
    assert named["raw"].state == "ingested"
    assert {named[name].state for name in ("catalog", "clean", "mentions", "splits", "release")} == {"done"}
    assert [named[name].state for name in ("answers", "baseline", "report")] == ["not run"] * 3
    assert all(row.since.endswith("Z") and row.seconds is not None for row in found.rows if row.state == "done")
    assert json.loads(found.as_json())["rows"][2]["state"] == "done"
    assert "clean" in str(found)
    assert build(snapshot, settings(snapshot)) == []


@pytest.mark.parametrize(
    ("override", "change"),
    [
        ("clean.max_tokens=3", "clean.max_tokens was 500, is 3"),
        ("mentions.max_words=2", "mentions.max_words was 6, is 2"),
        ("informativeness.title_similarity=0.99", "informativeness.title_similarity was 0.7, is 0.99"),
        ("candidates.k=3", "candidates.k was 10, is 3"),
        ("splits.policy=review", "splits.policy was 'product', is 'review'"),
        ("release.name=Other", "release.name was 'AMELI snapshot', is 'Other'"),
    ],
)
def test_a_build_runs_stale_stages(snapshot: Snapshot, override: str, change: str) -> None:
    rows = status_of(snapshot, settings(snapshot, override)).rows
    stale = [row for row in rows if row.state == "stale"]
    ran = build(snapshot, settings(snapshot, override))
    assert ran[0] == stale[0].name
    assert set(ran) <= {row.name for row in stale}
    assert change in stale[0].detail
    assert set(states(snapshot, override).values()) <= {"done", "ingested", "not run"}


def test_a_setting_that_no_result_depends_on_makes_nothing_stale(snapshot: Snapshot) -> None:
    assert "stale" not in states(snapshot, "run.least_free=5", "crawl.rate=3").values()


@pytest.mark.parametrize("table", ["clean/reviews", "informativeness/features"])
def test_a_damaged_table_is_reported(snapshot: Snapshot, table: str) -> None:
    snapshot.table_path(table).write_bytes(b"damage")
    rows = {row.name: row for row in status_of(snapshot, settings(snapshot)).rows}
    stage = table.partition("/")[0]
    assert rows[stage].detail == f"{table} is not as it was written"
    assert rows["release"].state == "stale"
    assert build(snapshot, settings(snapshot))[0] == stage


def test_a_missing_table_is_reported(snapshot: Snapshot) -> None:
    snapshot.table_path("catalog/images").unlink()
    found = states(snapshot)
    assert (found["catalog"], found["clean"], found["release"]) == ("stale", "stale", "stale")


def test_a_running_process_is_reported(snapshot: Snapshot) -> None:
    mark_of(snapshot, "clean").unlink()
    with at_work(snapshot, "clean") as pid:
        found = status_of(snapshot, settings(snapshot))
        assert found.running is not None
        assert (found.running.pid, found.running.doing) == (pid, "clean")
        rows = {row.name: row for row in found.rows}
        assert rows["clean"].state == "running"
        assert rows["clean"].since == found.running.doing_since
        assert rows["mentions"].detail == "waits for clean"
        assert f"process {pid} works here" in str(found)
        with pytest.raises(Held, match=f"process {pid}"), snapshot.lock():
            pass
    assert states(snapshot)["clean"] == "not run"
    assert holder(snapshot.root) is None


def test_a_lock_names_its_process(tmp_path: Path) -> None:
    with doing(tmp_path, "clean"):
        assert not (tmp_path / ".lock").exists()
    with Snapshot(tmp_path).lock():
        first = holder(tmp_path)
        with doing(tmp_path, "clean"):
            inner = holder(tmp_path)
        assert holder(tmp_path) == first
    assert first is not None
    assert inner is not None
    assert (first.doing, inner.doing) == ("", "clean")
    (tmp_path / ".lock").write_text("of an earlier version")
    assert holder(tmp_path) is None


def test_a_report_older_than_its_data_is_stale(snapshot: Snapshot) -> None:
    make_report(snapshot, settings(snapshot))
    assert states(snapshot)["report"] == "done"
    record = json.loads(mark_of(snapshot, "splits").read_text())
    mark_of(snapshot, "splits").write_text(json.dumps({**record, "finished": "2999-01-01T00:00:00Z"}))
    assert states(snapshot)["report"] == "stale"


def test_a_killed_crawl_is_reported(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    with Storefront(small_world(3), pictures=picture) as shop:
        given = settings_for(shop.site_url, specifications="json")
        crawl(snapshot, given, max_products=3)
    row = status_of(snapshot, given).rows[0]
    assert (row.name, row.state) == ("raw", "crawled")
    assert "3 product pages" in row.detail
    (snapshot.raw / "crawl-stats.json").unlink()
    assert status_of(snapshot, given).rows[0].state == "cut off"


def test_no_model_is_loaded(snapshot: Snapshot) -> None:
    script = (
        "import sys; from ameli_build.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([name for name in ('torch', 'transformers', 'spacy') if name in sys.modules])"
    )
    command = [sys.executable, "-c", script, "status", str(snapshot.root), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    assert json.loads(done.stdout.removesuffix("[]\n"))["profile"] == "demo"
