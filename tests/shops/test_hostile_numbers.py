"""Impossible numbers are dropped and counted, and a failure of a parser costs only its page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from catalog.test_catalog_build import answer, product_url, reviews_url, topic
from shops.page_shapes import component, heading, page, streamed

from ameli_build.archive.store import Archive
from ameli_build.catalog.build import STAGE
from ameli_build.core.cache import in_process
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record
from ameli_build.shops import BESTBUY, SHOPS
from ameli_build.shops.base import ParsedProduct
from ameli_build.shops.bestbuy.developer_api import parse_api_page
from ameli_build.shops.bestbuy.listings import parse_listing
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.reviews import parse_review_page
from ameli_build.wording.cleaning import count_in, number_in

URL = product_url("7")
HOSTILE = ["9" * 400, "1e999", "9" * 5000, "-" + "9" * 320, "123456789012345678901"]


@pytest.mark.parametrize("digits", HOSTILE)
def test_huge_numbers_are_dropped(digits: str) -> None:
    assert number_in(digits.removesuffix("e999") * 40) is None
    assert count_in(digits * 30) is None
    assert number_in(float(digits)) is None


@pytest.mark.parametrize("digits", HOSTILE)
def test_a_product_page_loses_only_its_huge_number(digits: str) -> None:
    product = {"skuId": "7", "name": {"short": "Lamp"}, "price": {"skuId": "7", "customerPrice": "PRICE"}}
    product |= {"reviewInfo": {"reviewCount": "PRICE"}}
    data = {"app": {"data": {"skuPriceDomain": {"customerPrice": "PRICE"}}}}
    written = json.dumps({"@type": "Product", "name": "Lamp", "sku": "7", "offers": {"price": "PRICE"}})
    bodies = [
        page(streamed(product)),
        page(heading("Lamp", sku="7"), component("pricing-price", data)),
        page(f"<script type='application/ld+json'>{written}</script>"),
    ]
    for body in bodies:
        parsed = parse_product_page(body.replace(b'"PRICE"', digits.encode()), URL)
        assert (parsed.product.name, parsed.product.price, parsed.review_count) == ("Lamp", None, None)
        assert json.loads(parsed.product.extra)["out_of_range"] == ["price"]


@pytest.mark.parametrize("digits", HOSTILE)
def test_a_review_loses_only_its_huge_number(digits: str) -> None:
    row = topic("r1", "7", "7") | {"rating": 4, "positiveFeedbackCount": "N", "negativeFeedbackCount": 2}
    text = json.dumps({"topics": [row], "totalPages": "N", "totalResults": "N"}).replace('"N"', digits)
    found = parse_review_page(text.encode(), "7")
    (review,) = found.reviews
    assert (review.rating, review.helpful, review.unhelpful) == (4, 0, 2)
    assert (found.total_pages, found.total_results) == (None, None)
    assert json.loads(review.extra)["out_of_range"] == ["helpful"]


@pytest.mark.parametrize("digits", HOSTILE)
def test_a_listing_and_the_api_accept_huge_numbers(digits: str) -> None:
    listing = f'<span class="item-count">{digits * 20} items</span><li class="sku-item" data-sku-id="1">'
    assert parse_listing((listing + '<a href="/site/x/1.p">x</a></li>').encode(), "https://shop.test/").total is None
    row = {"sku": "7", "name": "Lamp", "salePrice": "N", "customerReviewCount": "N", "images": [{"width": "N"}]}
    (product,) = parse_api_page(json.dumps({"products": [row]}).replace('"N"', digits).encode()).products
    assert (product.name, product.price) == ("Lamp", None)


def test_huge_numbers_are_counted(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "raw")
    priced = heading("Lamp", sku="7") + f'<div class="priceView-hero-price priceView-customer-price"><span>{"9" * 99}'
    archive.add("page", answer(URL, page(priced, "</span></div>")), sku="7")
    rows = [topic(f"r{number}", "7", "7") | {"rating": 10**number} for number in (0, 1, 2, 30)]
    archive.add("reviews", answer(reviews_url("7"), json.dumps({"topics": rows}).encode()))
    archive.close()
    run_stage(STAGE, Snapshot(tmp_path), Settings(), in_process)
    counts = stage_record(Snapshot(tmp_path), STAGE.name)["counts"]
    assert (counts["reviews"], counts["out_of_range"]) == (4, 2)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, RecursionError])
def test_a_failing_parser_costs_only_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    archive = Archive(tmp_path / "raw")
    for sku, name in (("7", "Lamp"), ("8", "Odd")):
        archive.add("page", answer(product_url(sku), page(heading(name, sku=sku))), sku=sku)
    archive.add("reviews", answer(reviews_url("7"), json.dumps({"topics": [topic("r1", "7", "7")]}).encode()))
    archive.close()

    def picky(body: bytes, url: str, sku: str | None = None) -> ParsedProduct:
        if b"Odd" in body:
            raise error("it is odd")
        return parse_product_page(body, url, sku)

    monkeypatch.setitem(SHOPS, BESTBUY.name, replace(BESTBUY, product_page=picky))
    run_stage(STAGE, Snapshot(tmp_path), Settings(), in_process)
    assert Snapshot(tmp_path).read("catalog/products")["sku"].to_list() == ["7"]
    assert error.__name__ in (tmp_path / "catalog" / "rejected.jsonl").read_text()
