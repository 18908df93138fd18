"""Section 3.1: all reviews that the shop lists under a product."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

from ameli_build.archive.records import Response
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks
from ameli_build.crawl.fetching.failures import TOO_MANY_PAGES, Unwanted
from ameli_build.crawl.pages import TrackedSource
from ameli_build.crawl.refresh import KnownReviews
from ameli_build.shops.base import ReviewPage

MAX_BARREN = 3
"""Pages in a row without new reviews after which a list ends, whatever the shop's counts say."""
MAX_PAGES = 10_000
"""Largest number of pages of a product's reviews, for shops that bring new reviews forever."""
AGAIN = "#again"
"""Fragment of the archived URL of a page's second response; no server sees it."""


def review_pages(source: TrackedSource, settings: CrawlSettings, sku: str, expected: int = 0) -> Iterator[ReviewPage]:
    """Yield the pages of a product's reviews, up to the end of the list.

    The list ends with an empty page, or with the last page by the shop's count once all counted reviews have come. An
    empty page before that is a failure: it is skipped, and the next run requests it again. The list also ends after
    `MAX_BARREN` pages without new reviews and after `MAX_PAGES`. If the shop's count changes meanwhile, reviews may
    have moved to other pages; the affected pages are read once more.

    In a refresh with the newest reviews first, the list is read until a page has only reviews of the earlier snapshot.
    The rest is copied from there, unless the shop's count contradicts it.

    Args:
        source: The source for this product.
        settings: Page size and order.
        sku: SKU of the product.
        expected: Number of reviews that the product page states.
    """
    walk = _Walk(source, settings, sku, expected)
    yield from walk.pages()
    if not walk.carried:
        yield from walk.second_pass()


class _Walk:
    """A pass over a product's reviews."""

    def __init__(self, source: TrackedSource, settings: CrawlSettings, sku: str, expected: int) -> None:
        self.carried = False
        self._source = source
        self._settings = settings
        self._sku = sku
        self._shop = source.source.fetcher.shop
        self._site = source.source.fetcher.addresses.site_url
        self._expected = math.ceil(expected / settings.review_page_size)
        self._seen: set[str] = set()
        self._last = self._total = 0
        """The largest numbers of pages and of reviews that the shop has stated."""
        self._claimed = 0
        """The number of pages by the last page with reviews that states it."""
        self._holes = self._size = 0
        """The number of missing pages, and the most rows on a page (except the last page, which may be short)."""
        self._rows = 0
        """The number of unusable rows."""
        self._totals: list[tuple[int, int]] = []
        """(page, the shop's count of reviews on that page)."""
        newest_first = settings.review_sort == self._shop.newest_first
        earlier = source.source.earlier if newest_first else None
        self._earlier = earlier.known_reviews(sku) if earlier is not None else []
        self._known = {review_id for page in self._earlier for review_id in page.ids}

    def pages(self) -> Iterator[ReviewPage]:
        barren, number = 0, 1
        while barren < MAX_BARREN and (number <= max(1, self._last) or self._last == 0 or self._is_short()):
            if number > MAX_PAGES:
                self._source.source.note(
                    "reviews", self._url(number), TOO_MANY_PAGES, 0, f"{MAX_PAGES:,} pages", self._sku
                )
                return
            page = self._take(number)
            if page is None and self._last == 0:
                if number > 1 or not self._expected:
                    return
                self._last = self._expected  # the product page states that there are reviews
                self._source.complete = False
            fresh = 0
            if page is not None:
                if not page.reviews and not page.rejected:
                    return
                fresh = self._count(page, number)
                yield page
                if number != page.total_pages or number == 1:
                    self._size = max(self._size, len(page.reviews) + len(page.rejected))
                if self._nothing_new(page):
                    self.carried = True
                    yield from self._carry()
                    return
            self._holes += page is None
            barren = 0 if fresh else barren + 1
            number += 1

    def _is_short(self) -> bool:
        """Whether the shop's count differs from the reviews that came, missing pages considered."""
        if not self._holes:
            return len(self._seen) + self._rows != self._total > 0
        return self._accounted() < self._total

    def _accounted(self) -> int:
        """The number of rows that came, and of rows that the missing pages can hold."""
        came = len(self._seen) + self._rows
        size = self._size or (self._settings.review_page_size if came else 0)
        return came + self._holes * size

    def second_pass(self) -> Iterator[ReviewPage]:
        """The pages on which a review may have been missed because the list changed, by the shop's counts."""
        steps = list(zip(self._totals, self._totals[1:], strict=False))
        short = steps and self._totals[-1][1] > len(self._seen) + self._rows
        if short and any(after > before for (_, before), (_, after) in steps):  # new reviews came in front
            for number in [number for number, _ in self._totals]:
                page = self._take(number, AGAIN)
                fresh = self._count(page, number) if page is not None else 0
                if page is not None:
                    yield page
                if not fresh:
                    break
        for number in [number for (number, before), (_, after) in steps if after < before]:
            page = self._take(number, AGAIN)  # a review moved here from the next page
            if page is not None:
                self._count(page, number)
                yield page

    def _take(self, number: int, mark: str = "") -> ReviewPage | None:
        accept = partial(self._whole, number=number)
        return self._source.take("reviews", self._url(number) + mark, accept, self._sku, _conflicts)

    def _url(self, number: int) -> str:
        settings = self._settings
        return self._shop.review_url(self._site, self._sku, number, settings.review_page_size, settings.review_sort)

    def _whole(self, response: Response, number: int) -> ReviewPage:
        """The reviews in a response; an empty page is a failure while the shop counts more reviews up to here."""
        page = checks.review_page(response, self._shop, self._sku)
        claimed, total = _claimed_pages(page, self._settings.review_page_size), page.total_results or 0
        self._last, self._total = max(self._last, claimed), max(self._total, total)
        if page.reviews or page.rejected:
            self._claimed = claimed or self._claimed
            return page
        steady = len({total for _, total in self._totals}) < 2  # else the second pass finds missed reviews
        counted = max(total, self._totals[-1][1] if self._totals else 0)
        inside = number <= max(claimed, self._claimed or self._expected)
        if inside or (steady and self._accounted() < counted):
            raise Unwanted("no_reviews", f"no reviews on page {number}, but the shop counts more")
        return page

    def _count(self, page: ReviewPage, number: int) -> int:
        """Count the reviews of a page; returns the number of new reviews."""
        before = len(self._seen)
        self._seen.update(review.review_id for review in page.reviews)
        self._rows += len(page.rejected)
        if page.total_results is not None:
            self._totals.append((number, page.total_results))
        return len(self._seen) - before

    def _nothing_new(self, page: ReviewPage) -> bool:
        """Whether all further reviews are in the earlier snapshot, by the page's reviews and the shop's count."""
        if not page.reviews or not all(review.review_id in self._known for review in page.reviews):
            return False
        rows = self._rows + sum(page.rejected for page in self._missing())
        return page.total_results in (None, len(self._seen | self._known) + rows)

    def _missing(self) -> list[KnownReviews]:
        """The earlier pages with reviews that the new pages do not have."""
        covered = set(self._seen)
        found = []
        for page in self._earlier:
            if page.ids - covered:
                covered |= page.ids
                found.append(page)
        return found

    def _carry(self) -> Iterator[ReviewPage]:
        source = self._source.source
        if source.earlier is None:
            return
        for page in self._missing():
            url = f"{page.url.split('#')[0]}#{page.fetched_at}"
            if source.archive.find("reviews", url) is None:
                source.earlier.copy_unrequested(page.place, url)
            yield source.earlier.review_page(page.place, self._sku)


def _claimed_pages(page: ReviewPage, size: int) -> int:
    """The number of pages by the shop's counts; 0 without a count."""
    return max(page.total_pages or 0, math.ceil((page.total_results or 0) / size))


def _conflicts(page: ReviewPage) -> Mapping[str, str]:
    conflicts = sum(review.conflict for review in page.reviews)
    return {"Ameli-Conflicts": str(conflicts)} if conflicts else {}
