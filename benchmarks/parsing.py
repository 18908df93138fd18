"""The time to parse a page in one thread, without archive and network."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from shop_pages import Pages, Size

from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.reviews import parse_review_page

T = TypeVar("T")

TRIES = 3
"""Number of times that each page is parsed; the best time counts."""

URL = "http://127.0.0.1"


def parsing_times(pages: int, clicked: Sequence[tuple[str, bytes]]) -> dict[str, dict[str, float]]:
    """Milliseconds (median) and size in kB for pages of each kind; `clicked` are (url, page) from a browser."""
    shop = Pages(Size(3 * pages, 60 * pages, generations="ABC"), URL)
    kinds: dict[str, list[tuple[str, bytes]]] = {}
    for generation, target, page in shop.products():
        kinds.setdefault(f"product, generation {generation}", []).append((URL + target, page))
    if clicked:
        kinds["product, generation A, clicked"] = list(clicked)
    full = [body for _, body in shop.reviews() if body.count(b'"topicType"') == 20]
    times = {kind: _measured(lambda page: parse_product_page(page[1], page[0]), of) for kind, of in kinds.items()}
    times = {kind: time_ | {"kb": _kilobytes([page for _, page in kinds[kind]])} for kind, time_ in times.items()}
    times["reviews, a page of 20"] = _measured(lambda body: parse_review_page(body, "1"), full) | {
        "kb": _kilobytes(full)
    }
    return times


def _measured(parse: Callable[[T], object], pages: Sequence[T]) -> dict[str, float]:
    parse(pages[0])
    times = []
    for page in pages:
        tries = []
        for _ in range(TRIES):
            start = time.perf_counter()
            parse(page)
            tries.append((time.perf_counter() - start) * 1000)
        times.append(min(tries))
    return {"median_ms": statistics.median(times), "max_ms": max(times), "pages": len(pages)}


def _kilobytes(pages: Sequence[bytes]) -> float:
    return statistics.median(map(len, pages)) / 1000
