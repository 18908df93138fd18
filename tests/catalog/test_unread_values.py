"""Unreadable values of the shop are empty and counted, as in records of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crawl.crawling import settings_for
from faults.server import misbehaving

from ameli_build.catalog.build import STAGE
from ameli_build.core.cache import in_process
from ameli_build.core.execution import run_stage
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record
from ameli_build.crawl.run import crawl
from ameli_build.demo.answers import Answer
from ameli_build.shops.bestbuy.developer_api import parse_api_page
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.reviews import parse_review_page
from ameli_build.shops.bestbuy.urls import product_url, review_url

URL = "https://shop.test/site/x/7.p?skuId=7"
SKU = '<h1>Fan</h1><div class="sku product-data"><span class="product-data-value">7</span></div>'


def unread(extra: str) -> list[str]:
    found: list[str] = json.loads(extra).get("unread", [])
    return found


def page(price: str = "", offers: object = None) -> bytes:
    shown = f'<div class="priceView-hero-price priceView-customer-price"><span>{price}</span></div>' if price else ""
    schema = {"@type": "Product", "sku": "7", "name": "Fan", "offers": offers}
    return f'<html>{SKU}{shown}<script type="application/ld+json">{json.dumps(schema)}</script></html>'.encode()


def review(**fields: object) -> dict[str, Any]:
    return {"id": "r1", "title": "t", "text": "Fine", "rating": 5, **fields}


@pytest.mark.parametrize("price", ["See price in cart", "—", "None"])
def test_an_unreadable_price_is_empty_and_recorded_as_unread(price: str) -> None:
    for html in (page(price), page(offers={"price": price}), page(offers=[{"price": [price]}])):
        product = parse_product_page(html, URL).product
        assert (product.price, unread(product.extra)) == (None, ["price"])


@pytest.mark.parametrize("price", ["See price in cart", "—", "9" * 400])
def test_a_readable_price_replaces_an_unreadable_price(price: str) -> None:
    for html in (
        page(price, {"price": "9.99"}),
        page("$9.99", {"price": price}),
        page(offers=[{"price": price}, {"price": 9.99}]),
    ):
        product = parse_product_page(html, URL).product
        assert (product.price, unread(product.extra)) == (9.99, [])


def test_an_absent_price_is_not_unread() -> None:
    for html in (page(), page(offers={"price": None}), page(offers={"price": ""}), page(offers=[])):
        product = parse_product_page(html, URL).product
        assert (product.price, unread(product.extra)) == (None, [])


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"salePrice": "call us"}, ["price"]),
        ({"image": "javascript:alert(1)"}, ["images"]),
        ({"productVariations": [{"sku": "../7"}, {"sku": 8}]}, ["variants"]),
        ({"salePrice": {"amount": "?"}, "image": "ftp://shop.test/a.jpg"}, ["images", "price"]),
    ],
)
def test_unreadable_values_of_the_developer_api_are_recorded(fields: dict[str, object], names: list[str]) -> None:
    row = {"sku": 7, "name": "Fan", "url": URL, **fields}
    product = parse_api_page(json.dumps({"products": [row]}).encode()).products[0]
    assert sorted(unread(product.extra)) == names


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"rating": "five stars"}, ["rating"]),
        ({"title": ["a"], "author": 17}, ["author", "title"]),
        ({"submissionTime": 1700000000}, ["submitted_at"]),
        ({"photos": "none"}, ["images"]),
        ({"photos": [None, 7, {}]}, ["images", "images"]),
        ({"title": None, "author": None, "photos": None, "rating": None}, []),
    ],
)
def test_unreadable_values_of_a_review_are_recorded(fields: dict[str, object], names: list[str]) -> None:
    found = parse_review_page(json.dumps({"topics": [review(**fields)]}).encode(), "7")
    assert found.rejected == ()
    assert sorted(unread(found.reviews[0].extra)) == names


def test_unreadable_values_are_counted_in_the_catalog(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews = {"topics": [review(rating="five", author=3), review(id="r2")], "totalPages": 1}
    pages: dict[str, Answer | bytes] = {
        product_url("", "7"): page("on request"),
        review_url("", "7"): Answer(json.dumps(reviews).encode(), "application/json"),
    }
    with misbehaving(pages) as server:
        settings = settings_for(server.url, specifications="json")
        crawl(Snapshot(tmp_path), settings, skus=("7",))
        run_stage(STAGE, Snapshot(tmp_path), settings, in_process)
    assert stage_record(Snapshot(tmp_path), "catalog")["counts"]["unread_values"] == 3
    assert "3 unreadable values of the shop" in capsys.readouterr().err
