"""Calls of the developer API: no other place has the key, and their number has a limit."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from crawl.calling import SKUS, WORLD, calls, noted, run, skus_in, with_pages_of
from demo.api_storefront import API_KEY, ApiStorefront
from demo.small_world import picture

from ameli_build.archive.records import read_archive
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.crawl.fetching.api_client import Allowance
from ameli_build.demo.answers import Answer, as_json, moved
from ameli_build.demo.faults import FaultPlan, Reset, Rule, Status
from ameli_build.demo.server import LoopbackServer
from ameli_build.shops import SHOPS


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESTBUY_API_KEY", API_KEY)


@pytest.fixture
def pages_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the number of products of a call."""
    return lambda size: monkeypatch.setitem(SHOPS, "bestbuy", with_pages_of(size))


def assert_nowhere(key: str, root: Path) -> None:
    files = [path for path in root.rglob("*") if path.is_file()]
    assert any(path.suffix == ".gz" for path in files)
    for path in files:
        assert key not in str(path)
        body = path.read_bytes()
        assert key.encode() not in body
        if path.suffix == ".gz":
            assert key.encode() not in gzip.decompress(body)
    for page in read_archive(root / "raw"):
        assert key.encode() not in (page.body or b"")
        assert key not in str(page.headers)


def test_no_stored_or_printed_byte_has_the_key(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    faults = FaultPlan((Rule("^/v1/", Reset(), 1), Rule("^/v1/", Status(503), 1), Rule("^/v1/.*cursorMark=c", Reset())))
    with ApiStorefront(WORLD, faults, pictures=picture) as shop:
        with pytest.raises(RunFailed) as failed:
            run(tmp_path, shop.site_url, retries=3)
        assert all(f"apiKey={API_KEY}" in target for target in calls(shop))
    with ApiStorefront(WORLD, pictures=picture) as shop:
        run(tmp_path, shop.site_url)
    assert API_KEY not in str(failed.value)
    assert API_KEY not in "".join(capfd.readouterr())
    bodies = [page.body or b"" for page in read_archive(tmp_path / "raw") if page.kind == "api"]
    assert all(b"apiKey=XXX" in body for body in bodies)
    assert_nowhere(API_KEY, tmp_path)


def test_redirects_neither_store_the_key_nor_send_it_to_another_host(tmp_path: Path) -> None:
    page = as_json({"products": [{"sku": 1, "name": "Lamp"}]})

    def respond(target: str) -> Answer:
        if target.startswith("/v1/"):
            answer = moved(f"/v2/{target.removeprefix('/v1/')}")
            return Answer(f"moved, {API_KEY}".encode(), status=301, headers=answer.headers)
        if target.startswith("/v2/"):
            return moved(f"{other.url}{target}")
        return page

    with LoopbackServer(lambda _: page, host_name="localhost") as other, LoopbackServer(respond) as server:
        run(tmp_path, server.url, hosts=("localhost",))
        assert [API_KEY in seen.target for seen in server.seen if seen.target.startswith(("/v1/", "/v2/"))] == [
            True
        ] * 2
        landed = [seen.target for seen in other.seen if seen.target.startswith("/v2/")]
        assert landed
        assert API_KEY not in "".join(landed)
    assert_nowhere(API_KEY, tmp_path)


def test_logs_of_libraries_do_not_have_the_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = as_json({"products": [{"sku": 1, "name": "Lamp"}]})
    length = ("Content-Length", str(len(page.body)))
    odd = replace(page, headers=(length, ("X-One: 1\r\nno colon here\r\nX-Two", "2")))
    with LoopbackServer(lambda target: odd if target.startswith("/v1/") else page) as server:
        run(tmp_path, server.url)
    logged = [record for record in caplog.records if record.name.startswith("urllib3")]
    assert any("/v1/products" in record.getMessage() for record in logged)
    assert any("parse headers" in record.getMessage() for record in logged)
    assert API_KEY not in caplog.text


@pytest.mark.parametrize("key", [None, "", "  ", "two words", "k&cursorMark=x"])
def test_without_a_key_no_request_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    if key is None:
        monkeypatch.delenv("BESTBUY_API_KEY")
    else:
        monkeypatch.setenv("BESTBUY_API_KEY", key)
    with ApiStorefront(WORLD, pictures=picture) as shop:
        with pytest.raises(UnusableInput, match="BESTBUY_API_KEY") as error:
            run(tmp_path, shop.site_url)
        assert shop.seen == ()
    assert "\n" not in str(error.value)
    assert not key or not key.strip() or key not in str(error.value)


def test_a_refused_key_is_reported_with_both_possible_causes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESTBUY_API_KEY", "another0key0than0the0one0")
    with ApiStorefront(WORLD, pictures=picture) as shop:
        with pytest.raises(RunFailed, match=r"http_403.*BESTBUY_API_KEY is wrong or over its quota.*50,000 a day"):
            run(tmp_path, shop.site_url)
        with pytest.raises(RunFailed, match=r"refusals in a row.*quota is used up, or the key in BESTBUY_API_KEY"):
            run(tmp_path, shop.site_url, max_forbidden=2)
    assert_nowhere("another0key0than0the0one0", tmp_path)


def test_all_calls_count_and_a_used_up_allowance_names_the_time_to_continue(
    tmp_path: Path, pages_of: Callable[[int], None]
) -> None:
    pages_of(5)
    with ApiStorefront(WORLD, FaultPlan((Rule("^/v1/", Status(503), 1),)), pictures=picture) as shop:  # once a URL
        with pytest.raises(RunFailed, match=r"called 2 times in 24 hours.*again after \d{4}-\d\d-\d\d \d\d:\d\d UTC"):
            run(tmp_path, shop.site_url, api_calls_per_day=2)
        assert len(calls(shop)) == noted(tmp_path) == 2  # including the failed call
        with pytest.raises(RunFailed, match="called 2 times"):
            run(tmp_path, shop.site_url, api_calls_per_day=2)
        assert len(calls(shop)) == 2
        run(tmp_path, shop.site_url, api_calls_per_day=6)
        assert len(calls(shop)) == 6
    assert skus_in(tmp_path) == SKUS


def test_a_call_counts_for_a_day() -> None:
    start = datetime(2024, 3, 4, 8, tzinfo=UTC)
    clock = [start + timedelta(hours=23, minutes=59)]
    made: list[str] = []
    allowance = Allowance([start + timedelta(hours=1), start], 3, made.append, lambda: clock[0])
    allowance.take("a")
    with pytest.raises(RunFailed, match="after 2024-03-05 08:00 UTC"):
        allowance.take("b")
    clock[0] += timedelta(minutes=1)
    allowance.take("c")
    with pytest.raises(RunFailed, match="after 2024-03-05 09:00 UTC"):
        allowance.take("d")
    assert made == ["a", "c"]


def test_calls_have_their_own_rate_apart_from_the_crawl(tmp_path: Path, pages_of: Callable[[int], None]) -> None:
    pages_of(4)
    with ApiStorefront(WORLD, pictures=picture) as shop:
        run(tmp_path, shop.site_url, rate=10_000.0)
        moments = [seen.at for seen in shop.seen if seen.target.startswith("/v1/")]
    assert len(moments) == 4
    assert moments[-1] - moments[0] >= 3 / 5.0
