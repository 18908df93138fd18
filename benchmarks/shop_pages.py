"""The benchmark's shop: product pages of realistic size and review JSON, made from the demo's world and a seed."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, islice
from urllib.parse import urlsplit

from padding import Padding, make_padding
from PIL import Image

from ameli_build.demo.catalogue import make_world
from ameli_build.demo.pages.generation_a import SPECIFICATIONS_PATH
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.pages.sitemap import SHARD
from ameli_build.demo.routes import SiteRoutes
from ameli_build.demo.shop_index import ShopIndex, product_image_path
from ameli_build.demo.world import Generation, World, WorldImage, WorldProduct, WorldReview
from ameli_build.shops.bestbuy.urls import review_url

BASE_PRODUCTS = 120
PAGE_SIZE = 20
PICTURES = 4
VARIETY = 16
"""Number of different paddings for each generation."""
_REVIEW_PAGES = (0, 1, 0, 0, 2, 0, 1, 0)
"""Weights: the pages of reviews of successive products."""
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the shop: product pages (of about `page_bytes` before compression), reviews, the seed."""

    pages: int
    reviews: int
    generations: str = "BC"
    page_bytes: int = 350_000
    seed: int = 13


def make_shop(size: Size) -> World:
    """The products and reviews; each product is a family, and all share a few pictures, because pages count here."""
    base = make_world(seed=size.seed, products=BASE_PRODUCTS)
    sheets = [product for product in base.products if product.attributes]
    turns: Iterator[Generation] = cycle(size.generations)  # type: ignore[arg-type]
    pictures = tuple(WorldImage(f"{number}.jpg", "view") for number in range(PICTURES))
    products = [
        replace(_product(sheet, number, generation), images=pictures)
        for number, (sheet, generation) in enumerate(zip(islice(cycle(sheets), size.pages), turns, strict=False))
    ]
    return World(size.seed, tuple(products), tuple(_reviews(base.reviews, products, size.reviews)), ())


def _product(sheet: WorldProduct, number: int, generation: Generation) -> WorldProduct:
    sku = str(6_000_000 + number)
    bsin, name = f"JJ{number:08d}", f"{sheet.name} - Lot {number}"
    return replace(sheet, sku=sku, bsin=bsin, name=name, generation=generation, family=(sku,))


def _reviews(texts: Sequence[WorldReview], products: Sequence[WorldProduct], count: int) -> Iterator[WorldReview]:
    """Full pages of reviews, for half of the products or fewer."""
    weighted = zip(products, cycle(_REVIEW_PAGES))
    pages = [product for product, weight in weighted for _ in range(weight)] or list(products)
    source = cycle(texts)
    for number in range(count):
        sku = pages[number // PAGE_SIZE % len(pages)].sku
        review_id = f"{number:08x}-0000-4000-8000-000000000000"
        yield replace(next(source), review_id=review_id, number=number, sku=sku, photos=())


class Pages:
    """Every page of the shop by its target (path and query), padded, as the server at `site_url` sends it."""

    def __init__(self, size: Size, site_url: str) -> None:
        self._size = size
        self._shop_index = ShopIndex(make_shop(size))
        self._shop = Shop(self._shop_index, site_url, site_url)
        self._routes = SiteRoutes(self._shop)

    def products(self) -> Iterator[tuple[Generation, str, bytes]]:
        """(generation, target, page) of each product, without compression."""
        for number, product in enumerate(self._shop_index.products.values()):
            target = self._shop.product_path(product)
            yield product.generation, target, "".join(self._parts(target, product, number)).encode()

    def reviews(self) -> Iterator[tuple[str, bytes]]:
        """(target, JSON) of each page of reviews; a product without reviews has an empty first page."""
        for product in self._shop_index.products.values():
            for number in range(max(1, -(-len(self._shop_index.reviews_of(product)) // PAGE_SIZE))):
                target = _target(review_url("http://shop", product.sku, number + 1, PAGE_SIZE))
                yield target, self._routes(target).body

    def answers(self) -> Iterator[tuple[str, bytes]]:
        """(target, whole HTTP answer) of every target."""
        for number, product in enumerate(self._shop_index.products.values()):
            target = self._shop.product_path(product)
            body = packed(self._parts(target, product, number))
            yield target, answer("text/html; charset=utf-8", body, ("Content-Encoding: gzip",))
            if product.generation == "A":
                yield self._plain(f"{SPECIFICATIONS_PATH}?skuId={product.sku}")
        for target, body in self.reviews():
            yield target, answer("application/json;charset=UTF-8", _zipped(body), ("Content-Encoding: gzip",))
        for path in map(product_image_path, next(iter(self._shop_index.products.values())).images):
            yield path, answer("image/jpeg", _picture())
        shards = range(-(-len(self._shop_index.products) // SHARD))
        sitemaps = [f"/sitemaps_pdp.{number:04d}.xml.gz" for number in shards]
        for target in ("/robots.txt", "/static/recaptcha/enterprise.js", "/sitemaps_pdp.xml", *sitemaps):
            yield self._plain(target)

    def _plain(self, target: str) -> tuple[str, bytes]:
        found = self._routes(target)
        return target, answer(found.content_type, found.body)

    def _parts(self, target: str, product: WorldProduct, number: int) -> tuple[str, ...]:
        """The pieces of the page; every second piece is padding."""
        text = self._routes(target).body.decode()
        padding = _padding(self._size, product.generation, number % VARIETY)
        head, body = text.index("</head>"), text.index("<body>") + len("<body>")
        tail = text.rindex("</body>")
        return text[:head], padding.head, text[head:body], padding.top, text[body:tail], padding.tail, text[tail:]


@cache
def _padding(size: Size, generation: str, number: int) -> Padding:
    own = 30_000  # characters of the page without padding
    return make_padding(size.seed * VARIETY + number, generation, max(1000, size.page_bytes - own))


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def answer(content_type: str, body: bytes, headers: Sequence[str] = (), status: str = "200 OK") -> bytes:
    """A complete HTTP/1.1 answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@cache
def _picture() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (600, 600), "gray").save(body, "JPEG")
    return body.getvalue()


def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


def packed(parts: Sequence[str]) -> bytes:
    """The gzip body of the joined parts; compresses each part by itself, and every second part only once."""
    check = size = 0
    pieces = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff"]
    for number, part in enumerate(parts):
        data, piece = _shared_piece(part) if number % 2 else _piece(part)
        check = zlib.crc32(data, check)
        size += len(data)
        pieces.append(piece)
    return b"".join((*pieces, b"\x03\0", struct.pack("<II", check, size & 0xFFFFFFFF)))


def _piece(part: str) -> tuple[bytes, bytes]:
    data = part.encode()
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return data, packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


_shared_piece = cache(_piece)
