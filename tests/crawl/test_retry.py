"""Later runs: no repeated request, failures again with `retry_failed`, and the same selectors by default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crawl.crawling import archived, settings_for
from demo.small_world import picture, small_world

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl, with_site
from ameli_build.crawl.stats import CrawlStats
from ameli_build.demo.faults import FaultPlan, Reset, Rule, Status
from ameli_build.demo.storefront import Storefront

WORLD = small_world(6)


def run(root: Path, shop: Storefront, specifications: str = "json", **values: Any) -> CrawlStats:
    return crawl(Snapshot(root), settings_for(shop.site_url, specifications=specifications), **values)


def contents(root: Path) -> dict[tuple[str, str], str]:
    return {key: page.path or page.error or page.digest for key, page in archived(root).items() if not page.error}


def files(root: Path) -> dict[str, tuple[int, int]]:
    """Sizes and modification times of all files that are not hidden."""
    found = (path for path in (root / "raw").rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


FOR_GOOD = FaultPlan(
    (
        Rule(r"/7000101\.p", Status(404)),
        Rule(r"reviews\?page=2&.*sku=7000103", Status(404)),
        Rule("7000104_sd", Status(410)),
    )
)


def test_retry_failed_requests_lasting_failures_and_the_pages_below_them(tmp_path: Path) -> None:
    with Storefront(WORLD, FOR_GOOD, pictures=picture) as shop:
        failures = run(tmp_path / "a", shop).failures
        assert failures == {"http_404": 3, "http_410": 1}
        before = len(shop.seen)
        run(tmp_path / "a", shop)
        assert len(shop.seen) == before  # final failures are not requested again
        shop.inject(FaultPlan())
        stats = run(tmp_path / "a", shop, retry_failed=True)
        run(tmp_path / "whole", shop)
    assert contents(tmp_path / "whole").items() <= contents(tmp_path / "a").items()
    assert stats.failures == {"http_404": 1}  # a photo that the shop lacks


def test_a_retry_requests_no_archived_page(tmp_path: Path) -> None:
    with Storefront(WORLD, FOR_GOOD, pictures=picture) as shop:
        run(tmp_path, shop)
        stored = {url for (_, url), page in archived(tmp_path).items() if not page.error}
        counts = [len(shop.seen_by(part)) for part in ("site", "images", "photos")]
        shop.inject(FaultPlan())
        run(tmp_path, shop, retry_failed=True)
        new = [request for part, count in zip(("site", "images", "photos"), counts, strict=True)
               for request in shop.seen_by(part)[count:]]  # fmt: skip
    targets = [request.target for request in new if "robots" not in request.target]
    assert len(targets) == len(set(targets))
    assert not [target for target in targets if any(url.endswith(target) for url in stored)]
    assert not [target for target in targets if "sitemap" in target]


def test_a_retry_requests_a_failed_listing_and_its_products(tmp_path: Path) -> None:
    world = small_world(30)
    plan = FaultPlan((Rule("cp=2&", Status(500)),))
    with Storefront(world, plan, pictures=picture) as shop:
        category = "abcat0502000"
        run(tmp_path, shop, categories=[category])
        assert sum(kind == "page" for kind, _ in archived(tmp_path)) == 18  # without the products of the failed page
        shop.inject(FaultPlan())
        before = len(shop.seen_by("site"))
        run(tmp_path, shop, retry_failed=True)
        listings = [seen.target for seen in shop.seen_by("site")[before:] if ".c?" in seen.target]
    assert sum(kind == "page" for kind, _ in archived(tmp_path)) == 30
    assert len(listings) == 1


def test_a_run_without_work_touches_no_file(tmp_path: Path) -> None:
    plan = FaultPlan((Rule("7000104_sd", Reset()),))  # a failure that could pass, in every run
    with Storefront(WORLD, plan, pictures=picture) as shop:
        run(tmp_path, shop)
        before = files(tmp_path)
        stats = run(tmp_path, shop)
        assert sum(stats.requests.values()) == 3  # the robots.txt of that host, and the picture twice
        assert files(tmp_path) == before
        with pytest.raises(UnusableInput, match="no selectors"):
            run(tmp_path, shop, retry_failed=True, skus=["7000101"])
        with pytest.raises(UnusableInput, match="no crawl here"):
            run(tmp_path / "b", shop, retry_failed=True)


def test_selectors_are_remembered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def pages() -> set[str | None]:
        return {page.sku for (kind, _), page in archived(tmp_path).items() if kind == "page"}

    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path, shop, skus=["7000101"])
        run(tmp_path, shop)
        assert "as before, --sku 7000101" in capsys.readouterr().err
        assert pages() == {"7000101"}
        run(tmp_path, shop, skus=["7000102"])
        run(tmp_path, shop, categories=["abcat0901000"], max_products=1)
        run(tmp_path, shop)
        assert len(pages()) == 3
        run(tmp_path, shop, categories=["abcat0901000"], max_products=2)  # replaces the lower limit
        journal = json.loads((tmp_path / "raw" / "crawl.json").read_text())
        assert [selection["max_products"] for selection in journal["selections"]] == [None, None, 2]
        with pytest.raises(RunFailed, match=r"no product found \(http_404"):
            run(tmp_path, shop, categories=["abcat7"])
        assert "the shop has no such category (http_404" in capsys.readouterr().err
        assert json.loads((tmp_path / "raw" / "crawl.json").read_text()) == journal
        run(tmp_path, shop, categories=["abcat7"], skus=["7000105"])
        assert "7000105" in pages()
        url = shop.site_url
    assert with_site(Settings(), None, Snapshot(tmp_path)).crawl.site_url == url
    assert with_site(Settings(), None, Snapshot(tmp_path / "new"), Snapshot(tmp_path)).crawl.site_url == url
    assert (
        with_site(settings_for("http://127.0.0.1:9"), None, Snapshot(tmp_path)).crawl.site_url == "http://127.0.0.1:9"
    )


@pytest.mark.parametrize("body", ["{", "[]", '{"selections": 3}', "[" * 100_000], ids=len)
def test_a_damaged_journal_is_named(tmp_path: Path, body: str) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "crawl.json").write_text(body)
    with Storefront(WORLD, pictures=picture) as shop, pytest.raises(UnusableInput, match=r"crawl\.json: unreadable"):
        run(tmp_path, shop)


def test_stats_are_written_for_an_interrupted_run_and_correct_after_the_next_run(tmp_path: Path) -> None:
    plan = FaultPlan((Rule(r"\.p\?|/product/", Status(403)),))
    with Storefront(WORLD, plan, pictures=picture) as shop:
        settings = settings_for(shop.site_url, specifications="json", max_forbidden=3)
        with pytest.raises(RunFailed, match=" in a row"):
            crawl(Snapshot(tmp_path), settings)
        cut = json.loads((tmp_path / "raw" / "crawl-stats.json").read_text())
        assert cut["this_run"]["requests"]
        shop.inject(FaultPlan())
        run(tmp_path, shop)
    stats = json.loads((tmp_path / "raw" / "crawl-stats.json").read_text())
    assert stats["products"] == stats["archived"]["page"]["200"] == len(WORLD.products)
    assert stats["archived"]["image"]["200"] == sum(kind == "image" for kind, _ in contents(tmp_path))
    assert set(stats["failed"]) == {"http_404"}
