"""The estimates of a dry run of a crawl, which writes no file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from crawl.crawling import settings_for
from demo.small_world import picture, small_world

from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl
from ameli_build.demo.faults import FaultPlan, Rule, Status
from ameli_build.demo.storefront import Storefront
from ameli_build.dry_run.requests import CrawlEstimate, Quota, dry_run
from ameli_build.shops.bestbuy.shop import ESTIMATES

WORLD = small_world(30)


def plan(root: Path, shop: Storefront, refresh: Path | None = None, **values: Any) -> CrawlEstimate:
    settings = settings_for(shop.site_url, specifications="json", **{"rate": 2.0} | values.pop("settings", {}))
    return dry_run(Snapshot(root), settings, refresh=Snapshot(refresh) if refresh else None, **values)


def files(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in root.rglob("*")}


def test_a_new_crawl_is_planned_from_the_papers_averages(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        found = plan(tmp_path / "new", shop, settings={"rate": 10_000.0})
        asked = {seen.target for seen in shop.seen}
        site = shop.site_url.removeprefix("http://")
    assert not (tmp_path / "new").exists()
    assert asked == {"/robots.txt", "/sitemaps_pdp.xml", "/sitemaps_pdp.0000.xml.gz"}
    assert found.requests[site] == {"product pages": 33, "review pages": 280}  # 33 x 6,500,078 / 38,329 / 20, up
    assert found.requests["localhost"] == {"images": 880}
    assert found.sizes == {
        "product pages": 33 * ESTIMATES.page_bytes,
        "review pages": 280 * 20 * ESTIMATES.review_bytes,
    }
    assert "unknown: bytes of images" in str(found)
    assert "33 products, 0 of them done" in str(found)


def test_the_time_is_that_of_the_slowest_host() -> None:
    found = CrawlEstimate()
    found.add("a", 0.5, "pages", 10_000, 4_000.0)
    found.add("b", 10.0, "images", 10_000)
    found.add("b", 10.0, "none", -3)
    lines = [" ".join(line.split()) for line in str(found).splitlines()]
    assert lines == [
        "host requests a second time bytes",
        "a 10,000 0.5 5 h 33 min",
        "pages 10,000 40 MB",
        "b 10,000 10 16 min 40 s",
        "images 10,000 ?",
        "all hosts at a time 20,000 5 h 33 min 40 MB + ?",
    ]


def test_a_quota_takes_its_days() -> None:
    found = CrawlEstimate(quotas={"a": Quota(50_000, 20_000)})
    found.add("a", 5.0, "calls", 120_000, 1.0)
    assert found.seconds("a") == 2 * 86_400
    found = CrawlEstimate(quotas={"a": Quota(50_000, 50_000)})
    found.add("a", 5.0, "calls", 1_000, 1.0)
    assert found.seconds("a") == 200


def test_a_disk_that_is_too_small_is_warned_about() -> None:
    found = CrawlEstimate(free=1_000)
    found.add("a", 1.0, "pages", 10, 99.0)
    assert "too small" not in str(found)
    found.add("a", 1.0, "images", 10, 99.0)
    assert "warning: the disk is too small" in str(found)


def test_only_the_first_page_of_a_category_is_requested(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        found = plan(tmp_path, shop, categories=["abcat0502000"])
        asked = [seen.target for seen in shop.seen if "robots" not in seen.target]
    assert len(asked) == 1
    assert "30 products, 0 of them done" in str(found)


def test_archived_responses_are_not_counted(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        settings = settings_for(shop.site_url, specifications="json")
        crawl(Snapshot(tmp_path / "a"), settings, max_products=24)
        before, asked = files(tmp_path), len(shop.seen)
        half = plan(tmp_path / "a", shop, max_products=33)
        assert files(tmp_path) == before
        assert len(shop.seen) == asked  # the sitemap is archived
        assert half.requests[shop.site_url.removeprefix("http://")]["product pages"] == 9
        crawl(Snapshot(tmp_path / "a"), settings, max_products=33)
        held = sum(path.stat().st_size for path in (tmp_path / "a" / "raw").rglob("pages-*"))
        more = plan(tmp_path / "b", shop, tmp_path / "a")
        assert "bytes a response: as archived" in str(more)
        assert set(more.sizes) == {"product pages", "review pages", "images"}
        assert 0 < more.sizes["product pages"] < held
        done = plan(tmp_path / "a", shop)
        assert done.requests == {}
        assert "33 products, 33 of them done" in str(done)
        new = plan(tmp_path / "b", shop, tmp_path / "a", settings={"refresh_images": "trust"})
        assert new.requests == {shop.site_url.removeprefix("http://"): {"product pages": 33, "review pages": 33}}


def test_a_retry_is_planned_from_the_failures(tmp_path: Path) -> None:
    with Storefront(WORLD, FaultPlan((Rule(r"/7000101\.p", Status(404)),)), pictures=picture) as shop:
        crawl(Snapshot(tmp_path), settings_for(shop.site_url, specifications="json"), max_products=3)
        asked = len(shop.seen)
        found = plan(tmp_path, shop, retry_failed=True)
        assert len(shop.seen) == asked
        assert found.requests[shop.site_url.removeprefix("http://")] == {"page: http_404": 1}
        with pytest.raises(UnusableInput, match="no crawl here"):
            plan(tmp_path / "nothing", shop, retry_failed=True)


def test_no_pages_are_planned_with_the_developer_api(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        skus = [product.sku for product in WORLD.products]
        found = plan(tmp_path, shop, skus=skus, settings={"products": "api"})
        unknown = plan(tmp_path, shop, settings={"products": "api"})
        assert not [seen.target for seen in shop.seen if not seen.target.startswith(("/robots", "/sitemaps"))]
        site = shop.site_url.removeprefix("http://")
    assert sum(counts["calls"] for counts in found.requests.values()) == 1
    assert found.requests[site]["review pages"] == 280
    assert not found.requests[site]["product pages"]
    assert "the API may have others" in str(unknown)


def packed(value: Any) -> int:
    return len(gzip.compress(json.dumps(value, separators=(",", ":")).encode(), 6))


def test_the_assumed_sizes_agree_with_recorded_responses(captures: Path) -> None:
    def read(name: str) -> Any:
        return json.loads((captures / name).read_text(encoding="utf-8"))

    reviews = read("reviews/2024-03-sku-6565065.json")
    pages = [packed({"topics": reviews[start : start + 20]}) for start in range(0, len(reviews), 20)]
    assert pytest.approx(sum(pages) / len(reviews), rel=0.01) == ESTIMATES.review_bytes
    products = read("product-pages/2025-06-graphql-fragments.json")
    parts = [packed(part) for product in products for name, part in product.items() if name != "product_reviews"]
    assert pytest.approx(sum(parts) / len(products), rel=0.01) == ESTIMATES.page_bytes
    cards = [read(f"listing/{name}-search.json") for name in ("2024-03", "2025-12")]
    assert pytest.approx(sum(map(packed, cards)) / sum(map(len, cards)), rel=0.02) == ESTIMATES.card_bytes
    assert (
        pytest.approx(packed(read("developer-api/stream_a_single_product_by_sku__0.json")), rel=0.01)
        == ESTIMATES.api_product_bytes
    )
