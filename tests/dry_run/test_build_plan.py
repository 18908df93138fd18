"""The estimates of `ameli build --dry-run`, compared with the work of a build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from crawl.crawling import settings_for
from demo.small_world import picture, small_world
from world_files import write_world

from ameli_build.catalog.ingest import ingest
from ameli_build.core.cache import Work
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.space import free_space
from ameli_build.core.standing import mark_of
from ameli_build.crawl.run import crawl
from ameli_build.demo.storefront import Storefront
from ameli_build.dry_run.build import NOT_HERE, dry_run, expected_loads
from ameli_build.dry_run.crawl import build_after
from ameli_build.dry_run.loads import Load, Speed, load_of, measured, plain_load
from ameli_build.dry_run.requests import CrawlEstimate
from ameli_build.dry_run.show import BuildEstimate, Step, Timed
from ameli_build.models.embed import text_key, text_kind
from ameli_build.pipeline import build

STAGES = ["catalog", "clean", "mentions", "informativeness", "candidates", "splits", "release"]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder, products=12)
    snapshot = Snapshot(folder / "snapshot")
    files = (folder / "products.jsonl", folder / "reviews.jsonl", folder / "images")
    ingest(snapshot, *files, load_settings("demo"))
    return snapshot


@pytest.fixture(scope="module")
def built(ingested: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    root = tmp_path_factory.mktemp("built") / "snapshot"
    shutil.copytree(ingested.root, root)
    build(Snapshot(root), demo())
    return Snapshot(root)


@pytest.fixture
def snapshot(built: Snapshot, tmp_path: Path) -> Snapshot:
    shutil.copytree(built.root, tmp_path / "snapshot")
    return Snapshot(tmp_path / "snapshot")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every item takes a second and 1,000 bytes: for tests of the counts."""
    speed = Speed(1.0, 1000.0, 100)
    monkeypatch.setattr("ameli_build.dry_run.build.measured", lambda loads, threads: [speed for _ in loads])


def demo(*overrides: str) -> Settings:
    return load_settings("demo", overrides)


def loads(plan: BuildEstimate) -> dict[str, Load]:
    return {timed.load.name: timed.load for step in plan.steps for timed in step.loads}


def files(root: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in root.rglob("*")}


@pytest.mark.slow
def test_real_models_are_measured_and_nothing_is_written(ingested: Snapshot) -> None:
    before = files(ingested.root)
    plan = dry_run(ingested, demo(), workers=1)
    assert files(ingested.root) == before
    todo = [timed for step in plan.steps for timed in step.loads if timed.load.todo]
    assert all(isinstance(timed.speed, Speed) and timed.speed.seconds > 0 for timed in todo)
    assert {timed.load.role for timed in todo} == {"", "detector", "language", "image_encoder", "text_encoder"}
    assert plan.seconds > 0
    assert plan.size > plan.tables > 0
    assert [step.name for step in plan.steps] == STAGES
    assert not plan.steps[0].why
    text = str(plan)
    assert "catalog: done" in text
    assert "clean: to do (has not run)" in text
    assert "in all at most" in text


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_nothing_is_planned_after_a_build(snapshot: Snapshot) -> None:
    plan = dry_run(snapshot, demo())
    assert [step.why for step in plan.steps] == [""] * len(STAGES)
    assert (plan.seconds, plan.size) == (0, 0)
    assert "nothing to do" in str(plan)


@pytest.mark.usefixtures("quick")
def test_the_plan_is_an_upper_bound_of_the_work(ingested: Snapshot, built: Snapshot) -> None:
    planned = loads(dry_run(ingested, demo()))
    assert all(load.at_most for load in planned.values())
    searched = built.read("clean/values").filter(pl.col("n_found").is_not_null())
    reviews = built.read("clean/reviews")
    paths = reviews["images"].explode().n_unique()
    assert planned["products searched for by name"].items >= paths > 0
    assert planned["photographs hashed"].items >= paths
    assert planned["reviews encoded"].items >= searched.height >= reviews.height > 0
    assert planned["titles of all products encoded"].items >= built.read("clean/products")["name"].n_unique()


@pytest.mark.usefixtures("quick")
def test_cached_work_is_not_planned(snapshot: Snapshot) -> None:
    mark_of(snapshot, "informativeness").unlink()
    plan = dry_run(snapshot, demo())
    planned = loads(plan)
    mentioned = snapshot.read("mentions/mentions").join(snapshot.read("clean/reviews"), on="review_id")
    assert planned["reviews matched with sheets"].items == mentioned.height
    assert not planned["reviews encoded"].at_most
    for name in ("reviews encoded", "patches encoded", "first pictures encoded", "titles of reviewed products encoded"):
        assert (planned[name].cached, planned[name].todo) == (planned[name].items, 0)
    shutil.rmtree(snapshot.root / "cache" / "embed-texts")
    again = loads(dry_run(snapshot, demo()))
    assert again["reviews encoded"].todo == planned["reviews encoded"].items
    assert again["patches encoded"].todo == 0


@pytest.mark.usefixtures("quick")
def test_a_cache_at_a_url_is_not_read(snapshot: Snapshot) -> None:
    mark_of(snapshot, "informativeness").unlink()
    plan = dry_run(snapshot, load_settings("demo", ["run.cache=nowhere://bucket"]))
    assert loads(plan) == loads(dry_run(snapshot, demo()))
    assert "work that only nowhere://bucket has counts as missing" in str(plan)


@pytest.mark.usefixtures("quick")
def test_photographs_searched_before_count_as_cached(snapshot: Snapshot) -> None:
    changed = loads(dry_run(snapshot, demo("clean.max_tokens=3")))
    found = changed["products searched for by name"]
    assert 0 < found.cached <= found.items
    other = loads(dry_run(snapshot, demo("models.detector=coco:ssd-mobilenet-v2")))
    assert other["products searched for by name"].cached == 0


@pytest.mark.usefixtures("quick")
def test_only_the_requested_stages_are_planned(ingested: Snapshot) -> None:
    plan = dry_run(ingested, demo(), until="mentions")
    assert [step.name for step in plan.steps] == STAGES[:3]
    with pytest.raises(UnusableInput, match="no such stage"):
        dry_run(ingested, demo(), until="nothing")


@pytest.mark.usefixtures("quick")
def test_loads_of_missing_models_are_counted_and_not_timed(ingested: Snapshot, tmp_path: Path) -> None:
    given = demo("models.detector=groundingdino:SwinB", f"models.text_encoder={tmp_path.name}/none@main")
    plan = dry_run(ingested, given)
    steps = {step.name: step for step in plan.steps}
    found = {timed.load.name: timed for timed in steps["clean"].loads}
    searched, again = (found[name] for name in found if "name" in name)
    assert searched.speed == NOT_HERE
    assert searched.seconds is None
    assert searched.load.items == again.load.items > 0
    assert searched.memory > 1000
    text = str(plan)
    assert "detector groundingdino:SwinB" in text
    assert "ameli models fetch" in text
    assert "without the unknown times" in text


def test_twice_the_work_takes_twice_as_long(tmp_path: Path) -> None:
    once, twice = (
        expected_loads(demo(), {"products": n, "reviews": 5 * n, "photographs": 7 * n, "pictures": n}, STAGES, tmp_path)
        for n in (1_000, 2_000)
    )
    assert once["clean"]
    for name in STAGES:
        assert [2 * load.items for load in once[name]] == [load.items for load in twice[name]]
    speed = Speed(0.5, 100.0, 300)
    step, other = (
        Step("clean", "", tuple(Timed(load, speed, 1, 300) for load in expected["clean"])) for expected in (once, twice)
    )
    plans = [BuildEstimate((planned,), {}, "", 0, 10**12, 10**12) for planned in (step, other)]
    assert plans[1].seconds == pytest.approx(2 * plans[0].seconds)
    assert plans[1].size == pytest.approx(2 * plans[0].size)
    shared = replace(step, loads=tuple(replace(timed, processes=4) for timed in step.loads))
    assert BuildEstimate((shared,), {}, "", 0, 1, 1).seconds == pytest.approx(plans[0].seconds / 4)
    assert shared.memory == 4 * step.memory
    assert "warning: this machine has" in str(BuildEstimate((shared,), {}, "", 0, 10**12, 1))
    assert "warning: the disk is too small" in str(BuildEstimate((step,), {}, "", 0, 1, 10**12))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("overrides", "copied"), [((), False), (("release.name=other",), True), (("splits.policy=review",), True)]
)
def test_copies_of_pictures_need_disk(snapshot: Snapshot, overrides: tuple[str, ...], copied: bool) -> None:
    size = sum(path.stat().st_size for path in (snapshot.raw / "images").iterdir())
    plan = dry_run(snapshot, demo(*overrides))
    assert plan.pictures == (size if copied else 0)
    assert plan.size >= plan.pictures
    assert ("for pictures of the release" in str(plan)) == copied


@pytest.mark.slow
def test_a_real_model_on_longer_texts_is_slower(tmp_path: Path) -> None:
    work, kind = Work(Snapshot(tmp_path)), text_kind(demo(), "")
    phrases = ("gray laptop", "the gray laptop hums " * 60)
    short, long = (
        load_of("texts", "text_encoder", "reviews", work, kind, {text_key(text): text for text in texts})
        for texts in ([f"{phrase} {n}" for n in range(64)] for phrase in phrases)
    )
    speeds = measured([short, long], 1)
    assert all(isinstance(speed, Speed) for speed in speeds)
    assert isinstance(speeds[0], Speed)
    assert isinstance(speeds[1], Speed)
    assert speeds[1].seconds > 2 * speeds[0].seconds
    assert 384 < speeds[0].size < 3 * 4 * 384  # 384 numbers of four bytes, packed


def failing(batch: list[int]) -> pl.DataFrame:
    raise RunFailed(f"cannot do {batch[0]}")


def test_loads_that_cannot_be_measured_have_a_reason() -> None:
    load = plain_load("work", "", "reviews", failing, (), [1, 2], 1)
    reasons = [NotRun("cannot do 1"), NotRun("no item to measure")]
    assert measured([load, replace(load, batches=[])], 1) == reasons


@pytest.mark.usefixtures("quick")
def test_a_crawl_without_a_catalogue_is_counted_from_its_archive(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    with pytest.raises(UnusableInput, match="no catalogue yet"):
        dry_run(snapshot, demo())
    with Storefront(small_world(3), pictures=picture) as shop:
        settings = settings_for(shop.site_url, specifications="json")
        stats = crawl(snapshot, settings)
    plan = dry_run(snapshot, demo())
    planned = loads(plan)
    assert planned["products searched for by name"].items == stats.counts["image"]
    assert planned["titles of all products encoded"].items == stats.counts["page"]
    assert "no catalogue yet" in str(plan)


@pytest.mark.usefixtures("quick")
def test_the_build_after_a_crawl_is_planned_in_proportion() -> None:
    once, twice = (CrawlEstimate(products=n, photographs=20.0 * n) for n in (100, 200))
    plans = [build_after(demo(), estimate) for estimate in (once, twice)]
    assert plans[1].seconds == pytest.approx(2 * plans[0].seconds, rel=0.01)
    assert {timed.load.items for timed in plans[0].steps[1].loads if "searched" in timed.load.name} == {2000}


def test_a_full_disk_is_refused_before_the_work(ingested: Snapshot, snapshot: Snapshot, tmp_path: Path) -> None:
    free = free_space(tmp_path / "not" / "yet")
    assert free > 0
    given = demo(f"run.least_free={1000 * free}")
    assert build(snapshot, given) == []  # a finished build needs no space
    shutil.copytree(ingested.root, tmp_path / "new")
    with pytest.raises(RunFailed, match=r"run\.least_free"):
        build(Snapshot(tmp_path / "new"), given)
    assert not (tmp_path / "new" / "stages" / "clean").exists()
    with Storefront(small_world(3), pictures=picture) as shop:
        crawling = settings_for(shop.site_url).model_copy(update={"run": given.run})
        with pytest.raises(RunFailed, match=r"run\.least_free"):
            crawl(Snapshot(tmp_path / "crawl"), crawling)
        assert not shop.seen


def test_the_command_prints_the_plan(built: Snapshot) -> None:
    command = [sys.executable, "-m", "ameli_build", "build", str(built.root), "--dry-run", "--workers", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stdout
