"""Review pages up to the end of the list, with right and wrong claims of the site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crawl.crawling import settings_for, source_of
from faults.server import always, misbehaving

from ameli_build.crawl.pages import TrackedSource
from ameli_build.crawl.reviews import review_pages
from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import Rule, Status
from ameli_build.shops.bestbuy.urls import review_url


def page_of(ids: str, **claims: Any) -> Answer:
    topics = [{"id": name, "title": "t", "text": f"review {name}", "rating": 5} for name in ids.split()]
    return Answer(json.dumps({"topics": topics, **claims}).encode(), "application/json")


def crawled(root: Path, *pages: Answer, rules: tuple[Rule, ...] = ()) -> tuple[list[str], int]:
    """Ids in the order of the pages, and the number of requested pages; further pages are empty."""
    targets = {review_url("", "77", number): page for number, page in enumerate(pages, 1)}
    targets |= {review_url("", "77", number): page_of("") for number in range(len(pages) + 1, 60)}
    with misbehaving(targets, *rules) as server:
        settings = settings_for(server.url, retries=0)
        with source_of(root, settings) as source:
            found = list(review_pages(TrackedSource(source), settings.crawl, "77"))
        asked = sum(seen.target.startswith("/ugc") for seen in server.seen)
    return [review.review_id for page in found for review in page.reviews], asked


CASES = {
    "claimed pages are fetched and no more": (
        [page_of("a b", totalPages=2), page_of("c", totalPages=2), page_of("d", totalPages=2)],
        "a b c",
        2,
    ),
    "without a claim an empty page is the end": ([page_of("a"), page_of("b")], "a b", 3),
    "a product without reviews": ([page_of("", totalPages=0)], "", 1),
    "pages that run out early": ([page_of("a", totalPages=9), page_of("b", totalPages=9)], "a b", 5),
    "a page count that shrinks": (
        [page_of("a", totalPages=3), page_of("b", totalPages=1), page_of("c", totalPages=1)],
        "a b c",
        3,
    ),
    "a total that disagrees with the pages": ([page_of("a", totalPages=1, totalResults=21), page_of("b")], "a b", 5),
    "a total that is one too large": ([page_of("a b", totalResults=4), page_of("c", totalResults=4)], "a b c", 3),
    "a total that is too small": ([page_of("a b", totalPages=1, totalResults=1), page_of("c")], "a b c", 3),
    "pages smaller than requested": (
        [page_of("a", totalResults=3), page_of("b", totalResults=3), page_of("c", totalResults=3)],
        "a b c",
        3,
    ),
    "an empty page in the middle": (
        [page_of("a", totalPages=3), page_of("", totalPages=3), page_of("b", totalPages=3)],
        "a b",
        3,
    ),
    "no list for a product without reviews": ([Answer(b'{"topics": null, "totalPages": 0}')], "", 1),
    "a page that shifted": (
        [page_of("a b", totalPages=3), page_of("b", totalPages=3), page_of("c", totalPages=3)],
        "a b b c",
        3,
    ),
    "the same page for ever": ([page_of("a", totalPages=10**9)] * 50, "a a a a", 4),
    "the same page for ever without a claim": ([page_of("a")] * 50, "a a a a", 4),
    "claims that are no numbers": ([page_of("a", totalPages="many", totalResults=-3)], "a", 2),
}


@pytest.mark.parametrize("case", CASES)
def test_reviews_are_read_to_the_end_of_the_list(tmp_path: Path, case: str) -> None:
    pages, ids, asked = CASES[case]
    assert crawled(tmp_path, *pages) == (ids.split(), asked)


def test_an_unavailable_page_costs_only_its_reviews(tmp_path: Path) -> None:
    pages = [page_of("a", totalPages=4), page_of("b"), page_of("c"), page_of("d")]
    found, asked = crawled(tmp_path, *pages, rules=(always(Status(500), "page=2&"),))
    assert (found, asked) == (["a", "c", "d"], 4)


def test_an_unavailable_first_page_ends_the_product(tmp_path: Path) -> None:
    assert crawled(tmp_path, page_of("a"), rules=(always(Status(500), "page=1&"),)) == ([], 1)


def test_a_page_instead_of_json_is_a_failure(tmp_path: Path) -> None:
    found, _ = crawled(tmp_path, page_of("a", totalPages=3), Answer(b"<html>oops</html>"), page_of("c"))
    assert found == ["a", "c"]


def test_later_pages_are_read_after_a_failed_first_page_if_the_product_counts_reviews(tmp_path: Path) -> None:
    pages = [page_of("a", totalPages=3), page_of("b", totalPages=3), page_of("c", totalPages=3)]
    targets = {review_url("", "77", number): page for number, page in enumerate(pages, 1)}
    with misbehaving(targets, always(Status(500), "page=1&")) as server:
        settings = settings_for(server.url, retries=0)
        with source_of(tmp_path, settings) as source:
            errand = TrackedSource(source)
            found = [
                review.review_id for page in review_pages(errand, settings.crawl, "77", 41) for review in page.reviews
            ]
            failures = source.archive.failures()
    assert found == ["b", "c"]
    assert not errand.complete
    assert [(failure.kind, failure.error, failure.sku) for failure in failures] == [("reviews", "http_500", "77")]


EMPTY = {
    "a page without claims": ([page_of("a b", totalResults=5), page_of(""), page_of("c d e")], "a b c d e"),
    "a page that claims zero reviews": (
        [page_of("a b", totalResults=5), page_of("", totalResults=0, totalPages=0), page_of("c")],
        "a b c",
    ),
    "a page that claims fewer reviews": (
        [
            page_of("a", totalResults=90),
            page_of("b", totalResults=90),
            page_of("", totalResults=2, totalPages=1),
            page_of("c", totalResults=90),
        ],
        "a b c",
    ),
    "claims of pages only": ([page_of("a", totalPages=3), page_of("", totalPages=1), page_of("b")], "a b"),
    "the last page": ([page_of("a", totalPages=2), page_of("", totalPages=2)], "a"),
    "a page without a list": ([page_of("a", totalPages=3), Answer(b'{"topics": null}'), page_of("b")], "a b"),
    "a first page that claims reviews": ([page_of("", totalPages=2, totalResults=21), page_of("a")], "a"),
}


@pytest.mark.parametrize("case", EMPTY)
def test_an_empty_page_is_not_the_end_while_the_shop_counts_more_reviews(tmp_path: Path, case: str) -> None:
    pages, ids = EMPTY[case]
    assert " ".join(crawled(tmp_path, *pages)[0]) == ids
    with source_of(tmp_path, settings_for("http://127.0.0.1")) as source:
        assert "no_reviews" in {failure.error for failure in source.archive.failures()}


@pytest.mark.parametrize("case", EMPTY)
def test_the_next_run_requests_an_empty_page_again(tmp_path: Path, case: str) -> None:
    pages, _ = EMPTY[case]
    crawled(tmp_path, *pages)
    full = [page if b'"id"' in page.body else page_of(f"new{number}") for number, page in enumerate(pages)]
    with misbehaving({review_url("", "77", number): page for number, page in enumerate(full, 1)}) as server:
        settings = settings_for(server.url, retries=0)
        with source_of(tmp_path, settings) as source:
            found = [
                review.review_id
                for page in review_pages(TrackedSource(source), settings.crawl, "77")
                for review in page.reviews
            ]
    assert any(name.startswith("new") for name in found)


@pytest.mark.parametrize("claims", [{}, {"totalPages": 0, "totalResults": 0}, {"totalResults": 3}])
def test_an_empty_first_page_is_not_the_end_if_the_product_counts_reviews(
    tmp_path: Path, claims: dict[str, int]
) -> None:
    with misbehaving({review_url("", "77", 1): page_of("", **claims), review_url("", "77", 2): page_of("a")}) as server:
        settings = settings_for(server.url, retries=0)
        with source_of(tmp_path, settings) as source:
            errand = TrackedSource(source)
            found = [page.reviews[0].review_id for page in review_pages(errand, settings.crawl, "77", 41)]
    assert (found, errand.complete) == (["a"], False)


@pytest.mark.parametrize("claims", [{}, {"totalPages": 10**8}, {"totalResults": 10**8}])
def test_endless_reviews_end_at_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claims: dict[str, int]
) -> None:
    monkeypatch.setattr("ameli_build.crawl.reviews.MAX_PAGES", 5)
    numbers = iter(range(10**6))
    with misbehaving({}) as server:
        server.respond = lambda target: page_of(f"r{next(numbers)}", **claims)
        settings = settings_for(server.url, retries=0)
        for _ in range(2):
            with source_of(tmp_path, settings) as source:
                errand = TrackedSource(source)
                found = list(review_pages(errand, settings.crawl, "77"))
                failures = [(failure.error, failure.sku) for failure in source.archive.failures()]
            assert (len(found), failures, errand.complete) == (5, [("too_many_pages", "77")], True)


SHIFTS = {
    "a review was added in front during the reading": (
        [page_of("a b", totalPages=2, totalResults=4), page_of("b c", totalPages=3, totalResults=5), page_of("d")],
        {number: page_of(ids, totalPages=3, totalResults=5) for number, ids in enumerate(("new a", "b c"), 1)},
        "a b b c d new a b c",
        2,
    ),
    "a review was withdrawn during the reading": (
        [page_of("a b", totalPages=3, totalResults=5), page_of("d e", totalPages=2, totalResults=4)],
        {1: page_of("a c", totalPages=2, totalResults=4)},
        "a b d e a c",
        1,
    ),
}


@pytest.mark.parametrize("case", SHIFTS)
def test_no_review_is_missed_if_the_list_changes_during_the_reading(tmp_path: Path, case: str) -> None:
    pages, later, ids, twice = SHIFTS[case]
    first = {review_url("", "77", number): page for number, page in enumerate(pages, 1)}
    then = {review_url("", "77", number): page for number, page in later.items()}
    with misbehaving(first) as server:
        asked: list[str] = []

        def respond(target: str) -> Answer:
            asked.append(target)
            return (then if target in asked[:-1] else first).get(target, page_of(""))

        server.respond = respond
        settings = settings_for(server.url, retries=0, review_page_size=20)
        for _ in range(2):  # the second run reads the archive
            with source_of(tmp_path, settings) as source:
                found = list(review_pages(TrackedSource(source), settings.crawl, "77"))
            assert " ".join(review.review_id for page in found for review in page.reviews) == ids
        reviews = [target for target in asked if target.startswith("/ugc")]
    assert len(reviews) == len(set(reviews)) + twice
