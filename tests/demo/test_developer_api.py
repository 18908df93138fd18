"""The storefront's developer API over real HTTP, compared with recorded responses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from demo.api_storefront import API_KEY, ApiStorefront
from demo.small_world import LAPTOPS, picture
from demo.storefronts import WORLD, get

from ameli_build.demo.storefront import Storefront


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    with ApiStorefront(WORLD, pictures=picture) as front:
        yield front


SKUS = [int(product.sku) for product in WORLD.products]


def call(shop: Storefront, path: str, key: str = API_KEY, **query: str) -> requests.Response:
    return get(shop, f"/v1/{path}", params={"format": "json", **query, "apiKey": key})


def test_a_listing_by_cursor_gives_every_product_once_and_ends_empty(shop: Storefront) -> None:
    cursor, skus, sizes = "*", [], []
    while not sizes or sizes[-1]:
        page = call(shop, "products(active=true)", show="all", pageSize="16", cursorMark=cursor).json()
        assert (page["total"], page["totalPages"]) == (33, 3)
        skus += [product["sku"] for product in page["products"]]
        sizes.append(len(page["products"]))
        last, cursor = cursor, page["nextCursorMark"]
    assert sizes == [16, 16, 1, 0]
    assert skus == sorted(SKUS)
    assert cursor == last


def test_queries_by_category_by_sku_and_for_a_single_product(shop: Storefront) -> None:
    def skus(path: str) -> list[int]:
        return [product["sku"] for product in call(shop, path, pageSize="100").json()["products"]]

    laptops = [int(product.sku) for product in WORLD.products if product.category_path == LAPTOPS]
    assert skus(f"products(categoryPath.id={LAPTOPS[-1][0]})") == laptops
    assert skus(f"products(categoryPath.id={LAPTOPS[0][0]})") == sorted(SKUS)
    assert skus("products(categoryPath.id=abcat9999999)") == []
    assert skus("products(sku%20in(7000201,9999999,7000102))") == [7000102, 7000201]
    assert skus("products") == sorted(SKUS)
    assert call(shop, "products/7000102.json", show="sku,color").json() == {"sku": 7000102, "color": "Red"}
    assert call(shop, "products/9999999.json").status_code == 404


@pytest.mark.parametrize("key", ["", "wrong", API_KEY.upper()])
def test_another_key_is_refused(shop: Storefront, key: str) -> None:
    assert call(shop, "products", key).status_code == 403


@pytest.mark.parametrize("path", ["products(gurgleflats)", "products()()", "products(sku in())"])
def test_an_invalid_query_is_a_bad_request(shop: Storefront, path: str) -> None:
    answer = call(shop, quote(path, safe="/()"))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400


@pytest.mark.parametrize("cursor", ["", "x", "AoIIP4AAADJwcm9kdWN0XzQ3NjU3MDBfdXM="])
def test_an_invalid_cursor_is_a_bad_request(shop: Storefront, cursor: str) -> None:
    assert call(shop, "products", cursorMark=cursor).status_code == 400


def test_envelope_and_products_have_the_fields_of_the_recorded_responses(shop: Storefront, captures: Path) -> None:
    def recorded(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((captures / "developer-api" / name).read_text())
        return found

    page = call(shop, "products(active=true)", show="all", pageSize="5", cursorMark="*").json()
    assert list(page) == list(recorded("Products_as_stream__0.json"))
    assert page["canonicalUrl"].endswith(f"apiKey={API_KEY}")
    assert set(call(shop, "products").json()) >= set(recorded("Product_search_with_paging__0.json"))
    real = recorded("stream_a_single_product_by_sku__0.json")
    newer = {"features", "details", "images", "productVariations"}  # documented in the shop's manual
    for product in page["products"]:
        assert set(product) - set(real) == newer
        for name in set(product) & set(real):
            value, known = product[name], real[name]
            assert value in (None, "", []) or known in (None, "", []) or type(value) is type(known), name
    assert set(call(shop, "products(gurgleflats)").json()["error"]) == set(
        recorded("Is_a_garbage_search__0.json")["error"]
    )
