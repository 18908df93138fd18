"""Section 3.1: a product with its specifications, reviews and images."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks
from ameli_build.crawl.browsers.specifications import Clicker, ClickFailed
from ameli_build.crawl.fetching.failures import OTHER_PAGES
from ameli_build.crawl.listings import GONE, Target
from ameli_build.crawl.pages import Source, TrackedSource
from ameli_build.crawl.reviews import review_pages
from ameli_build.shops.base import ParsedProduct, Shop


class ProductCrawler:
    """Fetches products with their specifications, reviews and images. Safe for threads.

    `clicker` is None for a shop whose pages show their specifications without a click.
    """

    def __init__(self, source: Source, settings: CrawlSettings, clicker: Clicker | None) -> None:
        self.source = source
        self._settings = settings
        self._shop = source.fetcher.shop
        self._clicker = clicker

    def fetch(self, target: Target, again: bool = False) -> None:
        """Archive a product's page, its page after the click if needed, its reviews and all images.

        A finished product is skipped; with `again`, its missing parts are fetched.
        """
        done = done_mark(target, self._settings)
        known = self.source.archive.holds("done", done)
        if again or not known:
            tracked = TrackedSource(self.source)
            try:
                self._fetch(tracked, target)
            except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError) as error:
                # A faulty product must not end a crawl of weeks. Errors that end it on purpose have other types.
                self.source.note("done", done, f"error_{type(error).__name__}", 0, " ".join(str(error).split())[:200])
                tracked.complete = False
            if tracked.complete and not known and not (again and target.images is not None):
                self.source.archive.add_done(done, target.sku)
        self.source.board.product(skipped=known and not again)

    def _fetch(self, tracked: TrackedSource, target: Target) -> None:
        if target.images is not None:
            self._fetch_rest(tracked, target.sku, list(target.images))
            return
        url = target.url
        seen = tracked.take("page", url, partial(checks.product_page, shop=self._shop, sku=target.sku), target.sku)
        if seen is None and self.source.failure("page", url) in (*GONE, *OTHER_PAGES):
            return
        sku = target.sku or (seen.product.sku if seen is not None else None)
        if seen is not None and self._needs_click(seen):
            self._click(url, sku)
            tracked.count("clicked", url)
        images = list(seen.product.images) if seen is not None else []
        self._fetch_rest(tracked, sku, images, (seen.review_count or 0) if seen is not None else 0)

    def _fetch_rest(self, tracked: TrackedSource, sku: str | None, images: list[str], expected: int = 0) -> None:
        """Fetch the reviews and all images; `expected` is the number of reviews that the product page states."""
        for reviews in review_pages(tracked, self._settings, sku, expected) if sku is not None else ():
            self.source.board.add_reviews(len(reviews.reviews))
            images += [image for review in reviews.reviews for image in review.images]
        for image in dict.fromkeys(images):
            tracked.take_image(image)

    def _needs_click(self, seen: ParsedProduct) -> bool:
        if self._clicker is None:
            return False
        mode: Literal["auto", "click", "json"] = self._settings.specifications
        all_there = seen.has_specifications and not seen.has_button
        return mode == "click" or (mode == "auto" and not all_there)

    def _click(self, url: str, sku: str | None) -> None:
        if not self.source.wanted("clicked", url) or self.source.copy_click(url, sku):
            return
        addresses = self.source.fetcher.addresses
        target = addresses.resolve(url)
        assert self._clicker is not None
        try:
            html = self._clicker.click(target, addresses.check(target, "page"))
        except ClickFailed as failure:
            kind = (
                "not_a_product"
                if failure.html and not _shows_product(self._shop, failure.html, url, sku)
                else failure.kind
            )
            self.source.note("clicked", url, kind, 0, str(failure), sku)
        else:
            if _shows_product(self._shop, html, url, sku):
                self.source.archive.add_clicked(url, html, sku)
            else:
                self.source.note("clicked", url, "not_a_product", 0, "another page came to the browser", sku)


def _shows_product(shop: Shop, html: str, url: str, sku: str | None) -> bool:
    """Whether a page can be parsed as the product's page; the browser may have got a challenge instead."""
    try:
        shop.product_page(html.encode("utf-8", "replace"), url, sku)
    except Exception:  # parsers raise many kinds of errors for foreign pages
        return False
    return True


def done_mark(target: Target, settings: CrawlSettings) -> str:
    """The URL of the archive's record that a product is finished with these settings."""
    return f"{target.url}#{settings.specifications}-{settings.review_sort}-{settings.review_page_size}"
