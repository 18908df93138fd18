"""The failures of a crawl, to be requested again with the pages and images that depend on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ameli_build.archive.index import Failure
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl.journal import Selection
from ameli_build.crawl.listings import SHORT, Target, distinct, find_targets, from_listing, from_sitemap
from ameli_build.crawl.pages import Source


@dataclass(frozen=True, slots=True)
class Failed:
    """`products` with a failed part, products newly found in a listing (`listed`), and URLs of failed `images`."""

    products: tuple[Target, ...]
    listed: tuple[Target, ...]
    images: tuple[str, ...]


def find_failed(source: Source, settings: CrawlSettings, selections: Sequence[Selection]) -> Failed:
    """The failures in the archive. Requests failed listings at once."""
    failures = source.archive.failures()
    products = [target for failure in failures for target in _product(source, failure)]
    listed: list[Target] = []
    for failure in failures:
        if failure.kind == "listing" or failure.error == SHORT:
            listed += from_listing(source, failure.url)
        elif failure.kind == "sitemap":
            listed += from_sitemap(source, failure.url)
    if any(failure.kind == "api" for failure in failures):
        listed += (target for selection in selections for target in find_targets(source, settings, selection))
    images = tuple(failure.url for failure in failures if failure.kind == "image")
    return Failed(tuple(distinct(products)), tuple(distinct(listed)), images)


def _product(source: Source, failure: Failure) -> Iterator[Target]:
    """The product of a failure; only its reviews if its page is unknown."""
    if failure.kind in ("page", "clicked"):
        yield Target(failure.sku, failure.url)
    elif failure.kind == "reviews" and failure.sku is not None:
        pages = source.archive.of_product("page", failure.sku)
        url = source.archive.read(pages[-1]).url if pages else ""
        yield Target(failure.sku, url, None if pages else ())
