"""A crawl in parts: each product is in one part, and all parts share one budget of requests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from crawl.crawling import archived, settings_for
from demo.small_world import picture, small_world
from faults.server import misbehaving

from ameli_build.core.errors import Refused, UnusableInput
from ameli_build.core.settings import CrawlSettings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.journal import read_journal
from ameli_build.crawl.parts import Part
from ameli_build.crawl.run import crawl
from ameli_build.crawl.stats import CrawlStats
from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import FaultPlan, Rule, Status
from ameli_build.demo.storefront import Storefront
from ameli_build.dry_run.requests import CrawlEstimate, dry_run

WORLD = small_world(12)
SKUS = {product.sku for product in WORLD.products}
NAMES = ("1/3", "2/3", "3/3")


def run(root: Path, shop: Storefront, part: str | None = None, **values: Any) -> CrawlStats:
    options = {
        name: values.pop(name) for name in ("categories", "skus", "max_products", "retry_failed") if name in values
    }
    settings = settings_for(shop.site_url, **{"specifications": "json"} | values)
    return crawl(Snapshot(root), settings, part=part, **options)


def pages(root: Path) -> set[str | None]:
    """The SKUs whose pages were fetched."""
    return {page.sku for (kind, _), page in archived(root).items() if kind == "page"}


@pytest.mark.parametrize("of", [1, 2, 3, 7, 100])
def test_each_product_is_in_one_part(of: int) -> None:
    parts = [Part(number, of) for number in range(1, of + 1)]
    products = [str(6_000_000 + number) for number in range(5_000)] + ["/site/ä.p", "/site/\udc80.p"]
    shares = [sum(part.has(product) for product in products) for part in parts]
    assert sum(shares) == len(products)
    assert min(shares) > 0.5 * len(products) / of


def test_the_part_of_a_product_does_not_depend_on_the_process() -> None:
    code = "from ameli_build.crawl.parts import Part; print([Part(n, 5).has(s) for n in range(1, 6) for s in '12345'])"
    answers = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, cwd=Path(__file__).parents[2],
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(answers) == 1
    assert [Part(number, 5).has("6509654") for number in range(1, 6)] == [True, False, False, False, False]


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "3", "1/0", "-1/3", "1/3/", "１/３", "1 / 3", "a/b", "1/9999999"])
def test_an_invalid_part_is_wrong_usage(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableInput, match="--part"):
        crawl(Snapshot(tmp_path / "x"), settings_for("http://127.0.0.1:1"), part=text)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("of", "total"), [(1, 5), (2, 5), (3, 6), (5, 5)])
def test_the_shares_of_all_parts_add_up_to_one_budget(of: int, total: int) -> None:
    whole = CrawlSettings(
        rate=0.7, api_rate=3.0, threads=total, connections=total, browsers=total, api_calls_per_day=50
    )
    shares = [Part(number, of).share(whole) for number in range(1, of + 1)]
    for name in ("rate", "api_rate", "threads", "connections", "browsers", "api_calls_per_day"):
        assert sum(getattr(share, name) for share in shares) == pytest.approx(getattr(whole, name)), name
    assert {share.max_forbidden for share in shares} == {whole.max_forbidden}


def test_a_part_has_at_least_one_thread_and_needs_at_least_one_call() -> None:
    share = Part(9, 9).share(CrawlSettings(threads=4, connections=2, browsers=1))
    assert (share.threads, share.connections, share.browsers) == (1, 1, 1)
    with pytest.raises(UnusableInput, match="api_calls_per_day = 8"):
        Part(9, 9).share(CrawlSettings(api_calls_per_day=8))


@pytest.mark.parametrize(("of", "delay"), [(1, 2.0), (3, 2.0), (4, 0.5)])
def test_a_crawl_delay_counts_for_all_parts_together(monkeypatch: pytest.MonkeyPatch, of: int, delay: float) -> None:
    pages: dict[str, Answer | bytes] = {
        "/robots.txt": Answer(f"User-agent: *\nCrawl-delay: {delay}\nDisallow: /no\n".encode(), "text/plain")
    }
    slowed: list[float] = []
    with misbehaving(pages) as server:
        fetcher = Fetcher(settings_for(server.url).crawl, part=Part(1, of))
        monkeypatch.setattr(fetcher.throttle, "slow_down", lambda _, seconds: slowed.append(seconds))
        fetcher.robots.check(f"{server.url}/yes")
        fetcher.close()
    assert slowed == [of * delay]


def test_a_part_uses_its_share_of_the_rate(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path, shop, "3/3", rate=90.0)
        times = sorted(seen.at for seen in shop.seen_by("site"))
    assert len(times) > 10
    assert times[-1] - times[0] > 0.9 * (len(times) - 1) / 30.0


@pytest.mark.parametrize(
    "more", [{}, {"categories": ["abcat0502000"]}, {"skus": sorted(SKUS)[:6]}, {"max_products": 5}]
)
def test_the_parts_together_have_the_products_of_a_whole_crawl(tmp_path: Path, more: dict[str, Any]) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        for number, name in enumerate(NAMES):
            run(tmp_path / str(number), shop, name, **more)
        run(tmp_path / "whole", shop, **more)
    found = [pages(tmp_path / str(number)) for number in range(3)]
    assert set().union(*found) == pages(tmp_path / "whole")
    assert sum(map(len, found)) == len(pages(tmp_path / "whole"))


def test_a_snapshot_of_a_part_continues_as_that_part(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path, shop, "2/3")
        found = pages(tmp_path)
        assert len(found) == 3
        before = len(shop.seen)
        run(tmp_path, shop)
        assert len(shop.seen) == before
        assert pages(tmp_path) == found
        assert read_journal(tmp_path / "raw").part == Part(2, 3)
        for other in ("1/3", "2/4", "1/1"):
            with pytest.raises(UnusableInput, match=f"holds part 2/3; crawl part {other} into another --out"):
                run(tmp_path, shop, other)
        run(tmp_path / "whole", shop, max_products=1)
        with pytest.raises(UnusableInput, match="holds a whole crawl"):
            run(tmp_path / "whole", shop, "2/3")


def test_a_retry_fetches_the_new_products_of_its_part_only(tmp_path: Path) -> None:
    world = small_world(30)
    with Storefront(world, FaultPlan((Rule("cp=2&", Status(500)),)), pictures=picture) as shop:
        run(tmp_path, shop, "1/2", categories=["abcat0502000"])
        before = pages(tmp_path)
        shop.inject(FaultPlan())
        run(tmp_path, shop, retry_failed=True)
    laptops = {product.sku for product in world.products if product.category_path[-1][0] == "abcat0502000"}
    mine = {sku for sku in laptops if Part(1, 2).has(sku)}
    assert pages(tmp_path) == mine
    assert before < mine


def test_a_part_without_products_is_complete(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path, shop, "2/3", skus=["7000100"])
    assert not pages(tmp_path)
    assert read_journal(tmp_path / "raw").complete


def test_a_part_stops_after_the_same_number_of_refusals_and_is_incomplete(tmp_path: Path) -> None:
    with Storefront(WORLD, FaultPlan((Rule(r"\.p|/product/|/ugc/", Status(403)),)), pictures=picture) as shop:
        with pytest.raises(Refused, match=r"4 refusals in a row.*now 10000"):
            run(tmp_path, shop, "3/3", max_forbidden=4, threads=1)
        assert sum(seen.fault is not None for seen in shop.seen) == 4
        assert not read_journal(tmp_path / "raw").complete
        shop.inject(FaultPlan())
        run(tmp_path, shop)
        assert read_journal(tmp_path / "raw").complete


def test_no_part_fetches_without_robots_txt(tmp_path: Path) -> None:
    pages: dict[str, Answer | bytes] = {"/robots.txt": Answer(b"User-agent: *\nDisallow: /\n", "text/plain")}
    with misbehaving(pages) as server:
        for name in NAMES:
            with pytest.raises(Exception, match="robots"):
                crawl(Snapshot(tmp_path / name[0]), settings_for(server.url), part=name, skus=tuple(sorted(SKUS)))
        assert {seen.target for seen in server.seen} == {"/robots.txt"}


def test_a_dry_run_plans_a_part(tmp_path: Path) -> None:
    def plan(part: str | None, **more: Any) -> CrawlEstimate:
        settings = settings_for(shop.site_url, specifications="json", rate=3.0)
        return dry_run(Snapshot(tmp_path / "new"), settings, part=part, **more)

    with Storefront(small_world(30), pictures=picture) as shop:
        site = shop.site_url.removeprefix("http://")
        whole, parts = plan(None), [plan(name) for name in NAMES]
        listed = [plan(name, categories=["abcat0502000"]) for name in (None, *NAMES)]
    assert not (tmp_path / "new").exists()
    assert sum(part.products for part in parts) == whole.products == 33
    assert {part.rates[site] for part in parts} == {1.0}
    assert sum(part.requests[site]["product pages"] for part in parts) == whole.requests[site]["product pages"]
    assert f"{parts[0].products} products in part 1/3, 0 of them done" in str(parts[0])
    assert len({plan.requests[site]["listing pages"] for plan in listed}) == 1
    assert sum(plan.products for plan in listed[1:]) >= listed[0].products == 30
