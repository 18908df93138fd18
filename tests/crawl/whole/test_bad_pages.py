"""Review, listing and product pages of the bad inputs, line by line, in whole crawls of a misbehaving shop.

In one crawl each line affects its own product; the names of the cases are the words of the lines.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from crawl.crawling import archived, settings_for
from crawl.misbehaving_shop import PAGE_SIZE, failures, opened, options, page_of, reviews_of, run, table, world_of
from demo.small_world import GONE
from faults import page_faults
from faults.http_faults import FaultPlan, Rework, Rewrite, Rule

from ameli_build.core.errors import RunFailed
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl
from ameli_build.demo.shop_index import ShopIndex
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import WorldProduct

WORLD = world_of(15)
FAMILY = WORLD.products[:-3]
LISTED = [review.review_id for review in ShopIndex(WORLD).reviews_of(FAMILY[0])]
"""The reviews that the shop lists under each product of the family: 24, on three pages."""
FIRST, SECOND, THIRD = (LISTED[start : start + PAGE_SIZE] for start in (0, PAGE_SIZE, 2 * PAGE_SIZE))
ALL, LATER = r"\d+", r"[2-9]\d*"


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    with opened(WORLD) as front:
        yield front


def without(field: str) -> Rewrite:
    return Rewrite(page_faults.each_review(lambda topic: topic.pop(field, None)))


def with_field(field: str, value: object) -> Rewrite:
    return Rewrite(page_faults.each_review(lambda topic: topic.update({field: value})))


def claims(**envelope: Any) -> Rewrite:
    return Rewrite(page_faults.review_page_claims(**envelope))


def photos_with(**fields: object) -> Rewrite:
    return Rewrite(page_faults.each_review(lambda topic: [photo.update(fields) for photo in topic["photos"]]))


REVIEW_PAGES: dict[str, tuple[str, Rewrite | Rework, list[str]]] = {
    "a page that repeats the previous page": ("2", Rework(page_faults.page_before), FIRST + THIRD),
    "reviews that shift while they are fetched": (LATER, Rework(page_faults.shifted), LISTED),
    "reviews that run out early": (LATER, Rework(page_faults.nothing_left), FIRST),
    "an empty page in the middle": ("2", Rework(page_faults.nothing_left), FIRST + THIRD),
    "a page count that shrinks": ("2", claims(totalPages=1, totalResults=10), LISTED),
    "a total that is too large for the rows": (ALL, claims(totalResults=26), LISTED),
    "a total that is too small for the rows": (ALL, claims(totalPages=1, totalResults=3), LISTED),
    "no totals": (ALL, claims(totalPages=None, totalResults=None), LISTED),
    "a review without photos": (ALL, without("photos"), LISTED),
    "a review whose photos are null": (ALL, with_field("photos", None), LISTED),
    "a photo with null piscesUrl": (ALL, photos_with(piscesUrl=None), LISTED),
    "a photo without any address": (ALL, photos_with(piscesUrl=None, normalUrl=None, thumbnailUrl=None), LISTED),
    "a review without an id": ("1", without("id"), SECOND + THIRD),
    "productDetails that contradicts writeCommentUrl": (
        "1",
        Rewrite(page_faults.each_review(page_faults.of_another_variant("7999999"))),
        LISTED,
    ),
    "no fault at all": ("9", Rework(page_faults.nothing_left), LISTED),
}
HIT = dict(zip(REVIEW_PAGES, FAMILY, strict=True))


@pytest.fixture(scope="module")
def crawled(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl in which the review pages of each product have another fault."""
    root = tmp_path_factory.mktemp("reviews")
    rules = [Rule(reviews_of(HIT[line], pages), fault) for line, (pages, fault, _) in REVIEW_PAGES.items()]
    run(root, shop, *rules)
    return root


@pytest.fixture(scope="module")
def links(crawled: Path, shop: Storefront) -> pl.DataFrame:
    return table(crawled, shop, "reviews")


def of(links: pl.DataFrame, line: str) -> pl.DataFrame:
    return links.filter(pl.col("sku") == HIT[line].sku)


@pytest.mark.parametrize("line", REVIEW_PAGES)
def test_faulty_review_pages_give_the_reviews_that_they_have(links: pl.DataFrame, line: str) -> None:
    assert sorted(of(links, line)["review_id"]) == sorted(REVIEW_PAGES[line][2])


def test_only_empty_review_pages_are_failures(crawled: Path) -> None:
    kinds = {(kind, word) for (kind, _), word in failures(crawled).items()}
    photo = ("image", "http_404")  # absent in every crawl of the world
    assert kinds == {photo, ("reviews", "no_reviews")}
    empty = {url for (kind, url), _ in failures(crawled).items() if kind == "reviews"}
    assert {line for line in HIT if any(f"sku={HIT[line].sku}&" in url for url in empty)} == {
        "a page that repeats the previous page",
        "reviews that run out early",
        "an empty page in the middle",
        "a total that is too large for the rows",
    }


def test_reviews_without_an_id_are_rejected_with_the_name_of_the_field(crawled: Path, links: pl.DataFrame) -> None:
    rejected = [json.loads(line) for line in (crawled / "catalog" / "rejected.jsonl").read_text().splitlines()]
    assert len(rejected) == PAGE_SIZE
    assert all("review_id" in row["error"] for row in rejected)


def test_a_contradicted_variant_is_flagged_and_product_details_take_precedence(links: pl.DataFrame) -> None:
    written = {review.review_id: review.sku for review in WORLD.reviews}
    flagged = links.filter("conflict")
    assert set(flagged["sku"]) == {HIT["productDetails that contradicts writeCommentUrl"].sku}
    assert sorted(flagged["review_id"]) == sorted(FIRST)
    for row in links.iter_rows(named=True):
        assert (row["product_details_sku"] or row["sku"]) == written[row["review_id"]]


def test_photos_come_from_a_host_with_an_address(crawled: Path, links: pl.DataFrame, shop: Storefront) -> None:
    def images(line: str) -> list[str]:
        return [image for row in of(links, line).sort("review_id")["images"] for image in row]

    assert images("a review without photos") == images("a review whose photos are null") == []
    assert images("a photo without any address") == []
    supplied, usual = images("a photo with null piscesUrl"), images("no fault at all")
    assert len(supplied) == len(usual) > 10
    assert all(image.startswith(shop.photo_url) for image in supplied)
    assert {image.startswith(shop.photo_url) for image in usual} == {True, False}
    stored = {page.url: page.path for page in archived(crawled).values() if page.kind == "image"}
    pairs = [(stored[a], stored[b]) for a, b in zip(supplied, usual, strict=True) if a in stored and b in stored]
    assert len(pairs) > 10
    assert all(a == b for a, b in pairs)  # the same photograph under two addresses is stored once


@pytest.mark.parametrize("total", [0, 2, 999])
def test_a_listing_with_a_wrong_total_is_read_completely(tmp_path: Path, shop: Storefront, total: int) -> None:
    shop.inject(FaultPlan((Rule(r"\.c\?", Rewrite(page_faults.listing_claims(total))),)))
    settings = settings_for(shop.site_url, **options({"review_page_size": 100}))
    stats = crawl(Snapshot(tmp_path), settings, categories=("cat00000",))
    assert stats.products == len(WORLD.products)


def test_pages_of_all_generations_and_both_forms_of_address_are_read(crawled: Path, shop: Storefront) -> None:
    rows = {row["sku"]: row for row in table(crawled, shop, "products").iter_rows(named=True)}
    assert rows.keys() == {product.sku for product in WORLD.products}
    assert {product.generation for product in WORLD.products} == {"A", "B", "C"}
    for product in WORLD.products:
        row = rows[product.sku]
        assert (row["name"], len(row["images"])) == (product.name, len(product.images))
        in_page = product.generation != "A"  # otherwise the sheet needs the click
        named = {attribute["name"] for attribute in row["attributes"]}
        assert named == ({attribute.name for attribute in product.attributes} if in_page else set())


def test_a_variant_no_longer_sold_gives_its_sibling_only(tmp_path: Path, shop: Storefront) -> None:
    run(tmp_path, shop, skus=(GONE, FAMILY[1].sku))
    assert table(tmp_path, shop, "products")["sku"].to_list() == [FAMILY[0].sku, FAMILY[1].sku]


def test_open_box_offers_give_the_product(tmp_path: Path, shop: Storefront) -> None:
    third = FAMILY[2]
    plain = f"/sku/{third.sku}<".encode()
    opened_box = f"/sku/{third.sku}/openbox?condition=good<".encode()
    sitemap = Rewrite(lambda body: gzip.compress(gzip.decompress(body).replace(plain, opened_box), mtime=0))
    before = len(shop.seen_by("site"))
    run(tmp_path, shop, Rule(r"0000\.xml\.gz", sitemap))
    assert any("/openbox" in seen.target for seen in shop.seen_by("site")[before:])
    assert sorted(table(tmp_path, shop, "products")["sku"]) == sorted(product.sku for product in WORLD.products)


CLICKS: dict[str, tuple[Callable[[bytes], bytes], str | None]] = {
    "a button that never appears": (page_faults.without_button, "no_button"),
    "a button covered by a survey": (page_faults.under_a_survey, None),
    "an empty drawer": (page_faults.with_an_empty_drawer, "no_rows"),
    "a page that kills its tab": (page_faults.that_kills_its_tab, "browser"),
}
CLICKED = [product for product in FAMILY if product.generation == "A"][: len(CLICKS) + 1]


@pytest.fixture(scope="module")
def clicked(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl with clicks; the page of each clicked product but the last has a fault."""
    if shutil.which("chromedriver") is None:
        pytest.skip("no chromedriver on the PATH")
    root = tmp_path_factory.mktemp("clicked")
    pairs = zip(CLICKED, CLICKS.values(), strict=False)
    rules = [Rule(page_of(product), Rewrite(change)) for product, (change, _) in pairs]
    skus = tuple(product.sku for product in (*CLICKED, FAMILY[1], FAMILY[2]))
    run(root, shop, *rules, skus=skus, specifications="click", read_timeout=10.0, deadline=20.0, retries=0, browsers=2)
    return root


def named_rows(product: WorldProduct) -> set[str]:
    return {row.name for row in product.attributes}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("line", CLICKS)
def test_faulty_product_pages_lose_at_most_their_sheet(clicked: Path, shop: Storefront, line: str) -> None:
    product = CLICKED[list(CLICKS).index(line)]
    word = CLICKS[line][1]
    named = {found for (kind, url), found in failures(clicked).items() if kind == "clicked" and product.sku in url}
    assert named == ({word} if word else set())
    rows = {row["sku"]: row for row in table(clicked, shop, "products").iter_rows(named=True)}
    found = {row["name"] for row in rows[product.sku]["attributes"]}
    assert found == (set() if word else named_rows(product))  # the product itself remains


@pytest.mark.browser
def test_pages_after_a_crash_are_clicked_in_another_browser(clicked: Path, shop: Storefront) -> None:
    rows = {row["sku"]: row for row in table(clicked, shop, "products").iter_rows(named=True)}
    for product in (CLICKED[-1], FAMILY[1], FAMILY[2]):
        assert {row["name"] for row in rows[product.sku]["attributes"]} == named_rows(product)
        assert any(kind == "clicked" and product.sku in url for kind, url in archived(clicked))


@pytest.mark.browser
def test_a_browser_that_cannot_start_stops_the_crawl_after_archived_pages(
    tmp_path: Path, shop: Storefront, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("chromium", "chromedriver"):
        (folder / name).write_text("#!/bin/sh\nexit 1\n")
        (folder / name).chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        with pytest.raises(RunFailed, match=r"browser.*crawl\.specifications=json"):
            run(tmp_path, shop, skus=(FAMILY[0].sku,), specifications="click")
    assert {kind for kind, _ in archived(tmp_path)} >= {"page"}
    run(tmp_path, shop, skus=(FAMILY[0].sku,))
    assert "clicked" not in {kind for kind, _ in failures(tmp_path)}
