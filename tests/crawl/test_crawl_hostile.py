"""No content of a single page, and no failure of its parser, ends a crawl."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from crawl.crawling import archived, settings_for
from crawl.misbehaving_shop import failures
from faults.server import misbehaving

from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.fetching.robots import Robots
from ameli_build.crawl.run import crawl
from ameli_build.demo.answers import Answer
from ameli_build.shops import BESTBUY, SHOPS
from ameli_build.shops.base import ParsedProduct
from ameli_build.shops.bestbuy.urls import product_url, review_url

HUGE = ["9" * 400, "1e999", "9" * 6000]


def lamp(sku: str, more: str = "") -> bytes:
    value = f'<div class="sku product-data"><span class="product-data-value">{sku}</span></div>'
    return f"<html><title>A lamp</title><body><h1>Lamp {sku}</h1>{value}{more}</body></html>".encode()


def reviews(sku: str, number: str = "1") -> Answer:
    topics = [{"id": f"r{sku}", "text": "Fine", "rating": "N", "positiveFeedbackCount": "N"}]
    page = json.dumps({"totalPages": "N", "totalResults": "N", "topics": topics}).replace('"N"', number)
    return Answer(page.encode(), "application/json")


@pytest.mark.parametrize("digits", HUGE)
def test_a_crawl_continues_after_hostile_numbers(tmp_path: Path, digits: str) -> None:
    price = '<div class="priceView-hero-price priceView-customer-price"><span>$N</span></div>'
    count = '<div class="c-reviews">N</div>'
    card = '<li class="sku-item" data-sku-id="11"><a href="/site/11.p?skuId=11">x</a></li>'
    shelf = f'<html><span class="item-count">{digits} items</span><ol>{card}</ol></html>'
    pages: dict[str, Answer | bytes] = {
        "/robots.txt": Answer(f"User-agent: *\nCrawl-delay: {digits}\n".encode(), "text/plain"),
        "/site/x/x/c.c?cp=1&id=c": shelf.encode(),
        product_url("", "11"): lamp("11", (price + count).replace("N", digits)),
        review_url("", "11"): reviews("11", digits),
    }
    with misbehaving(pages) as server:
        stats = crawl(Snapshot(tmp_path), settings_for(server.url, specifications="json"), categories=("c",))
    assert (stats.counts["page"], stats.counts["reviews"]) == (1, 1)


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("1e999", 0.0), ("9" * 400, 0.0), ("-5", 0.0), ("nan", 0.0), ("90000", 0.0), ("7200", 7200.0)],
)
def test_a_crawl_delay_has_a_range(delay: str, seconds: float) -> None:
    slowed: list[float] = []
    body = f"User-agent: *\nCrawl-delay: {delay}\n".encode()
    Robots("ameli", lambda _: body, lambda _, pause: slowed.append(pause)).check("http://shop.test/")
    assert sum(slowed) == seconds


@pytest.mark.parametrize("error", [OverflowError, RecursionError, AttributeError])
def test_a_failing_parser_costs_only_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def picky(html: bytes, url: str, sku: str | None = None) -> ParsedProduct:
        if b"Lamp 12" in html:
            raise error("odd")
        return BESTBUY.product_page(html, url, sku)

    monkeypatch.setitem(SHOPS, BESTBUY.name, replace(BESTBUY, glance=picky))
    pages: dict[str, Answer | bytes] = {}
    for sku in ("11", "12", "13"):
        pages |= {product_url("", sku): lamp(sku), review_url("", sku): reviews(sku)}
    with misbehaving(pages) as server:
        crawl(Snapshot(tmp_path), settings_for(server.url, specifications="json"), skus=("11", "12", "13"))
    assert set(failures(tmp_path).values()) == {f"parser_{error.__name__}"}
    assert sum(kind == "page" and page.error is None for (kind, _), page in archived(tmp_path).items()) == 2
