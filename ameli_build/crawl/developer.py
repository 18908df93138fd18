"""Section 3.1: products from the shop's developer API, listing by listing.

A listing is followed by its cursor, forward only: from `*` to an empty page or a cursor that was there before. Each
page lies in the archive under its own address, so that a resumed crawl goes on where the last one ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from ameli_build.core.records import Product
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks as answers
from ameli_build.crawl.fetching.api_client import VARIABLE
from ameli_build.crawl.fetching.failures import run_failed
from ameli_build.crawl.pages import Source
from ameli_build.shops.bestbuy.developer_api import ApiPage

PAGE_SIZE = 100
START = "*"
EXPIRED = "http_400"


def listed(
    source: Source, settings: CrawlSettings, categories: Sequence[str], skus: Sequence[str]
) -> Iterator[Product]:
    """The products that are asked for: `skus` first, then `categories`; without either all that the shop sells.

    May give one more than once. Raises `RunFailed` where a listing cannot be had to its end.
    """
    for start in range(0, len(skus), PAGE_SIZE):
        yield from _named(source, settings, skus[start : start + PAGE_SIZE])
    for query in [f"categoryPath.id={category}" for category in categories] or ([] if skus else ["active=true"]):
        for page in _pages(source, settings, query):
            yield from page.products


def address(settings: CrawlSettings, sku: str) -> str:
    """What names a product in the API."""
    return f"{settings.api_url.rstrip('/')}/v1/products/{sku}.json"


def _named(source: Source, settings: CrawlSettings, skus: Sequence[str]) -> Iterator[Product]:
    """Products by SKU, as many in one call as a page holds; those that the API does not know are noted."""
    missing = dict.fromkeys(skus)
    for page in _pages(source, settings, f"sku in({','.join(missing)})"):
        yield from page.products
        for product in page.products:
            missing.pop(product.sku, None)
        if not missing:
            return
    for sku in missing:
        source.note("api", address(settings, sku), "not_listed", 0, "the developer API lists no such product", sku)


def _pages(source: Source, settings: CrawlSettings, query: str) -> Iterator[ApiPage]:
    """The pages of one listing. A cursor does not live long: where it has expired, the listing is begun anew, once.

    What tells one beginning from another is the fragment of the addresses, which no server sees.
    """
    base = f"{settings.api_url.rstrip('/')}/v1/products({quote(query, safe='=(),.')})"
    begun = 0
    begun_now = False
    cursor, seen = START, {""}
    while cursor not in seen:
        seen.add(cursor)
        url = f"{base}?format=json&show=all&pageSize={PAGE_SIZE}&cursorMark={quote(cursor, safe='*')}"
        url += f"#{begun}" if begun else ""
        known = source.failure("api", url) == EXPIRED
        page = None if known else source.take("api", url, answers.api_page)
        if page is not None:
            yield page
            cursor = page.next_cursor if page.rows else ""
        elif source.failure("api", url) == EXPIRED and cursor != START and not (begun_now and not known):
            begun += 1
            begun_now = begun_now or not known
            cursor, seen = START, {""}
        else:
            raise run_failed(source.failure("api", url), _why(source, settings, url))


def _why(source: Source, settings: CrawlSettings, url: str) -> str:
    error = source.failure("api", url) or "not the developer API's JSON"
    if error == "http_403":
        limits = f"{settings.api_rate:g} calls a second, {settings.api_calls_per_day:,} a day"
        error += f", so the key in {VARIABLE} is wrong or over its quota ({limits})"
    return f"{url}: {error}; everything so far is kept: run the same command again to go on"
