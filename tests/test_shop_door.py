"""The door of a shop: nothing outside `shops/` knows a shop, and a second shop needs only a `Shop`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape, unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from clean.pictures_made import encoded, photograph
from crawl.crawling import settings_for
from faults.server import misbehaving

from ameli_build.catalog.build import STAGE as CATALOG
from ameli_build.core import fingerprints
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage, settings_as_run
from ameli_build.core.records import Attribute, Product
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl
from ameli_build.demo.answers import Answer
from ameli_build.demo.server import LoopbackServer
from ameli_build.ingest.raw_records import review_of
from ameli_build.shops import SHOPS, shop_named
from ameli_build.shops.base import (
    Listing,
    ListingCard,
    NotAListing,
    NotAProduct,
    NotReviews,
    ParsedProduct,
    ReviewPage,
    Shop,
)

WORDS = re.compile(r"best ?buy|bbystatic|bazaarvoice|intl_splash", re.I)
INSIDE = ("shops/", "core/settings/", "core/paper.toml", "demo/", "release/official_layout.py")
"""Folders and files that may know a shop: settings hold the first shop's hosts, the paper names its source, the demo
imitates it."""
SUFFIXES = {".py", ".toml", ".jinja", ".html", ".css", ".js", ".json", ".md", ".txt"}


def outside(root: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each file of a package that must not know a shop."""
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix in SUFFIXES and not name.startswith(INSIDE) and "__pycache__" not in name:
            yield name, path.read_text(encoding="utf-8")


def test_no_file_outside_the_shops_knows_a_shop() -> None:
    found = {name: match[0] for name, text in outside(fingerprints.ROOT) if (match := WORDS.search(text))}
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["from ameli_build.shops.bestbuy.urls import sku_of", 'HOST = "img.bbystatic.com"', "# as Best Buy shows it"],
)
def test_a_file_that_knows_a_shop_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "shops").mkdir()
    (tmp_path / "catalog").mkdir()
    for folder in ("shops", "catalog"):
        (tmp_path / folder / "page.py").write_text(f"{line}\n")
    assert [name for name, text in outside(tmp_path) if WORDS.search(text)] == ["catalog/page.py"]


GOODS = {"lamp-a": ("Red lamp", "Red"), "lamp-b": ("Blue lamp", "Blue"), "desk-c": ("Oak desk", "Oak")}
REVIEWS_OF = {"lamp-a": 3, "lamp-b": 0, "desk-c": 1}
ON_A_PAGE = 2


def _sku(url: str) -> str | None:
    match = re.search(r"/(?:goods|opinions)/([a-z]+-[a-z])(?:$|[/?])", urlsplit(url).path)
    return match[1] if match else None


def _product_page(html: bytes, url: str, sku: str | None) -> ParsedProduct:
    text = html.decode()
    name = re.search("<h2>(.*?)</h2>", text)
    if name is None or "/goods/" not in url:
        raise NotAProduct("no goods")
    rows = re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", text)
    product = Product(
        sku=_sku(url) or sku or "",
        name=unescape(name[1]),
        categories=("Home", "Lamps"),
        description="",
        attributes=tuple(Attribute("", key, unescape(value)) for key, value in rows),
        images=tuple(re.findall('<img src="(.*?)"', text)),
        url=url,
    )
    claimed = re.search("([0-9]+) opinions", text)
    return ParsedProduct(product, review_count=int(claimed[1]) if claimed else None)


def _listing(html: bytes, url: str) -> Listing:
    links = re.findall('<a href="(.*?)">', html.decode())
    if not links:
        raise NotAListing("no links")
    return Listing(tuple(ListingCard(_sku(link), link) for link in links), total=len(GOODS))


def _reviews(body: bytes, sku: str, source: str) -> ReviewPage:
    text = body.decode()
    if "<ul" not in text:
        raise NotReviews("no list")
    reviews = []
    for given, votes, words in re.findall('<li id="(.*?)" data-votes="(.*?)">(.*?)</li>', text):
        record = {
            "review_id": given, "sku": sku, "title": "", "text": unescape(words), "rating": 5,
            "helpful": int(votes), "unhelpful": 0, "images": [], "product_details_sku": None,
        }  # fmt: skip
        reviews.append(review_of(record, source))
    return ReviewPage(tuple(reviews), total_results=REVIEWS_OF[sku])


def _in_category(site: str, category: str, page: int) -> str:
    return f"{site}/shelf/{category}?sheet={page}"


def _opinions(site: str, sku: str, page: int, size: int, sort: str) -> str:
    return f"{site}/opinions/{sku}?sheet={page}&of={size}"


TOY = Shop(
    name="toy",
    sku_of=_sku,
    is_product=lambda url: "/goods/" in url,
    category_of=lambda url: None,
    product_url=lambda site, sku: f"{site}/goods/{sku}",
    listing_url=_in_category,
    review_url=_opinions,
    sku_pattern="[a-z]+-[a-z]",
    product_page=_product_page,
    listing=_listing,
    review_page=_reviews,
)


def _goods(site: str, sku: str) -> bytes:
    name, colour = GOODS[sku]
    rows = f"<dl><dt>Color</dt><dd>{escape(colour)}</dd></dl>"
    shown = f'{REVIEWS_OF[sku]} opinions<img src="{site.replace("127.0.0.1", "localhost")}/shots/{sku}.jpg">'
    return f"<html><body><h2>{escape(name)}</h2>{rows}{shown}</body></html>".encode()


def _sheet(sku: str, page: int) -> bytes:
    numbers = range(REVIEWS_OF[sku])[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    rows = (f'<li id="{sku}-{n}" data-votes="{n}">I like this {GOODS[sku][0]} &amp; use it</li>' for n in numbers)
    return f"<html><body><ul>{''.join(rows)}</ul></body></html>".encode()


@contextmanager
def toy_shop() -> Iterator[LoopbackServer]:
    """The second shop, on loopback."""
    with misbehaving({}) as server:

        def respond(target: str) -> Answer:
            parts = urlsplit(target)
            sku = _sku(target)
            if parts.path.startswith("/shots/"):
                return Answer(encoded(photograph(seed=len(target))), "image/jpeg")
            if sku in GOODS and parts.path.startswith("/goods/"):
                return Answer(_goods(server.url, sku))
            if sku in GOODS:
                return Answer(_sheet(sku, int(parse_qs(parts.query)["sheet"][0])))
            if parts.path == "/shelf/lamps":
                links = "".join(f'<a href="{server.url}/goods/{sku}">{sku}</a>' for sku in GOODS)
                return Answer(f"<html><body>{links}</body></html>".encode())
            if parts.path == "/map.xml":
                pages = "".join(f"<url><loc>{server.url}/goods/{sku}</loc></url>" for sku in GOODS)
                return Answer(f"<urlset>{pages}<url><loc>{server.url}/about</loc></url></urlset>".encode(), "text/xml")
            return Answer(b"<html><body>none</body></html>", status=404)

        server.respond = respond
        yield server


def settings_of(site: str) -> Settings:
    return settings_for(site, shop="toy", sitemap_url=f"{site}/map.xml", review_page_size=ON_A_PAGE)


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        ({}, set(GOODS)),
        ({"categories": ("lamps",)}, set(GOODS)),
        ({"skus": ("desk-c", "lamp-a")}, {"desk-c", "lamp-a"}),
    ],
    ids=["sitemap", "category", "SKUs"],
)
def test_a_second_shop_is_crawled_and_catalogued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, selected: dict[str, tuple[str, ...]], expected: set[str]
) -> None:
    monkeypatch.setitem(SHOPS, "toy", TOY)
    snapshot = Snapshot(tmp_path)
    with toy_shop() as server:
        settings = settings_of(server.url)
        crawl(snapshot, settings, **selected)  # type: ignore[arg-type]
    run_stage(CATALOG, snapshot, settings)
    tables = {name: pl.read_parquet(tmp_path / f"catalog/{name}.parquet") for name in ("products", "reviews", "images")}
    columns = tables["products"].select("sku", "name", "attributes").iter_rows()
    shown = {sku: (name, rows[0]["value"]) for sku, name, rows in columns}
    assert shown == {sku: GOODS[sku] for sku in expected}
    assert len(tables["reviews"]) == sum(REVIEWS_OF[sku] for sku in expected)
    assert len(tables["images"]) == len(expected)
    assert tables["images"]["path"].null_count() == 0


def test_the_shop_counts_for_stages_that_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHOPS, "toy", TOY)
    monkeypatch.setitem(SHOPS, "other", TOY)
    snapshot = Snapshot(tmp_path)
    with toy_shop() as server:
        settings = settings_of(server.url)
        crawl(snapshot, settings, skus=("lamp-a",))
    assert run_stage(CATALOG, snapshot, settings)
    assert not run_stage(CATALOG, snapshot, settings)
    slower = settings.model_copy(update={"crawl": settings.crawl.model_copy(update={"rate": 1.0})})
    assert not run_stage(CATALOG, snapshot, slower)
    other = settings.model_copy(update={"crawl": settings.crawl.model_copy(update={"shop": "other"})})
    assert settings_as_run(snapshot, other, "catalog").crawl == settings.crawl
    assert run_stage(CATALOG, snapshot, other)
    record = json.loads((tmp_path / "stages" / "catalog" / "stage.json").read_text())
    assert record["settings"]["crawl"] == {"shop": "other"}


@pytest.mark.parametrize("name", ["toy", "", "Bestbuy"])
def test_an_unknown_shop_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableInput, match=f"no shop named '{name}', only bestbuy"):
        shop_named(name)
    with pytest.raises(UnusableInput, match="no shop named"):
        crawl(Snapshot(tmp_path), settings_for("http://127.0.0.1:9", shop=name))


def test_a_crawl_by_api_of_a_shop_without_an_api_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHOPS, "toy", TOY)
    with pytest.raises(UnusableInput, match="the shop 'toy' has no developer API"):
        crawl(Snapshot(tmp_path), settings_for("http://127.0.0.1:9", shop="toy", products="api"))
