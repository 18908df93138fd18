"""Every fault at once: such a crawl has the catalog of a clean crawl, less the unavailable pages.

The expected rows come from the plan of faults and from the world, not from the statistics of the crawler.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest
from crawl.misbehaving_shop import PAGE_SIZE, Options, failures, opened, run, statistics, table, world_of
from faults import http_faults as wrong
from faults import page_faults
from faults.http_faults import Rewrite, Rule, Status
from faults.kinds import ANSWERS, FINAL

from ameli_build.demo.pages.review_json import best_copy
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.shop_index import ShopIndex
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import World, WorldProduct
from ameli_build.shops.bestbuy.urls import review_url

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPTIONS: Options = {
    "specifications": "auto",
    "threads": 8,
    "connections": 8,
    "retries": 2,
    "max_forbidden": 50,
    "max_failures": 200,
    "browsers": 2,
    "read_timeout": 3.0,
    "deadline": 3.5,
    "click_timeout": 2.0,
    "max_image_bytes": 3_000_000,
}
ONLY_PAGES = ("a Content-Length that promises less", "JSON where HTML is expected", "a page in an encoding of its own")
"""Lines that have another meaning, or none, for review JSON and pictures."""
REFUSED = "a single 403"
"""A final failure of a picture."""
CLICKS = {
    "no_button": Rewrite(page_faults.without_button),
    "no_rows": Rewrite(page_faults.with_an_empty_drawer),
    "browser": Rewrite(page_faults.that_kills_its_tab),
}


def _world() -> World:
    """18 variants of one family in three generations, and their 24 reviews."""
    world = world_of(18)
    return replace(world, products=world.products[:-3])


WORLD = _world()


@dataclass
class Plan:
    """Faults and their expected losses: `failures` by kind and address, others by their keys in the tables."""

    shop: Storefront
    rules: list[Rule] = field(default_factory=list)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    products: set[str] = field(default_factory=set)
    links: set[tuple[str, str]] = field(default_factory=set)
    sheets: set[str] = field(default_factory=set)
    images: dict[str, str] = field(default_factory=dict)
    retried: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shop_index = ShopIndex(WORLD)
        self.pages = Shop(self.shop_index, self.shop.site_url, self.shop.image_url, self.shop.photo_url)

    def stays(self, kind: str, url: str, line: str) -> None:
        fault, word = (ANSWERS | FINAL)[line]
        self.rules.append(Rule(_exactly(url), fault))
        self.failures[kind, url] = word

    def passes(self, url: str, line: str, times: int) -> None:
        fault, word = ANSWERS[line]
        self.rules.append(Rule(_exactly(url), fault, times))
        self.retried.add(word)

    def page(self, product: WorldProduct) -> str:
        return self.pages.site_url + self.pages.product_path(product)

    def reviews(self, product: WorldProduct, number: int) -> str:
        return review_url(self.pages.site_url, product.sku, number, PAGE_SIZE)

    def pictures(self, product: WorldProduct) -> list[str]:
        return [self.pages.image(image) for image in product.images]

    def photos(self) -> list[str]:
        """Addresses of the photos of all reviews, without the photo that is always missing."""
        urls = [best_copy(self.pages, r, p) for r in WORLD.reviews for p in r.photos if p.fault != "missing"]
        return sorted(set(urls))

    def lose_page(self, product: WorldProduct, line: str) -> None:
        self.stays("page", self.page(product), line)
        self.products.add(product.sku)
        if self.failures["page", self.page(product)] in ("http_404", "http_410"):  # a missing page has no reviews
            self.links |= {(review.review_id, product.sku) for review in self.shop_index.reviews_of(product)}

    def lose_reviews(self, product: WorldProduct, number: int, line: str) -> None:
        self.stays("reviews", self.reviews(product, number), line)
        rows = self.shop_index.reviews_of(product)[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        self.links |= {(review.review_id, product.sku) for review in rows}

    def lose_image(self, url: str, line: str) -> None:
        self.stays("image", url, line)
        self.images[url] = self.failures["image", url]

    def lose_sheet(self, product: WorldProduct, word: str, fault: wrong.Fault, pattern: str = "") -> None:
        self.rules.append(Rule(pattern or _exactly(self.page(product)), fault))
        self.failures["clicked", self.page(product)] = word
        self.sheets.add(product.sku)


def _exactly(url: str) -> str:
    parts = urlsplit(url)
    return f"^{re.escape(parts.path + (f'?{parts.query}' if parts.query else ''))}$"


def plan_of(shop: Storefront) -> Plan:
    """Every line lasts at one address and, if possible, passes at another; no address has two faults."""
    plan = Plan(shop)
    by_click = iter([product for product in WORLD.products if product.generation == "A"])
    for word, fault in CLICKS.items():
        plan.lose_sheet(next(by_click), word, fault)
    last = next(by_click)
    plan.lose_sheet(last, "no_rows", Status(500), f"/specifications/.*skuId={last.sku}$")
    covered = next(by_click)
    plan.rules.append(Rule(_exactly(plan.page(covered)), Rewrite(page_faults.under_a_survey)))
    free = [product for product in WORLD.products if product.sku not in {*plan.sheets, covered.sku}]
    hit, whole = free[:6], free[6:]
    final = ["a page that is not there", "a redirect loop", "a redirect to file:"]
    for product, line in zip(hit, (*ONLY_PAGES, *final), strict=True):
        plan.lose_page(product, line)
    remaining = [line for line in (*ANSWERS, *FINAL) if line not in (*ONLY_PAGES, *final, "a page that is gone")]
    places: Iterator[tuple[WorldProduct, int]] = ((product, number) for number in (1, 2, 3) for product in whole)
    images = iter([*(url for product in whole for url in plan.pictures(product)), *plan.photos()])
    for number, line in enumerate(remaining):
        if number % 2:
            plan.lose_image(next(url for url in images if not url.startswith(shop.photo_url)), line)
        else:
            plan.lose_reviews(*next(places), line)
    addresses = [plan.page(product) for product in whole]
    addresses += [plan.reviews(product, number) for product, number in places]
    addresses += [url for url in images if not url.startswith(shop.photo_url)]
    pages_first = [*ONLY_PAGES, REFUSED, *(line for line in ANSWERS if line not in (*ONLY_PAGES, REFUSED))]
    for number, (line, url) in enumerate(zip(pages_first, addresses, strict=False)):
        plan.passes(url, line, 1 + number % 2)
    plan.rules += [
        Rule(r"robots\.txt", Status(503), 2, "site"),
        Rule(r"robots\.txt", wrong.Reset(), 1, "images"),
        Rule(r"robots\.txt", Status(500), None, "photos"),
        Rule(r"sitemaps_pdp\.xml", wrong.ACCESS_DENIED, 1),
        Rule(r"sitemaps_pdp\.0000", wrong.AbortedChunks(), 2),
    ]
    for url in (url for url in plan.photos() if url.startswith(shop.photo_url)):
        plan.failures["image", url] = plan.images[url] = "robots_unreachable"
    assert len(addresses) >= len(pages_first)
    return plan


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    if shutil.which("chromedriver") is None:
        pytest.skip("no chromedriver on the PATH")
    with opened(WORLD) as front:
        yield front


def _comparable(found: pl.DataFrame) -> pl.DataFrame:
    """The table without times and places in the archive."""
    return found.drop("source", "fetched_at", strict=False)


def test_a_crawl_through_every_fault_has_all_available_data(tmp_path: Path, shop: Storefront) -> None:
    run(tmp_path / "clean", shop, **OPTIONS)
    plan = plan_of(shop)
    run(tmp_path / "storm", shop, *plan.rules, **OPTIONS)

    clean, storm = (
        {name: _comparable(table(tmp_path / place, shop, name)) for name in ("products", "reviews", "images")}
        for place in ("clean", "storm")
    )
    products = clean["products"].filter(~pl.col("sku").is_in(plan.sheets | plan.products))
    intact = storm["products"].filter(~pl.col("sku").is_in(plan.sheets))
    assert intact.equals(products)
    bare = storm["products"].filter(pl.col("sku").is_in(plan.sheets))
    named = ["sku", "name", "categories", "description", "images", "variants", "price"]
    assert bare.select(named).equals(clean["products"].filter(pl.col("sku").is_in(plan.sheets)).select(named))
    assert bare["attributes"].list.len().to_list() == [0] * len(plan.sheets)

    lost = pl.DataFrame(sorted(plan.links), schema={"review_id": pl.String, "sku": pl.String}, orient="row")
    reviews = clean["reviews"].join(lost, on=["review_id", "sku"], how="anti", maintain_order="left")
    assert lost.height > 100
    assert storm["reviews"].equals(reviews)

    wanted = {image for owners in (storm["products"], reviews) for images in owners["images"] for image in images}
    images = [
        (row["reference"], None, plan.images[row["reference"]])
        if row["reference"] in plan.images
        else (row["reference"], row["path"], row["error"])
        for row in clean["images"].iter_rows(named=True)
        if row["reference"] in wanted
    ]
    assert storm["images"].select("reference", "path", "error").rows() == images

    usual = failures(tmp_path / "clean")
    assert set(usual.values()) == {"http_404"}
    assert failures(tmp_path / "storm") == usual | plan.failures
    retried = statistics(tmp_path / "storm")["this_run"]["retried"]
    assert plan.retried <= retried.keys()
    stored = {Path(path).name for path in storm["images"]["path"] if path}
    assert {path.name for path in (tmp_path / "storm" / "raw" / "images").iterdir()} == stored


def test_the_plan_has_every_kind_of_fault(shop: Storefront) -> None:
    plan = plan_of(shop)
    kinds = {word for _, word in (ANSWERS | FINAL).values()} - {"http_410"}
    assert set(plan.failures.values()) == kinds | {*CLICKS, "robots_unreachable"}
    assert plan.retried == {word for _, word in ANSWERS.values()}
    faults = {type(rule.fault) for rule in plan.rules}
    known = {kind for kind in vars(wrong).values() if isinstance(kind, type) and issubclass(kind, wrong.Fault)}
    assert faults == known - {wrong.Fault, wrong.Rework}
