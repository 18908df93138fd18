"""Section 3.1: all reviews that the shop lists under a product."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

from ameli_build.archive.records import Response
from ameli_build.core.settings import CrawlSettings
from ameli_build.crawl import checks as answers
from ameli_build.crawl.fetching.failures import TOO_MANY_PAGES, Unwanted
from ameli_build.crawl.pages import Errand
from ameli_build.crawl.refresh import KnownReviews
from ameli_build.shops.base import ReviewPage

MAX_BARREN = 3
"""Pages in a row without anything new after which the shop's claim of more is no longer believed."""
MAX_PAGES = 10_000
"""Of one product's reviews; a shop that brings new ones for ever is left there."""
AGAIN = "#again"
"""What tells a second answer of a page from the first in the archive; no server sees it."""


def review_pages(errand: Errand, settings: CrawlSettings, sku: str, expected: int = 0) -> Iterator[ReviewPage]:
    """The pages of a product's reviews, up to the site's own end; `expected` is how many its page says there are.

    The end is an empty page, or the last one that the shop ever claimed if as many rows came as it counts. An empty
    page is no end while the shop counts more: like a page that cannot be had, it is a failure that is passed over, and
    the next run asks for it again. Pages that only repeat what came before are not followed for long, nor any beyond
    `MAX_PAGES`. Where the shop's count changed while the list was read, the pages where something may have slipped
    through are read once more.

    In a refresh, where the newest reviews come first, the list is read until a page brings nothing that the earlier
    snapshot did not have; the rest is taken over from there, unless the shop's count speaks against it.
    """
    walk = _Walk(errand, settings, sku, expected)
    yield from walk.pages()
    if not walk.carried:
        yield from walk.second_look()


class _Walk:
    """One reading of a product's reviews."""

    def __init__(self, errand: Errand, settings: CrawlSettings, sku: str, expected: int) -> None:
        self.carried = False
        self._errand = errand
        self._settings = settings
        self._sku = sku
        self._shop = errand.source.fetcher.shop
        self._site = errand.source.fetcher.addresses.site_url
        self._expected = math.ceil(expected / settings.review_page_size)
        self._seen: set[str] = set()
        self._last = self._total = 0
        """The most pages and reviews that the shop ever claimed."""
        self._claimed = 0
        """How many pages there are by the last one that has reviews and says it."""
        self._holes = self._size = 0
        """Pages that did not come, and the most rows on one that did; the last page, which may be short, aside."""
        self._rows = 0
        """Rows that are no usable review, and cannot be told from one another."""
        self._totals: list[tuple[int, int]] = []
        """(page, number of reviews that the shop counted when it came)."""
        newest_first = settings.review_sort == self._shop.newest_first
        earlier = errand.source.earlier if newest_first else None
        self._earlier = earlier.known_reviews(sku) if earlier is not None else []
        self._known = {review_id for page in self._earlier for review_id in page.ids}

    def pages(self) -> Iterator[ReviewPage]:
        barren, number = 0, 1
        while barren < MAX_BARREN and (number <= max(1, self._last) or self._last == 0 or self._is_short()):
            if number > MAX_PAGES:
                self._errand.source.note(
                    "reviews", self._url(number), TOO_MANY_PAGES, 0, f"{MAX_PAGES:,} pages", self._sku
                )
                return
            page = self._take(number)
            if page is None and self._last == 0:
                if number > 1 or not self._expected:
                    return
                self._last = self._expected  # the product's own page says that there are reviews
                self._errand.complete = False
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
        """Whether the shop counts other reviews than came, the pages that did not come aside."""
        if not self._holes:
            return len(self._seen) + self._rows != self._total > 0
        return self._accounted() < self._total

    def _accounted(self) -> int:
        """Reviews and rows that came, and those that pages which did not come can hold."""
        came = len(self._seen) + self._rows
        size = self._size or (self._settings.review_page_size if came else 0)
        return came + self._holes * size

    def second_look(self) -> Iterator[ReviewPage]:
        """The pages where a review may have slipped through while others came or went, as the shop's counts tell."""
        steps = list(zip(self._totals, self._totals[1:], strict=False))
        short = steps and self._totals[-1][1] > len(self._seen) + self._rows
        if short and any(after > before for (_, before), (_, after) in steps):  # new ones came in front
            for number in [number for number, _ in self._totals]:
                page = self._take(number, AGAIN)
                fresh = self._count(page, number) if page is not None else 0
                if page is not None:
                    yield page
                if not fresh:
                    break
        for number in [number for (number, before), (_, after) in steps if after < before]:
            page = self._take(number, AGAIN)  # its last place was taken by one that stood on the page after it
            if page is not None:
                self._count(page, number)
                yield page

    def _take(self, number: int, mark: str = "") -> ReviewPage | None:
        accept = partial(self._whole, number=number)
        return self._errand.take("reviews", self._url(number) + mark, accept, self._sku, _conflicts)

    def _url(self, number: int) -> str:
        settings = self._settings
        return self._shop.review_url(self._site, self._sku, number, settings.review_page_size, settings.review_sort)

    def _whole(self, response: Response, number: int) -> ReviewPage:
        """The reviews in an answer; an empty page is none while the shop counts more, there or on the pages before."""
        page = answers.review_page(response, self._shop, self._sku)
        claimed, total = _claimed_pages(page, self._settings.review_page_size), page.total_results or 0
        self._last, self._total = max(self._last, claimed), max(self._total, total)
        if page.reviews or page.rejected:
            self._claimed = claimed or self._claimed
            return page
        steady = len({total for _, total in self._totals}) < 2  # else the second look finds what slipped through
        counted = max(total, self._totals[-1][1] if self._totals else 0)
        inside = number <= max(claimed, self._claimed or self._expected)
        if inside or (steady and self._accounted() < counted):
            raise Unwanted("no_reviews", f"none on page {number}, where the shop counts more")
        return page

    def _count(self, page: ReviewPage, number: int) -> int:
        """Note what a page brought; returns how many reviews were new."""
        before = len(self._seen)
        self._seen.update(review.review_id for review in page.reviews)
        self._rows += len(page.rejected)
        if page.total_results is not None:
            self._totals.append((number, page.total_results))
        return len(self._seen) - before

    def _nothing_new(self, page: ReviewPage) -> bool:
        """Whether all that is left lies in the earlier snapshot, by what the page brings and what the shop counts."""
        if not page.reviews or not all(review.review_id in self._known for review in page.reviews):
            return False
        rows = self._rows + sum(page.rejected for page in self._missing())
        return page.total_results in (None, len(self._seen | self._known) + rows)

    def _missing(self) -> list[KnownReviews]:
        """The earlier pages that have what the new ones do not."""
        covered = set(self._seen)
        found = []
        for page in self._earlier:
            if page.ids - covered:
                covered |= page.ids
                found.append(page)
        return found

    def _carry(self) -> Iterator[ReviewPage]:
        source = self._errand.source
        if source.earlier is None:
            return
        for page in self._missing():
            url = f"{page.url.split('#')[0]}#{page.fetched_at}"
            if source.archive.find("reviews", url) is None:
                source.earlier.keep_unasked(page.place, url)
            yield source.earlier.review_page(page.place, self._sku)


def _claimed_pages(page: ReviewPage, size: int) -> int:
    """How many pages the shop says there are, by either of its counts; 0 when it does not say."""
    return max(page.total_pages or 0, math.ceil((page.total_results or 0) / size))


def _conflicts(page: ReviewPage) -> Mapping[str, str]:
    conflicts = sum(review.conflict for review in page.reviews)
    return {"Ameli-Conflicts": str(conflicts)} if conflicts else {}
