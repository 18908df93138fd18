"""Section 3.1: all reviews that the shop lists under a product."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from ameli_build.catalog.reviews import ReviewPage
from ameli_build.catalog.urls import review_url
from ameli_build.crawl import answers
from ameli_build.crawl.obtain import Errand
from ameli_build.settings import CrawlSettings

MAX_BARREN = 3
"""Pages in a row without anything new after which the shop's claim of more is no longer believed."""


def review_pages(errand: Errand, settings: CrawlSettings, sku: str) -> Iterator[ReviewPage]:
    """The pages of a product's reviews, up to the site's own end.

    The end is an empty page, or the last one that the shop ever claimed if as many rows came as it counts. A page that
    cannot be had, or is empty and claims more itself, is passed over while more are claimed; pages that only repeat
    what came before are not followed for long.
    """
    seen: set[str] = set()
    last = rows = total = barren = 0
    number = 1
    site = errand.source.fetcher.addresses.site_url
    while barren < MAX_BARREN and (number <= max(1, last) or last == 0 or len(seen) + rows != total > 0):
        url = review_url(site, sku, number, settings.review_page_size, settings.review_sort)
        page = errand.take("reviews", url, partial(answers.review_page, sku=sku), sku)
        if page is None and last == 0:
            return
        if page is not None:
            claimed = _claimed_pages(page, settings.review_page_size)
            if not page.reviews and not page.rejected and claimed <= number:
                return
            yield page
            last = max(last, claimed)
            total = max(total, page.total_results or 0)
            rows += len(page.rejected)
        fresh = {review.review_id for review in page.reviews} - seen if page is not None else set()
        seen |= fresh
        barren = 0 if fresh else barren + 1
        number += 1


def _claimed_pages(page: ReviewPage, size: int) -> int:
    """How many pages the shop says there are, by either of its counts; 0 when it does not say."""
    return max(page.total_pages or 0, math.ceil((page.total_results or 0) / size))
