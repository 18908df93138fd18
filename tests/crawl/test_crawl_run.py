"""A whole crawl of the storefront: complete, resumable, and equal after faults and kills."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from crawl.crawling import archived, settings_for
from demo.small_world import picture, small_world
from faults.http_faults import (
    ACCESS_DENIED,
    COUNTRY_PAGE,
    EMPTY_BODY,
    AbortedChunks,
    FaultPlan,
    LyingLength,
    Reset,
    Rule,
    Status,
)

from ameli_build.archive.records import read_archive
from ameli_build.catalog.build import STAGE
from ameli_build.core.errors import RunFailed
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl, with_site
from ameli_build.demo.storefront import Storefront

WORLD = small_world(6)
SKUS = {product.sku for product in WORLD.products}


def contents(root: Path) -> dict[tuple[str, str], str]:
    """Archived contents: the digest of a page, the file of an image, the error of a failure."""
    pages = archived(root).items()
    return {key: page.path or page.error or page.digest for key, page in pages if page.kind != "clicked"}


def run(root: Path, shop: Storefront, **values: object) -> object:
    return crawl(Snapshot(root), settings_for(shop.site_url, **{"specifications": "json"} | values))


def test_every_product_of_the_shop_is_archived(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        stats = run(tmp_path, shop)
        served = {seen.target for seen in shop.seen}
    pages = archived(tmp_path)
    assert {page.sku for (kind, _), page in pages.items() if kind == "page"} == SKUS
    assert {page.sku for (kind, _), page in pages.items() if kind == "reviews"} == SKUS
    images = {page.path for (kind, _), page in pages.items() if kind == "image"}
    assert images == {f"raw/images/{path.name}" for path in (tmp_path / "raw" / "images").iterdir()}
    assert all((tmp_path / path).read_bytes() for path in images if path)
    missing = [page for page in pages.values() if page.error]
    assert [(page.wanted, page.error, page.status) for page in missing] == [("image", "http_404", 404)]
    assert stats.failures == {"http_404": 1}  # type: ignore[attr-defined]
    for target in served:
        assert ";max" not in target
    written = json.loads((tmp_path / "raw" / "crawl-stats.json").read_text())
    assert written["products"] == len(SKUS)
    assert written["archived"]["page"] == {"200": len(SKUS)}
    assert [failure["kind"] for failure in written["failed"]["http_404"]] == ["image"]


def test_a_snapshot_may_have_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Storefront(WORLD, pictures=picture) as shop:
        run(Path("here"), shop, max_forbidden=50)
    images = {page.path for (kind, _), page in archived(Path("here")).items() if kind == "image"}
    assert images == {f"raw/images/{path.name}" for path in (tmp_path / "here" / "raw" / "images").iterdir()}


def test_a_second_run_makes_no_request(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path, shop)
        assert {page.sku for page in read_archive(tmp_path / "raw") if page.kind == "done"} == SKUS
        before, asked = contents(tmp_path), len(shop.seen)
        stats = run(tmp_path, shop)
        assert len(shop.seen) == asked
    assert contents(tmp_path) == before
    assert stats.requests == {}  # type: ignore[attr-defined]


def test_one_thread_and_eight_threads_archive_the_same(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path / "one", shop, threads=1)
        run(tmp_path / "eight", shop, threads=8)
    assert contents(tmp_path / "one") == contents(tmp_path / "eight")


def test_passing_faults_leave_no_trace(tmp_path: Path) -> None:
    faults = FaultPlan(
        (
            Rule("robots", Status(503), 1),
            Rule("sitemaps_pdp.xml", Status(429, retry_after="0"), 1),
            Rule("0000.xml.gz", Reset(), 1),
            Rule("7000100", ACCESS_DENIED, 1),
            Rule("7000101", LyingLength(50), 1),
            Rule("7000102", COUNTRY_PAGE, 1),
            Rule("7000103", AbortedChunks(), 1),
            Rule("7000104", EMPTY_BODY, 1),
            Rule("ugc/photos", Status(500), 1),
        )
    )
    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path / "clean", shop)
        ports = shop.ports
    with Storefront(WORLD, faults, pictures=picture, ports=ports) as shop:
        stats = run(tmp_path / "faulty", shop, max_forbidden=50, retries=3)
    assert contents(tmp_path / "faulty") == contents(tmp_path / "clean")
    assert set(stats.retried) >= {"http_503", "http_429", "blocked", "country_page", "empty", "short_body", "http_500"}  # type: ignore[attr-defined]


def test_lasting_faults_cost_only_their_own_pages_and_are_named(tmp_path: Path) -> None:
    faults = FaultPlan((Rule(r"/7000101\.p", Status(500)), Rule("7000104_sd", Reset())))
    with Storefront(WORLD, faults, pictures=picture) as shop:
        stats = run(tmp_path, shop)
    pages = archived(tmp_path)
    assert {page.sku for (kind, _), page in pages.items() if kind == "page"} == SKUS - {"7000101"}
    assert {page.sku for (kind, _), page in pages.items() if kind == "reviews"} == SKUS
    assert stats.failures == {"connection": 1, "http_404": 1, "http_500": 1}  # type: ignore[attr-defined]


def test_the_next_run_fetches_pages_that_failed_for_a_while(tmp_path: Path) -> None:
    faults = FaultPlan((Rule(r"/7000101\.p", Status(500), 2),))
    with Storefront(WORLD, faults, pictures=picture) as shop:
        assert "http_500" in run(tmp_path, shop).failures  # type: ignore[attr-defined]
        assert "http_500" not in run(tmp_path, shop).failures  # type: ignore[attr-defined]
        assert {page.sku for (kind, _), page in archived(tmp_path).items() if kind == "page"} == SKUS


def test_a_crawl_killed_several_times_equals_an_undisturbed_crawl(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        run(tmp_path / "whole", shop)
        settings = settings_for(shop.site_url, specifications="json", rate=80.0)
        script = (
            "import sys; from pathlib import Path; from ameli_build.crawl.run import crawl\n"
            "from ameli_build.core.settings import Settings; from ameli_build.core.snapshot import Snapshot\n"
            "crawl(Snapshot(Path(sys.argv[1])), Settings.model_validate_json(sys.argv[2]))"
        )
        command = [sys.executable, "-c", script, str(tmp_path / "killed"), settings.model_dump_json()]
        for requests in (3, 11, 20):
            asked = len(shop.seen)
            with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
                while len(shop.seen) < asked + requests and process.poll() is None:
                    threading.Event().wait(0.005)
                process.kill()
                error = process.communicate()[1].decode()
            assert process.returncode == -signal.SIGKILL, error
        run(tmp_path / "killed", shop)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_refusals_of_the_shop_stop_the_crawl_with_advice(tmp_path: Path) -> None:
    with Storefront(WORLD, FaultPlan((Rule(r"\.p\?|/product/", Status(403)),)), pictures=picture) as shop:
        with pytest.raises(RunFailed, match=r"refusals in a row.*run the same command"):
            run(tmp_path, shop, max_forbidden=3)
        assert sum(".p?" in seen.target or "/product/" in seen.target for seen in shop.seen) <= 3 + 4


def test_a_run_that_fetches_no_product_page_fails(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop, pytest.raises(RunFailed, match=r"none of 2 product pages"):
        crawl(Snapshot(tmp_path), settings_for(shop.site_url), skus=("9999998", "9999999"))


def test_named_skus_and_a_limit_select_products(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        settings = settings_for(shop.site_url, specifications="json")
        crawl(Snapshot(tmp_path / "a"), settings, skus=("7000102", "7000100"))
        crawl(Snapshot(tmp_path / "b"), settings, max_products=2)
    found = {page.sku: page for (kind, _), page in archived(tmp_path / "a").items() if kind == "page"}
    assert set(found) == {"7000102", "7000100"}
    assert "/product/" in found["7000102"].final_url
    assert sum(kind == "page" for kind, _ in archived(tmp_path / "b")) == 2


def test_a_site_url_replaces_the_address_of_the_shop() -> None:
    assert with_site(Settings(), "http://127.0.0.1:9").crawl.site_url == "http://127.0.0.1:9"
    assert with_site(Settings(), None) == Settings()


@pytest.mark.slow
@pytest.mark.browser
def test_specifications_that_need_a_click_are_clicked(tmp_path: Path) -> None:
    with Storefront(WORLD, pictures=picture) as shop:
        stats = run(tmp_path, shop, specifications="auto")
    pages = archived(tmp_path)
    clicked = {page.sku for (kind, _), page in pages.items() if kind == "clicked"}
    assert clicked == {product.sku for product in WORLD.products if product.generation == "A" and product.attributes}
    assert stats.failures["no_button"] == 3  # type: ignore[attr-defined]
    bodies = [page.body or b"" for (kind, _), page in pages.items() if kind == "clicked"]
    assert all(b"row-value" in body for body in bodies)


def test_a_review_listed_under_eight_siblings_has_eight_links(tmp_path: Path) -> None:
    with Storefront(small_world(8), pictures=picture) as shop:
        run(tmp_path, shop)
    run_stage(STAGE, Snapshot(tmp_path), Settings())
    reviews = Snapshot(tmp_path).read("catalog/reviews")
    family = sorted(f"70001{number:02d}" for number in range(8))
    links = reviews.filter(reviews["review_id"] == "00000000-0000-4000-8000-000000000003").sort("sku")
    assert links["sku"].to_list() == family
    assert links["product_details_sku"].to_list() == [None if sku == "7000103" else "7000103" for sku in family]
    assert (links["helpful"].unique().to_list(), links["unhelpful"].unique().to_list()) == ([3], [1])
    assert all("VerifiedPurchaser" in extra for extra in links["extra"])
