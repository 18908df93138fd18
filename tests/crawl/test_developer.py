"""Products from the developer API: complete, equal to products from pages, and resumed after a killed run."""

from __future__ import annotations

import base64
import gzip
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from crawl.calling import SKUS, WORLD, api, calls, cursors, noted, run, skus_in, with_pages_of
from crawl.crawling import archived, settings_for
from demo.api_storefront import API_KEY, ApiStorefront
from demo.small_world import LAPTOPS, picture

from ameli_build.catalog.build import STAGE
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import CrawlSettings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.fetching.addresses import Addresses, Forbidden
from ameli_build.demo.answers import Answer, as_json
from ameli_build.demo.faults import FaultPlan, Rule, Status
from ameli_build.demo.server import LoopbackServer
from ameli_build.demo.world import WorldProduct
from ameli_build.provenance import write_run_record
from ameli_build.shops import SHOPS

SECOND = "cursorMark=" + base64.b64encode(b"product_7000104_us").decode()
"""The second page of five products."""
SCRIPT = (
    "import sys; from dataclasses import replace; from pathlib import Path; from ameli_build.shops import SHOPS\n"
    "shop = SHOPS['bestbuy']; SHOPS['bestbuy'] = replace(shop, api=replace(shop.api, page_size=3))\n"
    "from ameli_build.crawl.run import crawl\n"
    "from ameli_build.core.settings import Settings; from ameli_build.core.snapshot import Snapshot\n"
    "crawl(Snapshot(Path(sys.argv[1])), Settings.model_validate_json(sys.argv[2]))"
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESTBUY_API_KEY", API_KEY)


@pytest.fixture
def pages_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the number of products of a call."""
    return lambda size: monkeypatch.setitem(SHOPS, "bestbuy", with_pages_of(size))


def _without_click(product: WorldProduct) -> WorldProduct:
    """The product in a generation of pages that show their sheet without a click."""
    return replace(product, generation="B") if product.generation == "A" else product


def test_a_crawl_by_api_gives_the_same_catalog_as_a_crawl_of_pages(tmp_path: Path) -> None:
    tables = {}
    later = replace(WORLD, products=tuple(_without_click(product) for product in WORLD.products))
    with ApiStorefront(later, pictures=picture) as shop:
        for way in ("site", "api"):
            snapshot = Snapshot(tmp_path / way)
            run(snapshot.root, shop.site_url, products=way)
            run_stage(STAGE, snapshot, settings_for(shop.site_url))
            tables[way] = pl.read_parquet(snapshot.root / "catalog" / "products.parquet").sort("sku")
            for name in ("reviews", "images"):
                tables[f"{way} {name}"] = pl.read_parquet(snapshot.root / "catalog" / f"{name}.parquet")
    site, by_api = tables["site"], tables["api"]
    assert set(by_api["sku"]) == SKUS
    equal = ["sku", "name", "categories", "description", "images", "variants", "price"]
    assert by_api.select(equal).equals(site.select(equal))
    rows = [
        [[(row["name"], row["value"]) for row in sheet] for sheet in table["attributes"]] for table in (site, by_api)
    ]
    assert rows[0] == rows[1]
    # Only the origin of a record differs, and the groups of the sheet, which the API lacks.
    assert set(site.columns) - {*equal, "attributes"} == {"url", "fetched_at", "source", "extra"}
    assert {row["group"] for sheet in by_api["attributes"] for row in sheet} == {""}
    reviews = [column for column in tables["site reviews"].columns if column not in ("source", "fetched_at")]
    assert tables["api reviews"].select(reviews).equals(tables["site reviews"].select(reviews))
    assert tables["api images"].equals(tables["site images"])


def test_a_page_takes_precedence_over_the_api(tmp_path: Path) -> None:
    snapshot, tables = Snapshot(tmp_path), []
    with ApiStorefront(WORLD, pictures=picture) as shop:
        for way in ("site", "api"):
            run(tmp_path, shop.site_url, products=way, skus=("7000100", "7000101"))
            run_stage(STAGE, snapshot, settings_for(shop.site_url))
            tables.append(pl.read_parquet(tmp_path / "catalog" / "products.parquet"))
    first, both = (table.sort("sku").to_dicts() for table in tables)
    assert [row["sku"] for row in both] == ["7000100", "7000101"]
    assert first[0]["attributes"] == []  # its page needs a click, and the crawl made none
    assert len(both[0]["attributes"]) == 7
    assert both[0] == {**first[0], "attributes": both[0]["attributes"]}
    assert both[1] == first[1]


def test_a_crawl_by_api_fetches_no_product_page_and_its_second_run_makes_no_request(tmp_path: Path) -> None:
    with ApiStorefront(WORLD, pictures=picture) as shop:
        stats = run(tmp_path, shop.site_url)
        assert stats.counts["api"] == 2
        assert not [seen for seen in shop.seen if ".p?" in seen.target or "/product/" in seen.target]
        asked = len(shop.seen)
        assert run(tmp_path, shop.site_url).requests == {}
        assert len(shop.seen) == asked
    assert skus_in(tmp_path) == SKUS


def test_a_crawl_by_api_selects_skus_and_categories(tmp_path: Path) -> None:
    with ApiStorefront(WORLD, pictures=picture) as shop:
        stats = run(tmp_path / "a", shop.site_url, skus=("7000201", "9999999", "7000102"))
        assert [parse for parse in calls(shop) if "sku%20in(7000201,9999999,7000102)" not in parse] == []
        assert skus_in(tmp_path / "a") == {"7000102", "7000201"}
        assert stats.failures["not_listed"] == 1
        failed = json.loads((tmp_path / "a" / "raw" / "crawl-stats.json").read_text())["failed"]["not_listed"]
        assert ["9999999.json" in failure["url"] for failure in failed] == [True]
        made = len(calls(shop))
        run(tmp_path / "b", shop.site_url, skus=("7000102", "7000201"))
        assert len(calls(shop)) == made + 1  # no call for the end of the listing: all SKUs were found
        run(tmp_path / "c", shop.site_url, categories=(LAPTOPS[-1][0],), max_products=3)
        assert len(skus_in(tmp_path / "c")) == 3
        assert len(calls(shop)) == made + 2
        with pytest.raises(RunFailed, match=r"no product found \(not_listed for "):
            run(tmp_path / "d", shop.site_url, skus=("9999999",))


@pytest.mark.parametrize("robots", [Answer(b"", status=404), Answer(b"{}", status=403), Answer(b"User-agent: *\n")])
def test_an_api_without_rules_for_robots_is_called(tmp_path: Path, robots: Answer) -> None:
    page = as_json({"products": [{"sku": 1, "name": "Lamp"}]})
    with LoopbackServer(lambda target: robots if target == "/robots.txt" else page) as server:
        assert run(tmp_path, server.url).counts["api"] == 1


def test_an_api_that_disallows_robots_is_not_called(tmp_path: Path) -> None:
    closed = Answer(b"User-agent: *\nDisallow: /v1/\n", "text/plain")
    with LoopbackServer(lambda _: closed) as server:
        with pytest.raises(RunFailed, match="robots"):
            run(tmp_path, server.url)
        assert calls(server) == []
        assert noted(tmp_path) == 0


def test_the_api_has_its_own_host_unless_the_site_url_is_set() -> None:
    call = "https://api.bestbuy.com/v1/products"
    values: dict[str, Any] = {"products": "api"}
    assert Addresses(CrawlSettings(**values)).check(call) == "api.bestbuy.com"
    with pytest.raises(Forbidden):
        Addresses(CrawlSettings()).check(call)
    assert Addresses(settings_for("http://shop.test", **values).crawl).resolve(call) == "http://shop.test/v1/products"
    with pytest.raises(Forbidden):
        Addresses(settings_for("http://shop.test", **values).crawl).check(call)
    own = Addresses(settings_for("http://shop.test", api_url="http://api.test:81", **values).crawl)
    assert own.check(own.resolve("http://api.test:81/v1/products")) == "api.test:81"
    with pytest.raises(UnusableInput, match=r"crawl\.api_url"):
        Addresses(CrawlSettings(api_url="ftp://api.test", **values))


def test_a_listing_continues_after_a_kill_at_its_last_cursor(tmp_path: Path, pages_of: Callable[[int], None]) -> None:
    pages_of(3)
    with ApiStorefront(WORLD, pictures=picture) as shop:
        run(tmp_path / "whole", shop.site_url)
        whole = cursors(shop)
        settings = settings_for(shop.site_url, products="api", specifications="json")
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / "killed"), settings.model_dump_json()]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            while len(calls(shop)) < len(whole) + 3 and process.poll() is None:
                threading.Event().wait(0.005)
            process.kill()
            error = process.communicate()[1].decode()
        assert process.returncode == -signal.SIGKILL, error
        made = len(calls(shop))
        run(tmp_path / "killed", shop.site_url)
        rest = cursors(shop)[made:]
    assert rest in (whole[2:], whole[3:])
    digests = [{url: page.body for (kind, url), page in archived(tmp_path / way).items() if kind == "api"} for way in
               ("whole", "killed")]  # fmt: skip
    assert digests[0] == digests[1]
    assert noted(tmp_path / "killed") == made - len(whole) + len(rest)


def test_an_expired_cursor_restarts_the_listing(tmp_path: Path, pages_of: Callable[[int], None]) -> None:
    pages_of(5)
    with ApiStorefront(WORLD, FaultPlan((Rule(SECOND, Status(400), 1),)), pictures=picture) as shop:
        run(tmp_path, shop.site_url)
        assert [cursor == "*" for cursor in cursors(shop)] == [True, False, True, False, False]
        made = len(calls(shop))
        run(tmp_path, shop.site_url)
        assert len(calls(shop)) == made
    assert skus_in(tmp_path) == SKUS
    assert sorted(api(tmp_path).values()).count("http_400") == 1


def test_cursors_that_always_expire_end_the_run(tmp_path: Path, pages_of: Callable[[int], None]) -> None:
    pages_of(5)
    with ApiStorefront(WORLD, FaultPlan((Rule(SECOND, Status(400), 2),)), pictures=picture) as shop:
        with pytest.raises(RunFailed, match=r"http_400.*run the same command again"):
            run(tmp_path, shop.site_url)
        assert len(calls(shop)) == 4
        run(tmp_path, shop.site_url)
        assert [cursor == "*" for cursor in cursors(shop)[4:]] == [True, False, False]
    assert skus_in(tmp_path) == SKUS


def test_a_cursor_that_leads_back_ends_the_listing(tmp_path: Path) -> None:
    page = {"nextCursorMark": "a", "products": [{"sku": 1, "name": "Lamp"}]}
    with LoopbackServer(lambda _: as_json(page)) as server:
        run(tmp_path, server.url)
        assert cursors(server) == ["*", "a"]


def test_a_refresh_lists_again_and_counts_calls_of_the_earlier_snapshot(tmp_path: Path) -> None:
    earlier = Snapshot(tmp_path / "earlier")
    with ApiStorefront(WORLD, pictures=picture) as shop:
        run(earlier.root, shop.site_url)
        with pytest.raises(RunFailed, match="called 3 times"):
            run(tmp_path / "later", shop.site_url, refresh=earlier, api_calls_per_day=3)
        run(tmp_path / "later", shop.site_url, refresh=earlier, api_calls_per_day=4)
        assert [cursor == "*" for cursor in cursors(shop)] == [True, False, True, False]
    assert skus_in(tmp_path / "later") == SKUS
    assert list(api(tmp_path / "later")) == list(api(earlier.root))


def test_a_failed_listing_is_retried_and_a_restarted_listing_is_not(
    tmp_path: Path, pages_of: Callable[[int], None]
) -> None:
    pages_of(5)
    with ApiStorefront(WORLD, FaultPlan((Rule(SECOND, Status(500), 2),)), pictures=picture) as shop:
        with pytest.raises(RunFailed, match="http_500"):
            run(tmp_path / "a", shop.site_url)
        assert run(tmp_path / "a", shop.site_url, retry_failed=True).failures == {"http_404": 1}
    assert skus_in(tmp_path / "a") == SKUS
    with ApiStorefront(WORLD, FaultPlan((Rule(SECOND, Status(400), 1),)), pictures=picture) as shop:
        run(tmp_path / "b", shop.site_url)
        made = len(calls(shop))
        run(tmp_path / "b", shop.site_url, retry_failed=True)
        assert len(calls(shop)) == made


def _everything(root: Path) -> bytes:
    """All names and bytes below a folder, archives unpacked."""
    bodies = [str(path).encode() for path in root.rglob("*")]
    for path in (entry for entry in root.rglob("*") if entry.is_file()):
        body = path.read_bytes()
        bodies += [body, gzip.decompress(body) if path.suffix == ".gz" else b""]
    return b"\n".join(bodies)


def _echo(target: str) -> Answer:
    return as_json({"canonicalUrl": target, "products": [{"sku": 1, "name": "Lamp", "url": f"http://h{target}"}]})


def _refused(target: str) -> Answer:
    return Answer(f"<h1>Forbidden: {target}</h1>".encode(), "text/html", 403)


def _elsewhere(target: str) -> Answer:
    return Answer(b"", status=302, headers=(("Location", f"http://elsewhere.invalid{target}"),))


@pytest.mark.parametrize("answer", [_echo, _refused, _elsewhere])
def test_the_key_is_in_no_file_no_log_and_no_message(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    answer: Callable[[str], Answer],
) -> None:
    caplog.set_level("DEBUG")
    message = ""
    with LoopbackServer(
        lambda target: Answer(b"", status=404) if target == "/robots.txt" else answer(target)
    ) as server:
        try:
            run(tmp_path, server.url)
        except RunFailed as error:
            message = str(error)
        write_run_record(Snapshot(tmp_path), settings_for(server.url), "crawl")
        assert any(f"apiKey={API_KEY}" in seen.target for seen in server.seen)
    printed = capsys.readouterr()
    for text in (message, printed.out, printed.err, caplog.text, _everything(tmp_path).decode("utf-8", "replace")):
        assert API_KEY not in text
    assert (tmp_path / "run.json").is_file()
