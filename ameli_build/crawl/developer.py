"""Section 3.1: products from the shop's developer API, listing by listing.

A listing is read by its cursor, forward only, until a page is empty or a cursor repeats. Each page is archived under
its own URL, so a resumed crawl continues where the last run ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ameli_build.core.records import Product
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks
from ameli_build.crawl.fetching.failures import run_failed
from ameli_build.crawl.pages import Source
from ameli_build.shops.base import Api, ApiPage


def list_products(
    source: Source, settings: CrawlSettings, api: Api, categories: Sequence[str], skus: Sequence[str]
) -> Iterator[Product]:
    """Yield the selected products: `skus`, then `categories`; without either, all products of the shop.

    A product may come more than once.

    Raises:
        RunFailed: A listing cannot be read to its end.
    """
    for start in range(0, len(skus), api.page_size):
        yield from _by_sku(source, settings, api, skus[start : start + api.page_size])
    for query in [api.of_category(category) for category in categories] or ([] if skus else [api.everything]):
        for page in _pages(source, settings, api, query):
            yield from page.products


def _by_sku(source: Source, settings: CrawlSettings, api: Api, skus: Sequence[str]) -> Iterator[Product]:
    """Products by SKU, a page of them in each call. SKUs that the API does not know are recorded as failures."""
    missing = dict.fromkeys(skus)
    for page in _pages(source, settings, api, api.of_skus([*missing])):
        yield from page.products
        for product in page.products:
            missing.pop(product.sku, None)
        if not missing:
            return
    for sku in missing:
        url = api.product_url(settings.api_url, sku)
        source.note("api", url, "not_listed", 0, "the developer API lists no such product", sku)


def _pages(source: Source, settings: CrawlSettings, api: Api, query: str) -> Iterator[ApiPage]:
    """The pages of a listing. If its cursor has expired, the listing starts again, once a run.

    The fragment of the archived URLs, which no server sees, numbers the starts.
    """
    accept = partial(checks.api_page, shop=source.fetcher.shop, api=api)
    restarts = 0
    restarted_now = False
    cursor, seen = api.first_cursor, {""}
    while cursor not in seen:
        seen.add(cursor)
        url = api.listing_url(settings.api_url, query, cursor, api.page_size) + (f"#{restarts}" if restarts else "")
        known = source.failure("api", url) == api.expired
        page = None if known else source.take("api", url, accept)
        if page is not None:
            yield page
            cursor = page.next_cursor if page.rows else ""
        elif source.failure("api", url) == api.expired and cursor != api.first_cursor and (known or not restarted_now):
            restarts += 1
            restarted_now = restarted_now or not known
            cursor, seen = api.first_cursor, {""}
        else:
            raise run_failed(source.failure("api", url), _message(source, settings, api, url))


def _message(source: Source, settings: CrawlSettings, api: Api, url: str) -> str:
    error = source.failure("api", url) or "not the developer API's JSON"
    if error == "http_403":
        limits = f"{settings.api_rate:g} calls a second, {settings.api_calls_per_day:,} a day"
        error += f", so the key in {api.key_variable} is wrong or over its quota ({limits})"
    return f"{url}: {error}; nothing is lost: run the same command again to continue"
