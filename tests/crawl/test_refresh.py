"""A refresh gives the same result as a fresh crawl with fewer requests."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from crawl.crawling import archived, assert_equal, catalog, settings_for
from demo.small_world import picture, small_world
from faults.server import misbehaving

from ameli_build.archive.records import members, read_archive
from ameli_build.archive.store import Archive
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl
from ameli_build.crawl.stats import CrawlStats
from ameli_build.demo.server import Seen
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import World

WHOLE = small_world(7)
NEW, CHANGED, GONE = "7000106", "7000101", "7000103"
THEN = replace(WHOLE, products=tuple(product for product in WHOLE.products if product.sku != NEW))
PAGE = 10


def now(world: World) -> World:
    """The world with a new, a removed and a changed product, four new reviews, and votes for the newest old reviews."""
    products = [
        replace(product, description="It was described anew.") if product.sku == CHANGED else product
        for product in world.products
        if product.sku != GONE
    ]
    newest = sorted(world.reviews, key=lambda review: review.submitted_at)[-3:]
    reviews = [replace(old, helpful=old.helpful + 20) if old in newest else old for old in world.reviews]
    reviews += [
        replace(
            world.reviews[number],
            review_id=f"00000000-0000-4000-9000-{number:012d}",
            number=340_000_000 + number,
            submitted_at=f"2025-01-0{1 + number}T08:00:00.000-06:00",
            photos=tuple(replace(photo, name=f"9{photo.name[1:]}") for photo in world.reviews[number].photos),
        )
        for number in (0, 1, 3, 4)
    ]
    return replace(world, products=tuple(products), reviews=tuple(reviews))


def run(root: Path, shop: Storefront, refresh: Path | None = None, **values: Any) -> CrawlStats:
    settings = settings_for(shop.site_url, **{"specifications": "json", "review_page_size": PAGE} | values)
    return crawl(Snapshot(root), settings, refresh=Snapshot(refresh) if refresh is not None else None)


def pages_asked(seen: Sequence[Seen]) -> list[int]:
    """Numbers of the requested review pages, sorted."""
    queries = [parse_qs(urlsplit(request.target).query) for request in seen if request.target.startswith("/ugc/")]
    return sorted(int(query["page"][0]) for query in queries)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[int, ...]]:
    """A finished crawl of the earlier shop, and the ports of that shop."""
    root = tmp_path_factory.mktemp("earlier")
    with Storefront(THEN, pictures=picture) as shop:
        run(root, shop)
        return root, shop.ports


def test_an_unchanged_shop_gets_conditional_requests_only(
    tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]
) -> None:
    root, ports = earlier
    before = {path.name: path.stat().st_ino for path in (root / "raw" / "images").iterdir()}
    with Storefront(THEN, pictures=picture, ports=ports) as shop:
        stats = run(tmp_path / "refresh", shop, root)
        pages, images = shop.seen_by("site"), shop.seen_by("images")
        run(tmp_path / "fresh", shop)
    products = len(THEN.products)
    assert pages_asked(pages) == [1] * products
    assert len(pages) == 1 + 2 + products + products  # robots.txt, the sitemap and its shard, pages, reviews
    pictures = sum(page.kind == "image" for page in archived(root).values())
    assert len(images) <= 1 + pictures + 1  # robots.txt, and the failed image again
    assert stats.marks["page unchanged"] == products
    assert stats.marks["image unchanged"] == pictures
    assert_equal(tmp_path / "refresh", tmp_path / "fresh")
    after = {path.name: path.stat().st_ino for path in (tmp_path / "refresh" / "raw" / "images").iterdir()}
    assert after == before  # hard links to the same files


def test_a_reused_answer_has_the_time_of_its_first_download(
    tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]
) -> None:
    root, ports = earlier
    with Storefront(THEN, pictures=picture, ports=ports) as shop:
        run(tmp_path / "once", shop, root)
        run(tmp_path / "twice", shop, tmp_path / "once")
    then, once, twice = (archived(place) for place in (root, tmp_path / "once", tmp_path / "twice"))
    for key, record in then.items():
        if key[0] == "page":
            assert record.unchanged_since == ""
            assert once[key].unchanged_since == twice[key].unchanged_since == record.fetched_at
            assert record.fetched_at < once[key].fetched_at < twice[key].fetched_at
            assert record.body == once[key].body == twice[key].body
    carried = [record for record in read_archive(tmp_path / "twice" / "raw") if "carried" in record.marks]
    assert carried
    assert {record.fetched_at for record in carried} <= {record.fetched_at for record in then.values()}
    assert_equal(tmp_path / "twice", root)


def test_trusted_images_are_not_requested(tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]) -> None:
    root, ports = earlier
    with Storefront(THEN, pictures=picture, ports=ports) as shop:
        run(tmp_path, shop, root, refresh_images="trust")
        asked = [seen.target for seen in (*shop.seen_by("images"), *shop.seen_by("photos"))]
    missing = [url for (kind, url), page in archived(root).items() if page.error and page.wanted == "image"]
    assert {target for target in asked if "robots" not in target} == {urlsplit(url).path for url in missing}
    assert_equal(tmp_path, root)


def test_a_refresh_of_a_changed_shop_equals_a_fresh_crawl(
    tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]
) -> None:
    root, ports = earlier
    with Storefront(now(WHOLE), pictures=picture, ports=ports) as shop:
        run(tmp_path / "refresh", shop, root)
        asked = pages_asked(shop.seen_by("site"))
        run(tmp_path / "fresh", shop)
    assert asked.count(1) == len(WHOLE.products) - 1
    assert max(asked) == 6  # of the new product; of others, pages with new reviews and the next page
    assert asked.count(3) == 1
    assert_equal(tmp_path / "refresh", tmp_path / "fresh")
    assert set(catalog(tmp_path / "refresh")["products"]["sku"]) >= {NEW, CHANGED}
    assert GONE not in set(catalog(tmp_path / "refresh")["products"]["sku"])


def test_a_withdrawn_review_is_not_reused(tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]) -> None:
    root, ports = earlier
    less = replace(THEN, reviews=tuple(review for number, review in enumerate(THEN.reviews) if number != 20))
    with Storefront(less, pictures=picture, ports=ports) as shop:
        run(tmp_path / "refresh", shop, root)
        run(tmp_path / "fresh", shop)
    assert_equal(tmp_path / "refresh", tmp_path / "fresh")


def test_votes_on_old_reviews_do_not_change(tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]) -> None:
    root, ports = earlier
    oldest = min(THEN.reviews, key=lambda review: review.submitted_at)
    voted = tuple(replace(old, helpful=99) if old is oldest else old for old in THEN.reviews)
    with Storefront(replace(THEN, reviews=voted), pictures=picture, ports=ports) as shop:
        run(tmp_path, shop, root)
    row = catalog(tmp_path)["reviews"].filter(pl.col("review_id") == oldest.review_id)
    assert set(row["helpful"]) == {oldest.helpful}


def test_a_killed_refresh_continues_without_naming_the_earlier_snapshot(
    tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]
) -> None:
    root, ports = earlier
    script = (
        "import sys; from pathlib import Path; from ameli_build.crawl.run import crawl\n"
        "from ameli_build.core.settings import Settings; from ameli_build.core.snapshot import Snapshot\n"
        "settings, earlier = Settings.model_validate_json(sys.argv[2]), Snapshot(Path(sys.argv[3]))\n"
        "crawl(Snapshot(Path(sys.argv[1])), settings, refresh=earlier)"
    )
    with Storefront(now(WHOLE), pictures=picture, ports=ports) as shop:
        settings = settings_for(shop.site_url, specifications="json", review_page_size=PAGE, rate=80.0)
        command = [sys.executable, "-c", script, str(tmp_path / "killed"), settings.model_dump_json(), str(root)]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            while len(shop.seen) < 20 and process.poll() is None:
                threading.Event().wait(0.005)
            process.kill()
            error = process.communicate()[1].decode()
        assert process.returncode == -signal.SIGKILL, error
        stats = run(tmp_path / "killed", shop)
        run(tmp_path / "fresh", shop)
    assert stats.marks["page unchanged"] == 3  # all laptops list their siblings, so their pages changed
    assert_equal(tmp_path / "killed", tmp_path / "fresh")


def test_clicks_on_unchanged_pages_are_reused(tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]) -> None:
    root, ports = earlier
    clicked = tmp_path / "clicked"
    shutil.copytree(root, clicked)
    urls = [url for kind, url in archived(root) if kind == "page"]
    store = Archive(clicked / "raw")
    store.add_failed("clicked", urls[0], "no_button", 0, "nothing to click", "1")
    for url in urls[1:]:
        store.add_clicked(url, f"<html>{url}</html>", "1")
    store.close()
    with Storefront(THEN, pictures=picture, ports=ports) as shop:  # without a browser, each click would end the run
        stats = run(tmp_path / "refresh", shop, clicked, specifications="click", browser_url="http://127.0.0.1:9")
    assert stats.marks["clicked unchanged"] == len(urls) - 1
    assert stats.failures["no_button"] == 1


def test_an_impossible_refresh_is_wrong_usage(tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]) -> None:
    root, ports = earlier
    with Storefront(THEN, pictures=picture, ports=ports) as shop:
        with pytest.raises(UnusableInput, match="no crawl here"):
            run(tmp_path / "new", shop, tmp_path / "nothing")
        with pytest.raises(UnusableInput, match=r"another folder|a crawl of its own"):
            run(root, shop, root)
        run(tmp_path / "own", shop, review_page_size=50)
        with pytest.raises(UnusableInput, match="holds a crawl of its own"):
            run(tmp_path / "own", shop, root)


def test_a_refresh_uses_the_selectors_of_the_earlier_snapshot(tmp_path: Path) -> None:
    with Storefront(THEN, pictures=picture) as shop:
        settings = settings_for(shop.site_url, specifications="json")
        crawl(Snapshot(tmp_path / "a"), settings, skus=["7000102"])
        crawl(Snapshot(tmp_path / "b"), settings, refresh=Snapshot(tmp_path / "a"))
    assert [record.sku for (kind, _), record in archived(tmp_path / "b").items() if kind == "page"] == ["7000102"]


def test_no_review_page_is_reused_unless_newest_reviews_come_first(
    tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]
) -> None:
    root, ports = earlier
    with Storefront(THEN, pictures=picture, ports=ports) as shop:
        run(tmp_path, shop, root, review_sort="MOST_HELPFUL")
        assert max(pages_asked(shop.seen_by("site"))) == 5


def test_a_refresh_without_products_fails(tmp_path: Path, earlier: tuple[Path, tuple[int, ...]]) -> None:
    root, _ = earlier
    with misbehaving({}) as server, pytest.raises(RunFailed, match="no product found"):
        crawl(Snapshot(tmp_path), settings_for(server.url), refresh=Snapshot(root))


@pytest.mark.parametrize("path", ["../evil.txt", "raw/images/../../../evil.txt", "raw/images/link.txt"])
def test_a_refresh_writes_only_into_the_new_snapshot(tmp_path: Path, path: str) -> None:
    with Storefront(small_world(1), pictures=picture) as shop:
        values: dict[str, Any] = {"specifications": "json", "refresh_images": "trust"}
        crawl(Snapshot(tmp_path / "then"), settings_for(shop.site_url, **values))
        (tmp_path / "evil.txt").write_text("not a picture")
        (tmp_path / "then" / "raw" / "images" / "link.txt").symlink_to(tmp_path / "evil.txt")
        redirect_images(tmp_path / "then" / "raw", path)
        (tmp_path / "out").mkdir()
        new = Snapshot(tmp_path / "out" / "now")
        crawl(new, settings_for(shop.site_url, **values), refresh=Snapshot(tmp_path / "then"))
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["now"]
    assert {entry.path for entry in read_archive(new.raw) if entry.kind == "image"} <= {
        f"raw/images/{entry.name}" for entry in (new.raw / "images").iterdir() if not entry.is_symlink()
    }
    assert "link.txt" not in {entry.name for entry in (new.raw / "images").iterdir()}


def redirect_images(raw: Path, path: str) -> None:
    """Rewrite the archive, with `path` as the path of every image."""
    file = raw / "pages-00001.warc.gz"
    found = [re.sub(rb"Ameli-Path: [^\r]*", f"Ameli-Path: {path}".encode(), data) for _, _, data in members(file)]
    file.write_bytes(b"".join(zlib.compress(data, wbits=31) for data in found))
