"""The pages of the storefront by URL."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from PIL import Image

from ameli_build.demo.answers import Answer, as_json, moved, page
from ameli_build.demo.pages import generation_a, generation_b, generation_c, sitemap
from ameli_build.demo.pages.listing import home, listing
from ameli_build.demo.pages.review_json import review_page
from ameli_build.demo.pages.reviews import all_reviews
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.shop_index import PRODUCT_IMAGES, ShopIndex
from ameli_build.demo.world import WorldImage, WorldProduct

Pictures = Callable[[WorldImage], bytes]
Route = Callable[[re.Match[str], dict[str, str]], Answer]
"""From the match of a path and the query to the response."""

NOT_FOUND = page("<html><head><title>Page not found - Best Buy</title></head><body>Not found.</body></html>", 404)
CONDITIONS = ("excellent", "good", "fair")
"""Conditions of used products; each has its own URL."""
PLACEHOLDER = WorldImage(name="placeholder.png", kind="placeholder")

_PRODUCT_PAGES = {
    "A": generation_a.product_page,
    "B": generation_b.product_page,
    "C": generation_c.product_page,
}
_SIDE = re.compile(r"max(?:Height|Width)=(\d{1,4})")
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"<", "text/html"))


class SiteRoutes:
    """A function from a target to the response: pages, robots.txt, sitemap and review JSON."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._routes: dict[str, Route] = {
            r"/": lambda _found, _query: page(home(shop)),
            r"/robots\.txt": lambda _found, _query: _text(sitemap.robots(shop)),
            r"/sitemaps_pdp\.xml": lambda _found, _query: _text(sitemap.index(shop), "application/xml"),
            r"/sitemaps_pdp\.(\d{4})\.xml\.gz": self._sitemap_shard,
            r"/site/(?:[^/]+/)+([a-z]+\d+)\.c": self._listing,
            r"/site/(?:[^/]+/)?(\d+)\.p": self._product,
            r"/product/[^/]+/[^/]+/sku/(\d+)(?:/openbox)?": self._product,
            r"/product/[^/]+/([A-Z0-9]+)": self._product_by_bsin,
            r"/ugc/v2/reviews": self._review_json,
            r"/site/reviews/[^/]+/(\d+)": self._reviews,
            generation_a.SPECIFICATIONS_PATH: self._sheet,
            r"/static/recaptcha/enterprise\.js": lambda _found, _query: _text(
                "/* nothing to guard */", "text/javascript; charset=utf-8"
            ),
        }

    def __call__(self, target: str) -> Answer:
        """The response for a path with its query; 404 for an unknown path."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        for pattern, route in self._routes.items():
            if found := re.fullmatch(pattern, parts.path):
                return route(found, query)
        return NOT_FOUND

    def _sitemap_shard(self, found: re.Match[str], _query: dict[str, str]) -> Answer:
        body = sitemap.shard(self.shop, int(found[1]))
        return NOT_FOUND if body is None else Answer(body, "application/octet-stream")

    def _listing(self, found: re.Match[str], query: dict[str, str]) -> Answer:
        category = self.shop.shop_index.categories.get(found[1])
        return page(listing(self.shop, category, _page(query, "cp"))) if category else NOT_FOUND

    def _product(self, found: re.Match[str], query: dict[str, str]) -> Answer:
        product = self._known(found[1]) or self.shop.shop_index.heir(found[1])
        opened = found.string.endswith("/openbox")
        if opened and query.get("condition") not in CONDITIONS:
            return NOT_FOUND
        return self._product_page(product, found.string.removesuffix("/openbox"))

    def _product_by_bsin(self, found: re.Match[str], _query: dict[str, str]) -> Answer:
        product = self.shop.shop_index.by_bsin.get(found[1])
        return self._product_page(product if product and product.generation == "C" else None, found.string)

    def _product_page(self, product: WorldProduct | None, path: str) -> Answer:
        """The page at its canonical path; a redirect from other paths of the product."""
        if product is None:
            return NOT_FOUND
        own = self.shop.product_path(product)
        if path not in (urlsplit(own).path, self.shop.card_path(product)):
            return moved(own)
        return page(_PRODUCT_PAGES[product.generation](self.shop, product))

    def _review_json(self, _found: re.Match[str], query: dict[str, str]) -> Answer:
        product = self._known(query.get("sku"))
        return as_json(review_page(self.shop, product, query)) if product else NOT_FOUND

    def _reviews(self, found: re.Match[str], query: dict[str, str]) -> Answer:
        product = self._known(found[1])
        return page(all_reviews(self.shop, product, _page(query, "page"))) if product else NOT_FOUND

    def _sheet(self, _found: re.Match[str], query: dict[str, str]) -> Answer:
        product = self._known(query.get("skuId"))
        return as_json(generation_a.sheet(product)) if product else NOT_FOUND

    def _known(self, sku: str | None) -> WorldProduct | None:
        return self.shop.shop_index.products.get(sku or "")


class ImageRoutes:
    """The image host: originals, and smaller copies for paths that end in `;maxHeight=...`."""

    def __init__(self, shop_index: ShopIndex, pictures: Pictures) -> None:
        self._shop_index = shop_index
        self._pictures = lru_cache(maxsize=128)(pictures)

    def __call__(self, target: str) -> Answer:
        """A picture; for a missing product picture, 200 with the placeholder."""
        path, _, suffix = target.split("?")[0].partition(";")
        image = self._shop_index.picture(path)
        if image is None and path.startswith(PRODUCT_IMAGES):
            image = PLACEHOLDER
        if image is None or image.fault == "missing":
            return NOT_FOUND
        body = self._pictures(image)
        side = _SIDE.search(suffix)
        if side:
            body = _smaller(body, int(side[1]))
        return Answer(body, next((kind for magic, kind in _MAGIC if body.startswith(magic)), "image/jpeg"))


def _smaller(body: bytes, side: int) -> bytes:
    """A copy that fits a square of `side` pixels; a file that cannot be decoded is returned unchanged."""
    try:
        with Image.open(io.BytesIO(body)) as picture:
            form = picture.format or "JPEG"
            picture.thumbnail((side, side))
            packed = io.BytesIO()
            picture.save(packed, form)
    except OSError:
        return body
    return packed.getvalue()


def _page(query: dict[str, str], key: str) -> int:
    text = query.get(key, "1")
    return int(text) if re.fullmatch(r"[1-9]\d{0,5}", text) else 1


def _text(text: str, content_type: str = "text/plain; charset=utf-8") -> Answer:
    return Answer(text.encode(), content_type)
