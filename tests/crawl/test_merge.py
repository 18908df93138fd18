"""Three merged parts equal one crawl; a merge of anything but all parts of one crawl is refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from crawl.crawling import archived, assert_equal, catalog, settings_for
from demo.api_storefront import API_KEY, ApiStorefront
from demo.small_world import picture, small_world

from ameli_build.core.errors import Held, RunFailed, UnusableInput
from ameli_build.core.running import LOCK
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.journal import read_journal
from ameli_build.crawl.merge import merge
from ameli_build.crawl.parts import WHOLE
from ameli_build.crawl.run import crawl, with_site
from ameli_build.crawl.stats import CrawlStats
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.faults import FaultPlan, Rule, Status
from ameli_build.demo.storefront import Storefront
from ameli_build.pipeline import build

WORLD = small_world(9)
NAMES = ("1/3", "2/3", "3/3")


def run(root: Path, shop: Storefront, part: str | None = None, refresh: Path | None = None, **values: Any) -> None:
    settings = settings_for(shop.site_url, **{"specifications": "json", "review_page_size": 10} | values)
    crawl(Snapshot(root), settings, part=part, refresh=Snapshot(refresh) if refresh else None)


def merged(out: Path, *parts: Path, partial: bool = False) -> CrawlStats:
    return merge([*map(Snapshot, parts)], Snapshot(out), partial=partial)


def files(root: Path) -> dict[str, bytes]:
    found = [path for path in root.rglob("*") if path.is_file() and path.name != LOCK]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def images(root: Path) -> set[str]:
    return {path.name for path in (root / "raw" / "images").iterdir()}


@dataclass(frozen=True)
class Crawls:
    """A shop, a whole crawl of it, and a crawl of it in three parts."""

    shop: Storefront
    whole: Path
    parts: tuple[Path, ...]


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawls]:
    folder = tmp_path_factory.mktemp("crawls")
    parts = tuple(folder / f"part-{name[0]}" for name in NAMES)
    with Storefront(WORLD, pictures=picture) as shop:
        for root, name in zip(parts, NAMES, strict=True):
            run(root, shop, name)
        run(folder / "whole", shop)
        yield Crawls(shop, folder / "whole", parts)


def test_three_merged_parts_equal_one_crawl(tmp_path: Path, crawls: Crawls) -> None:
    first, second, third = crawls.parts
    before = {part: files(part) for part in crawls.parts}
    stats = merged(tmp_path / "merged", third, first, second)
    assert_equal(tmp_path / "merged", crawls.whole)
    assert {part: files(part) for part in crawls.parts} == before
    shared = images(first) & images(third)
    assert shared
    assert images(tmp_path / "merged") == images(crawls.whole) == set().union(*map(images, crawls.parts))
    counts = json.loads((crawls.whole / "raw" / "crawl-stats.json").read_text())
    assert json.loads((tmp_path / "merged" / "raw" / "crawl-stats.json").read_text()) == counts | {
        "this_run": {"requests": {}, "retried": {}}
    }
    assert stats.products == len(WORLD.products)
    assert load_settings(None, (), Snapshot(tmp_path / "merged")).profile == Settings().profile
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def test_the_merged_snapshot_continues_as_a_whole_crawl(tmp_path: Path, crawls: Crawls) -> None:
    merged(tmp_path / "merged", *crawls.parts)
    before = len(crawls.shop.seen)
    run(tmp_path / "merged", crawls.shop)
    assert len(crawls.shop.seen) == before
    assert read_journal(tmp_path / "merged" / "raw") == read_journal(crawls.whole / "raw")
    assert read_journal(tmp_path / "merged" / "raw").part == WHOLE


def test_a_merged_refresh_in_parts_equals_a_whole_refresh(tmp_path: Path, crawls: Crawls) -> None:
    merged(tmp_path / "merged", *crawls.parts)
    roots = [tmp_path / name[0] for name in NAMES]
    for root, name in zip(roots, NAMES, strict=True):
        run(root, crawls.shop, name, tmp_path / "merged")
    stats = merged(tmp_path / "next", *roots)
    assert stats.marks["page unchanged"] == len(WORLD.products)
    assert_equal(tmp_path / "next", crawls.whole)
    with pytest.raises(UnusableInput, match="part 1/3 of a crawl; refresh the snapshot of the merged parts"):
        run(tmp_path / "x", crawls.shop, "1/3", roots[0])


def test_merged_parts_with_products_of_the_api_equal_one_crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESTBUY_API_KEY", API_KEY)
    with ApiStorefront(small_world(6), pictures=picture) as shop:
        for name in (*NAMES, None):
            run(tmp_path / (name or "whole")[0], shop, name, products="api")
    merged(tmp_path / "merged", *(tmp_path / name[0] for name in NAMES))
    assert_equal(tmp_path / "merged", tmp_path / "w")


def test_a_response_takes_precedence_over_a_failure_of_another_part(tmp_path: Path, crawls: Crawls) -> None:
    first, second, third = crawls.parts
    shared = {page.url for page in archived(first).values() if page.path} & {
        page.url for page in archived(third).values() if page.path
    }
    assert shared
    crawls.shop.inject(FaultPlan((Rule("/photos?/", Status(404)),)))
    run(tmp_path / "3", crawls.shop, "3/3")
    crawls.shop.inject(FaultPlan())
    assert shared <= {url for (kind, url), page in archived(tmp_path / "3").items() if page.wanted == "image"}
    merged(tmp_path / "merged", first, second, tmp_path / "3")
    last = archived(tmp_path / "merged")
    assert all(last["image", url].path == archived(first)["image", url].path for url in shared)
    failed = json.loads((tmp_path / "merged" / "raw" / "crawl-stats.json").read_text())["failed"]
    assert not shared & {page["url"] for failures in failed.values() for page in failures}


def assert_refused(tmp_path: Path, message: str, *parts: Path, partial: bool = False) -> None:
    with pytest.raises(UnusableInput, match=message):
        merged(tmp_path / "out", *parts, partial=partial)
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_a_missing_part_is_refused(tmp_path: Path, crawls: Crawls) -> None:
    first, _, third = crawls.parts
    assert_refused(tmp_path, "part 2/3 is missing; --partial", first, third)
    assert_refused(tmp_path, "part 2/3, 3/3 is missing", first)
    merged(tmp_path / "two", third, first, partial=True)
    found, whole = catalog(tmp_path / "two")["products"], catalog(crawls.whole)["products"]
    assert found.equals(whole.filter(pl.col("sku").is_in(found["sku"].implode())))
    assert 0 < found.height < whole.height
    run(tmp_path / "two", crawls.shop)  # fetches the rest
    assert_equal(tmp_path / "two", crawls.whole)


@pytest.mark.parametrize("partial", [False, True])
def test_a_repeated_part_is_refused(tmp_path: Path, crawls: Crawls, partial: bool) -> None:
    first, second, third = crawls.parts
    shutil.copytree(second, tmp_path / "copy")
    assert_refused(tmp_path, "copy: both are part 2/3", first, second, third, tmp_path / "copy", partial=partial)
    assert_refused(tmp_path, "both are part 1/3", first, second, third, first, partial=partial)


OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "another site": ("the site is", {}),
    "another selection": (r"the selection is --max-products 2, but the sitemap", {"max_products": 2}),
    "another number of parts": ("the number of parts is 4", {"part": "3/4"}),
    "other specifications": ("crawl.specifications is 'auto', but 'json'", {"specifications": "auto"}),
    "another order of reviews": ("crawl.review_sort is 'HELPFUL'", {"review_sort": "HELPFUL"}),
    "a whole crawl": ("a whole crawl, not a part", {"part": None}),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("partial", [False, True])
def test_a_part_of_another_crawl_is_refused(tmp_path: Path, crawls: Crawls, name: str, partial: bool) -> None:
    message, more = OTHERS[name]
    first, second, third = crawls.parts
    shutil.copytree(third, tmp_path / "other")
    path = tmp_path / "other" / "raw" / "crawl.json"
    stored = json.loads(path.read_text())
    stored["part"] = more.get("part", "3/3") or "1/1"
    stored["selections"][0]["max_products"] = more.get("max_products")
    for setting in ("specifications", "review_sort"):
        stored["settings"][setting] = more.get(setting, stored["settings"][setting])
    stored["site_url"] = "http://127.0.0.1:1" if name == "another site" else stored["site_url"]
    path.write_text(json.dumps(stored))
    assert_refused(tmp_path, message, first, second, tmp_path / "other", partial=partial)


def test_a_part_may_be_slower(tmp_path: Path, crawls: Crawls) -> None:
    first, second, third = crawls.parts
    shutil.copytree(third, tmp_path / "3")
    run(tmp_path / "3", crawls.shop, rate=500.0, threads=2, retries=3, user_agent="Mozilla/5.0 (compatible; slow)")
    merged(tmp_path / "merged", first, second, tmp_path / "3")
    assert_equal(tmp_path / "merged", crawls.whole)


def test_folders_without_a_crawl_and_used_outputs_are_refused(tmp_path: Path, crawls: Crawls) -> None:
    (tmp_path / "empty").mkdir()
    assert_refused(tmp_path, "empty: no crawl here", *crawls.parts, tmp_path / "empty")
    assert_refused(tmp_path, "nowhere: no crawl here", *crawls.parts, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(UnusableInput, match="not empty"):
        merged(crawls.whole, *crawls.parts)
    with Snapshot(crawls.parts[1]).lock(), pytest.raises(Held, match="part-2"):
        merged(tmp_path / "out", *crawls.parts)
    merged(tmp_path / "empty", *crawls.parts)  # an empty folder is a place for a snapshot
    assert_equal(tmp_path / "empty", crawls.whole)


KILLED_CRAWL = """
import os, signal, sys
from pathlib import Path
from ameli_build.archive.store import Archive
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl

write = Archive._write

def torn(archive, member, *more):
    if archive.appended == int(sys.argv[3]):
        archive._handle.write(member[: len(member) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    write(archive, member, *more)

Archive._write = torn
crawl(Snapshot(Path(sys.argv[1])), Settings.model_validate_json(sys.argv[2]), part="2/3")
"""


@pytest.mark.parametrize("records", [4, 9])
def test_a_killed_part_is_refused_until_it_is_finished(tmp_path: Path, crawls: Crawls, records: int) -> None:
    first, _, third = crawls.parts
    root = tmp_path / "killed"
    settings = settings_for(crawls.shop.site_url, specifications="json", review_page_size=10, threads=1)
    command = [sys.executable, "-c", KILLED_CRAWL, str(root), settings.model_dump_json(), str(records)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert_refused(tmp_path, f"part 2/3 is not finished; run ameli crawl --out {root} first", first, root, third)
    merged(tmp_path / "partial", first, root, third, partial=True)
    shutil.copytree(root / "raw", tmp_path / "backup" / "raw", ignore=shutil.ignore_patterns(".*"))
    for unfinished in ("partial", "killed", "backup"):
        run(tmp_path / unfinished, crawls.shop)
    assert_equal(tmp_path / "partial", crawls.whole)
    for finished in (root, tmp_path / "backup"):
        merged(tmp_path / f"with {finished.name}", first, finished, third)
        assert_equal(tmp_path / f"with {finished.name}", crawls.whole)


KILLED_MERGE = """
import os, signal, sys
from pathlib import Path
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl import merge

done, (step, calls, out, *parts) = [], sys.argv[1:]
real = getattr(merge, step)

def dying(*arguments):
    done.append(step)
    if len(done) == int(calls):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)

setattr(merge, step, dying)
merge.merge([Snapshot(Path(part)) for part in parts], Snapshot(Path(out)))
"""


@pytest.mark.parametrize(
    ("step", "calls"), [("copy_file", 1), ("copy_file", 3), ("link_file", 7), ("write_stats", 1), ("write_json", 1)]
)
def test_a_killed_merge_can_be_repeated(tmp_path: Path, crawls: Crawls, step: str, calls: int) -> None:
    arguments = [step, str(calls), str(tmp_path / "out"), *map(str, crawls.parts)]
    killed = subprocess.run([sys.executable, "-c", KILLED_MERGE, *arguments], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    raw = tmp_path / ".out.merging" / "raw"
    raw.mkdir(exist_ok=True)
    (raw / "pages-00009.warc.gz").write_bytes(b"of an earlier try")
    merged(tmp_path / "out", *crawls.parts)
    assert_equal(tmp_path / "out", crawls.whole)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_merge_that_fails_leaves_nothing(tmp_path: Path, crawls: Crawls, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, place: Path) -> None:
        raise RunFailed(f"{place}: cannot be written (No space left on device)")

    monkeypatch.setattr("ameli_build.crawl.merge.link_file", full)
    with pytest.raises(RunFailed, match="No space left"):
        merged(tmp_path / "out", *crawls.parts)
    assert not [*tmp_path.iterdir()]


def test_crawl_part_and_merge_by_command_line(tmp_path: Path, crawls: Crawls) -> None:
    def ameli(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ameli_build", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    settings = [f"crawl.{name}" for name in ("specifications=json", "review_page_size=10", "rate=10000")]
    shop = ["--site-url", crawls.shop.site_url, "--profile", "demo"]
    for setting in (*settings, 'crawl.image_hosts=["localhost"]', "crawl.allow_loopback=true"):
        shop += ["--set", setting]
    done = ameli("crawl", "--out", tmp_path / "1", "--part", "1/3", *shop)
    assert done.returncode == 0, done.stderr
    assert "12 products; part 1/3 has 4 of them" in done.stderr
    done = ameli("crawl", "merge", tmp_path / "1", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (2, "ameli: part 2/3, 3/3 is missing; --partial merges without it\n")
    done = ameli("crawl", "merge", tmp_path / "1", "--partial", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert images(tmp_path / "out") == images(crawls.parts[0])
    for arguments in (["crawl"], ["crawl", "merge", tmp_path / "1"]):
        done = ameli(*arguments)
        assert (done.returncode, "Missing option '--out'" in done.stderr) == (2, True)
    assert ameli("crawl", "--out", tmp_path / "1", "--part", "4/3").returncode == 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_data_set_of_three_parts_equals_that_of_one_crawl(tmp_path: Path) -> None:
    sums = []
    with Storefront(make_world(seed=13, products=16)) as shop:
        overrides = ("crawl.specifications=json",)
        settings = with_site(load_settings("demo", overrides), shop.site_url)
        for root, name in ((tmp_path / "whole", None), *((tmp_path / name[0], name) for name in NAMES)):
            crawl(Snapshot(root), settings, part=name)
    merged(tmp_path / "merged", *(tmp_path / name[0] for name in NAMES))
    for name in ("whole", "merged"):
        snapshot = Snapshot(tmp_path / name)
        build(snapshot, load_settings("demo", overrides, snapshot))
        sums.append((snapshot.dataset / "SHA256SUMS").read_text())
    assert sums[0] == sums[1]
