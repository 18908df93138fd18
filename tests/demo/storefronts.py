"""Requests to the storefront over real HTTP."""

from __future__ import annotations

import json
import re
from typing import Any

import requests
from demo.small_world import small_world

from ameli_build.demo.shop_index import ShopIndex
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import WorldProduct

WORLD = small_world()
SHOP_INDEX = ShopIndex(WORLD)
BROWSER = {"User-Agent": "Mozilla/5.0 (compatible; tests)"}
"""The shop does not answer clients without a browser's User-Agent."""


def get(shop: Storefront, path: str, **options: Any) -> requests.Response:
    """The response to a browser for a path of the site or for a URL."""
    url = path if "://" in path else shop.site_url + path
    return requests.get(url, timeout=10, headers=BROWSER | options.pop("headers", {}), **options)


def product_page(shop: Storefront, product: WorldProduct) -> str:
    """The HTML of a product page, requested by its short URL."""
    answer = get(shop, f"/site/{product.sku}.p?skuId={product.sku}")
    answer.raise_for_status()
    return answer.text


def blobs(html: str) -> dict[str, Any]:
    """The JSON scripts of a page by their id without digits."""
    found = re.findall(r'<script type="application/json" id="([a-z-]+)-\d+-json">(.*?)</script>', html, re.S)
    return {name: json.loads(text) for name, text in found}


def of_generation(generation: str) -> list[WorldProduct]:
    return [p for p in WORLD.products if p.generation == generation and p.attributes]


def all_topics(shop: Storefront, sku: str, sort: str = "MOST_RECENT", more: str = "") -> list[dict[str, Any]]:
    """All reviews that the JSON lists under a SKU."""
    topics, page = [], 1
    while True:
        body = get(shop, f"/ugc/v2/reviews?page={page}&pageSize=20&sku={sku}&sort={sort}{more}").json()
        assert body["page"] == page
        if not body["topics"]:
            assert page == body["totalPages"] + 1
            assert len(topics) == body["totalResults"]
            return topics
        topics += body["topics"]
        page += 1
