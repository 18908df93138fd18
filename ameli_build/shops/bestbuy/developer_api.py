"""Products from the shop's developer API, `/v1/products(...)`, as records (section 3.1).

The API gives missing values as null, "" or []. Its specification sheet, `details`, has no sections.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from ameli_build.core.records import Product, Rejected
from ameli_build.shops.base import MAX_ROWS, Api, ApiPage, NotAProduct, WrongPage, error_text
from ameli_build.shops.bestbuy.parsed import as_product
from ameli_build.shops.bestbuy.urls import original_image
from ameli_build.shops.drafts import Draft, spoken
from ameli_build.shops.scripts import as_dict, as_list, as_text, json_in, plain
from ameli_build.wording.charsets import page_text
from ameli_build.wording.cleaning import count_in, number_in, price_in, readable

_FRONTS = ("largeFrontImage", "image", "largeImage", "mediumImage", "thumbnailImage")
"""Fields with the same view, the largest first (in spite of its name, `largeImage` is small)."""
_VIEWS = (
    "angleImage",
    "leftViewImage",
    "rightViewImage",
    "topViewImage",
    "backViewImage",
    "alternateViewsImage",
    "accessoriesImage",
    "remoteControlImage",
)
_SIZES = ("thumbnail", "thumb", "small", "medium", "standard", "large", "zoom")
"""Words in `rel` for a picture's size, not its view; the largest last."""
_BESIDE = ("color", "height", "width", "depth", "weight")
"""Fields of attributes that `details` may lack."""
_WORD = re.compile(r"[a-z0-9]+")


def _of_skus(skus: Sequence[str]) -> str:
    return f"sku in({','.join(skus)})"


def _of_category(category: str) -> str:
    return f"categoryPath.id={category}"


def _listing_url(api_url: str, query: str, cursor: str, size: int) -> str:
    base = f"{api_url.rstrip('/')}/v1/products({quote(query, safe='=(),.')})"
    return f"{base}?format=json&show=all&pageSize={size}&cursorMark={quote(cursor, safe='*')}"


def _product_url(api_url: str, sku: str) -> str:
    return f"{api_url.rstrip('/')}/v1/products/{sku}.json"


class NotApiPage(WrongPage):
    """The response is not the developer API's JSON of products."""


def parse_api_page(body: bytes, source: str = "") -> ApiPage:
    """The products in a response: a page of a listing, or a single product.

    `source` goes into each record. Raises `NotApiPage` for anything else.
    """
    page = json_in(page_text(body).strip())
    if not isinstance(page, dict):
        raise NotApiPage("not a JSON object")
    rows = page.get("products", [page] if page.get("sku") else None)
    if not isinstance(rows, list):
        message = plain(as_dict(page.get("error")).get("message"))
        raise NotApiPage(f"JSON without a list of products{': ' if message else ''}{message[:200]}")
    if len(rows) > MAX_ROWS:
        raise NotApiPage(f"more than {MAX_ROWS:,} products, too many for a page")
    products: list[Product] = []
    rejected: list[Rejected] = []
    for number, row in enumerate(rows, 1):
        try:
            products.append(replace(_product(row), source=source))
        except Exception as error:
            shown = json.dumps(row, ensure_ascii=False)[:10_000]
            rejected.append(
                Rejected(source, 0, f"product {number} of an API page: {error_text(error)}", readable(shown))
            )
    return ApiPage(tuple(products), tuple(rejected), as_text(page.get("nextCursorMark")), len(rows))


def _product(row: object) -> Product:
    if not isinstance(row, dict):
        raise NotAProduct("not an object")
    draft = _draft(row)
    for value, field in ((draft.sku, "SKU"), (draft.name, "name")):
        if not value:
            raise NotAProduct(f"no {field}")
    url = as_text(row.get("url"))
    product = as_product(draft, url)
    # The short description only repeats the features.
    description = product.description or plain(row.get("shortDescription"))
    return replace(product, url=readable(url) or None, description=description)


def _draft(row: dict[str, Any]) -> Draft:
    texts = (plain(row.get(key)) for key in ("longDescription", "longDescriptionHtml", "description"))
    features = (plain(as_dict(feature).get("feature")) for feature in as_list(row.get("features")))
    return Draft(
        sku=as_text(row.get("sku")),
        name=plain(row.get("name")),
        categories=tuple(plain(as_dict(node).get("name")) for node in as_list(row.get("categoryPath"))),
        description=next(filter(None, texts), ""),
        features=tuple(("", feature) for feature in features if feature),
        rows=tuple(_rows(row)),
        images=tuple(_images(row)),
        variants=tuple(as_text(as_dict(variant).get("sku")) for variant in as_list(row.get("productVariations"))),
        price=price_in(row.get("salePrice"), row.get("regularPrice")),
        brand=plain(row.get("manufacturer")),
        model=plain(row.get("modelNumber")),
        review_count=count_in(row.get("customerReviewCount")),
    )


def _rows(row: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(group, name, value) of each row of the sheet; several values of a row are joined."""
    named: set[str] = set()
    for detail in map(as_dict, as_list(row.get("details"))):
        several = (spoken(value) for value in as_list(detail.get("values")))
        value = spoken(detail.get("value")) or ", ".join(filter(None, several))
        name = plain(detail.get("name"))
        named.add(name.lower().removeprefix("product "))
        yield "", name, value
    for field in _BESIDE:
        if field not in named:
            yield "", field.capitalize(), spoken(row.get(field))


def _images(row: dict[str, Any]) -> list[str]:
    """The largest picture of each view, the front first, without energy labels."""
    listed = _views(row)
    if listed:
        return listed
    flat = {name: original_image(as_text(row.get(name))) for name in (*_FRONTS, *_VIEWS)}
    front = next((flat[name] for name in _FRONTS if flat[name]), "")
    return [url for url in (front, *(flat[name] for name in _VIEWS)) if url]


def _views(row: dict[str, Any]) -> list[str]:
    """The largest picture of each view (`rel`) in `images`."""
    views: dict[tuple[str, ...], list[tuple[tuple[float, int], str]]] = {}
    fronts: set[tuple[str, ...]] = set()
    for number, image in enumerate(map(as_dict, as_list(row.get("images")))):
        href = original_image(as_text(image.get("href")))
        words = _WORD.findall(as_text(image.get("rel")).lower())
        if not href or "energy" in words:
            continue
        view = tuple(word for word in words if word not in _SIZES) if words else (f"#{number}",)
        views.setdefault(view, []).append((_size(image, words), href))
        if image.get("primary") is True or "front" in words:
            fronts.add(view)
    largest = {view: max(size for size, _ in found) for view, found in views.items()}
    order = sorted(views, key=lambda view: view not in fronts)
    return list(dict.fromkeys(href for view in order for size, href in views[view] if size == largest[view]))


def _size(image: dict[str, Any], words: list[str]) -> tuple[float, int]:
    """Sort key of a picture's size: the area if given, then the word for the size."""
    area = (number_in(image.get("width")) or 0.0) * (number_in(image.get("height")) or 0.0)
    return area, max((_SIZES.index(word) for word in words if word in _SIZES), default=_SIZES.index("standard"))


API = Api(
    key_variable="BESTBUY_API_KEY",
    key_parameter="apiKey",
    page_size=100,
    first_cursor="*",
    expired="http_400",
    of_skus=_of_skus,
    of_category=_of_category,
    everything="active=true",
    listing_url=_listing_url,
    product_url=_product_url,
    parse=parse_api_page,
)
