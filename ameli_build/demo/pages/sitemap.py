"""robots.txt and the sitemap of products, in gzipped shards."""

from __future__ import annotations

import gzip
from xml.sax.saxutils import escape

from ameli_build.demo.pages.shop import Shop, render

SHARD = 100
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def robots(shop: Shop) -> str:
    """robots.txt, which allows products, listings and reviews, and disallows internal services."""
    return render("robots.txt", shop=shop) + "\n"


def index(shop: Shop) -> str:
    """The sitemap's index, with an entry for each shard."""
    count = max(1, -(-len(shop.shop_index.products) // SHARD))
    places = [f"{shop.site_url}/sitemaps_pdp.{number:04d}.xml.gz" for number in range(count)]
    return _document("sitemapindex", "sitemap", places)


def shard(shop: Shop, number: int) -> bytes | None:
    """A gzipped shard of product URLs; None after the last shard."""
    products = list(shop.shop_index.products.values())[number * SHARD : (number + 1) * SHARD]
    if not products:
        return None
    text = _document("urlset", "url", [shop.site_url + shop.product_path(product) for product in products])
    return gzip.compress(text.encode(), mtime=0)


def _document(root: str, entry: str, places: list[str]) -> str:
    rows = "".join(f"<{entry}><loc>{escape(place)}</loc></{entry}>\n" for place in places)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {_SPACE}>\n{rows}</{root}>\n'
