"""Section 3.1: products from the shop's developer API, listing by listing.

A listing is followed by its cursor, forward only, to an empty page or a cursor that was there before. Each page lies in
the archive under its own address, so that a resumed crawl goes on where the last one ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ameli_build.core.records import Product
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks as answers
from ameli_build.crawl.fetching.failures import run_failed
from ameli_build.crawl.pages import Source
from ameli_build.shops.base import Api, ApiPage


def listed(
    source: Source, settings: CrawlSettings, api: Api, categories: Sequence[str], skus: Sequence[str]
) -> Iterator[Product]:
    """The products that are asked for: `skus` first, then `categories`; without either all that the shop sells.

    May give one more than once. Raises `RunFailed` where a listing cannot be had to its end.
    """
    for start in range(0, len(skus), api.page_size):
        yield from _named(source, settings, api, skus[start : start + api.page_size])
    for query in [api.of_category(category) for category in categories] or ([] if skus else [api.everything]):
        for page in _pages(source, settings, api, query):
            yield from page.products


def _named(source: Source, settings: CrawlSettings, api: Api, skus: Sequence[str]) -> Iterator[Product]:
    """Products by SKU, as many in one call as a page holds; those that the API does not know are noted."""
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
    """The pages of one listing. A cursor does not live long: where it has expired, the listing is begun anew, once.

    What tells one beginning from another is the fragment of the addresses, which no server sees.
    """
    accept = partial(answers.api_page, shop=source.fetcher.shop, api=api)
    begun = 0
    begun_now = False
    cursor, seen = api.first_cursor, {""}
    while cursor not in seen:
        seen.add(cursor)
        url = api.listing_url(settings.api_url, query, cursor, api.page_size) + (f"#{begun}" if begun else "")
        known = source.failure("api", url) == api.expired
        page = None if known else source.take("api", url, accept)
        if page is not None:
            yield page
            cursor = page.next_cursor if page.rows else ""
        elif source.failure("api", url) == api.expired and cursor != api.first_cursor and not (begun_now and not known):
            begun += 1
            begun_now = begun_now or not known
            cursor, seen = api.first_cursor, {""}
        else:
            raise run_failed(source.failure("api", url), _why(source, settings, api, url))


def _why(source: Source, settings: CrawlSettings, api: Api, url: str) -> str:
    error = source.failure("api", url) or "not the developer API's JSON"
    if error == "http_403":
        limits = f"{settings.api_rate:g} calls a second, {settings.api_calls_per_day:,} a day"
        error += f", so the key in {api.key_variable} is wrong or over its quota ({limits})"
    return f"{url}: {error}; everything so far is kept: run the same command again to go on"
