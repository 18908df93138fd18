"""What a crawl could not have, to be asked for once more, with whatever hangs below it."""

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
    """`products` of which something failed, `listed` ones that came to light with a listing, and single `images`."""

    products: tuple[Target, ...]
    listed: tuple[Target, ...]
    images: tuple[str, ...]


def find_failed(source: Source, settings: CrawlSettings, selections: Sequence[Selection]) -> Failed:
    """What the archive says could not be had. Listings that failed are asked for right away."""
    failures = source.archive.failures()
    products = [target for failure in failures for target in _product(source, failure)]
    listed: list[Target] = []
    for failure in failures:
        if failure.kind == "listing" or failure.error == SHORT:
            listed += from_listing(source, failure.url)
        elif failure.kind == "sitemap":
            listed += from_sitemap(source, failure.url)
    if any(failure.kind == "api" for failure in failures):
        listed += (target for one in selections for target in find_targets(source, settings, one))
    images = tuple(failure.url for failure in failures if failure.kind == "image")
    return Failed(tuple(distinct(products)), tuple(distinct(listed)), images)


def _product(source: Source, failure: Failure) -> Iterator[Target]:
    """The product that a failure belongs to; where its page is not known, its reviews alone."""
    if failure.kind in ("page", "clicked"):
        yield Target(failure.sku, failure.url)
    elif failure.kind == "reviews" and failure.sku is not None:
        pages = source.archive.of_product("page", failure.sku)
        url = source.archive.read(pages[-1]).url if pages else ""
        yield Target(failure.sku, url, None if pages else ())
