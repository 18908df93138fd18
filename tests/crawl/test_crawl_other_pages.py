"""A page with status 200 that is no product page is a failure, and a series of such pages ends the crawl."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crawl.crawling import archived, settings_for
from crawl.misbehaving_shop import failures
from faults.server import misbehaving

from ameli_build.core.errors import Refused, RunFailed
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl
from ameli_build.demo.answers import Answer
from ameli_build.demo.server import LoopbackServer
from ameli_build.shops.bestbuy.urls import product_url, review_url

GOOD = "5550001"
NO_REVIEWS = Answer(json.dumps({"totalPages": 0, "totalResults": 0, "topics": []}).encode(), "application/json")


def page(heading: str, title: str = "The Shop", body: str = "") -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{heading}</h1>{body}</body></html>".encode()


def lamp(sku: str) -> bytes:
    value = f'<div class="sku product-data"><span class="product-data-value">{sku}</span></div>'
    return page(f"Lamp {sku}", body=value)


CARDS = (
    '<ul><li class="sku-item"><h4 class="sku-title"><a href="/site/x/9.p">A radio</a></h4>'
    '<div class="priceView-hero-price priceView-customer-price"><span>$9.99</span></div></li></ul>'
)
ROWS = (
    '<div class="specifications-list"><div class="list-item"><div class="row-title">Reference</div>'
    '<div class="row-value">18.9f</div></div></div>'
)
OTHERS = {
    "a notice that the product is discontinued": (page("This product was discontinued"), "no_longer_sold"),
    "a page not found, with things to buy": (page("We couldn't find that page", body=CARDS), "no_longer_sold"),
    "an error page": (page("Oops! That went wrong on our side"), "not_a_product"),
    "a home page": (page("Welcome", body=CARDS), "not_a_product"),
    "a puzzle": (page("One more step", "Are you a robot?"), "blocked"),
    "a puzzle without heading": (b"<html><body><p>Checking your browser before you go on</p></body></html>", "blocked"),
    "a refusal with rows like a sheet's": (
        page("Access to this shop has been restricted", body=ROWS),
        "blocked",
    ),
    "a page of maintenance in place of the name": (
        page("", body='<div class="sku-title"><h1>Down for maintenance</h1></div>'),
        "not_a_product",
    ),
    "a page to sign in": (page("Sign in", body="<form><input name='email'></form>"), "not_a_product"),
    "a notice in place of the name": (
        page("", body='<div class="sku-title"><h1>Sorry, this is unavailable</h1></div>'),
        "not_a_product",
    ),
}


@pytest.fixture
def serve() -> Callable[[dict[str, bytes]], Any]:
    return lambda pages: misbehaving(_answers(pages))


def _answers(pages: dict[str, bytes]) -> dict[str, Any]:
    skus = [GOOD, *pages]
    reviews = {review_url("", sku): NO_REVIEWS for sku in skus}
    return {product_url("", GOOD): lamp(GOOD), **{product_url("", sku): body for sku, body in pages.items()}, **reviews}


def run(root: Path, server: LoopbackServer, *skus: str, **values: Any) -> None:
    more = {"specifications": "json", "threads": 1, "retries": 0} | values
    crawl(Snapshot(root), settings_for(server.url, **more), skus=skus)


def pages_asked(server: LoopbackServer) -> list[str]:
    return [seen.target for seen in server.seen if seen.target.startswith("/site/")]


@pytest.mark.parametrize("kind", OTHERS)
def test_another_page_is_a_failure_and_is_requested_again(tmp_path: Path, serve: Any, kind: str) -> None:
    body, word = OTHERS[kind]
    with serve({"5550002": body}) as server:
        run(tmp_path, server, "5550002", GOOD)
        assert set(failures(tmp_path).values()) == {word}
        assert ("page", product_url(server.url, GOOD)) in archived(tmp_path)
        assert word == "blocked" or not any(
            "sku=5550002" in seen.target for seen in server.seen
        )  # its reviews are not requested
        asked = len(pages_asked(server))
        run(tmp_path, server, "5550002", GOOD)
        assert pages_asked(server)[asked:] == [product_url("", "5550002")]


def test_a_later_success_clears_the_failure(tmp_path: Path) -> None:
    pages = _answers({"5550002": page("Welcome")})
    with misbehaving(pages) as server:
        run(tmp_path, server, "5550002", GOOD)
        pages |= _answers({"5550002": lamp("5550002")})
        run(tmp_path, server, "5550002", GOOD)
    assert not failures(tmp_path)


@pytest.mark.parametrize("body", [page("Hello again"), page("Prove it", "Human verification"), b'{"error": 1}'])
def test_a_series_of_other_pages_ends_the_crawl(tmp_path: Path, serve: Any, body: bytes) -> None:
    skus = [str(5551000 + number) for number in range(30)]
    with serve(dict.fromkeys(skus, body)) as server:
        with pytest.raises(Refused, match=r"in a row"):
            run(tmp_path, server, GOOD, *skus)
        assert len(pages_asked(server)) <= 12


def test_products_no_longer_sold_do_not_end_a_crawl(tmp_path: Path, serve: Any) -> None:
    skus = [str(5551000 + number) for number in range(15)]
    with serve(dict.fromkeys(skus, page("Not available anymore"))) as server:
        run(tmp_path, server, *skus, GOOD)
    assert list(failures(tmp_path).values()) == ["no_longer_sold"] * 15


def test_a_run_without_a_product_page_fails(tmp_path: Path, serve: Any) -> None:
    with serve({"5550002": page("Welcome")}) as server, pytest.raises(RunFailed, match="not_a_product"):
        run(tmp_path, server, "5550002")
