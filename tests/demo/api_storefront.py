"""A storefront with the shop's developer API, `/v1/products`, which has the same products as the pages."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ameli_build.demo.answers import Answer, as_json
from ameli_build.demo.pages.shop import Shop, shown
from ameli_build.demo.routes import SiteRoutes
from ameli_build.demo.shop_index import pick
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import WorldImage, WorldProduct

API_KEY = "0demo0key0of0the0storefront0"
"""The only key that the storefront accepts."""

_PATH = re.compile(r"/v1/products(?:\((?P<query>.*)\)|/(?P<sku>\d+)\.json)?")
_BRIEF = ("name", "sku", "salePrice")
_VIEWS = ("Front", "Angle", "Left", "Right", "Back", "Top")
_CURSOR = re.compile(rb"product_(\d+)_us")


class ApiStorefront(Storefront):
    """A storefront whose site also answers calls of the API."""

    def site_routes(self, shop: Shop) -> SiteRoutes:
        return ApiRoutes(shop)


class ApiRoutes(SiteRoutes):
    def __call__(self, target: str) -> Answer:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        call = _PATH.fullmatch(parts.path)
        return _products(self.shop, call, query | {"": target}) if call else super().__call__(target)


def _products(shop: Shop, found: re.Match[str], query: Mapping[str, str]) -> Answer:
    """The response to a call; `query` has the call itself under ""."""
    if query.get("apiKey") != API_KEY:
        return _error(403, "Forbidden", "The given API Key has invalid credentials or is over its quota")
    if found["sku"]:
        product = shop.shop_index.products.get(found["sku"])
        return as_json(_record(shop, product, query)) if product else _error(404, "Not Found", "no such product")
    chosen = _chosen(shop, unquote(found["query"] or ""))
    after = _after(query.get("cursorMark", "*"))
    if chosen is None or after is None or not query.get("pageSize", "10").isdecimal():
        return _error(400, "Bad Request", f"Couldn't understand '{unquote(query[''])}'")
    chosen.sort(key=lambda product: int(product.sku))
    size = min(100, max(1, int(query.get("pageSize", "10"))))
    rest = [product for product in chosen if int(product.sku) > after]
    return as_json(_envelope(shop, chosen, rest[:size], size, query))


def _envelope(
    shop: Shop, chosen: Sequence[WorldProduct], some: Sequence[WorldProduct], size: int, query: Mapping[str, str]
) -> dict[str, Any]:
    """A page of a listing; the cursor of an empty page leads to itself."""
    cursor = query.get("cursorMark")
    paging: dict[str, Any] = {"from": 1, "to": len(some), "currentPage": 1}
    if cursor is not None:
        paging = {"nextCursorMark": _cursor(some[-1].sku) if some else cursor}
    return paging | {
        "total": len(chosen),
        "totalPages": -(-len(chosen) // size),
        "queryTime": "0.012",
        "totalTime": "0.049",
        "partial": False,
        "canonicalUrl": unquote(query[""]),
        "products": [_record(shop, product, query) for product in some],
    }


def _chosen(shop: Shop, query: str) -> list[WorldProduct] | None:
    """The products of a query; None for an invalid query."""
    everything = shop.shop_index.products
    if query in ("", "active=true"):
        return list(everything.values())
    if category := re.fullmatch(r"categoryPath\.id=(\w+)", query):
        known = shop.shop_index.categories.get(category[1])
        return list(known.products) if known else []
    if named := re.fullmatch(r"sku in\(([\d,]+)\)", query):
        return [everything[sku] for sku in dict.fromkeys(named[1].split(",")) if sku in everything]
    return None


def _cursor(sku: str) -> str:
    return base64.b64encode(f"product_{sku}_us".encode()).decode()


def _after(cursor: str) -> int | None:
    """The number of the last product before a cursor; None for an invalid cursor."""
    if cursor == "*":
        return -1
    try:
        found = _CURSOR.fullmatch(base64.b64decode(cursor, validate=True))
    except ValueError:
        return None
    return int(found[1]) if found else None


def _error(code: int, words: str, message: str) -> Answer:
    error = {"code": code, "status": f"{code} {words}", "message": message, "examples": []}
    return replace(as_json({"error": error}), status=code)


def _record(shop: Shop, product: WorldProduct, query: Mapping[str, str]) -> dict[str, Any]:
    """A product with the fields that `show` names, or with all fields for "all"."""
    wanted = query.get("show", "")
    record = _whole(shop, product)
    return (
        record
        if wanted == "all"
        else {name: record.get(name) for name in wanted.split(",") if name} or {name: record[name] for name in _BRIEF}
    )


def _whole(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    average, count = shop.rating(product)
    sheet = {row.name: row.value for row in product.attributes}
    front = shop.image(product.images[0]) if product.images else None
    click = f"{shop.site_url}/click/-/{product.sku}"
    return {
        "sku": int(product.sku),
        "productId": None,
        "name": product.name,
        "source": None,
        "type": "HardGood",
        "new": False,
        "active": True,
        "regularPrice": product.price,
        "salePrice": product.price,
        "onSale": False,
        "priceWithPlan": [],
        "crossSell": [],
        "url": f"{click}/pdp",
        "addToCartUrl": f"{click}/cart",
        "linkShareAffiliateUrl": "",
        "upc": sheet.get("UPC"),
        "categoryPath": [{"id": identifier, "name": name} for identifier, name in product.category_path],
        "alternateCategories": [],
        "customerReviewCount": count or None,
        "customerReviewAverage": average or None,
        "shortDescription": "".join(f"{title}: {text}" for title, text in product.features),
        "description": None,
        "longDescription": product.description,
        "manufacturer": product.brand,
        "modelNumber": product.model_number,
        "color": sheet.get("Color"),
        "features": [{"feature": f"{title}: {text}"} for title, text in product.features],
        "details": [_detail(row.name, shown(row.value)) for row in product.attributes],
        "includedItemList": [{"includedItem": product.name}, {"includedItem": "Owner's manual"}],
        "image": front,
        "largeFrontImage": front,
        "mediumImage": None,
        "energyGuideImage": None,
        "images": _images(shop, product.images),
        "productVariations": _variations(shop, product),
    }


def _detail(name: str, value: str) -> dict[str, Any]:
    """A row of the sheet; some values with several items are lists."""
    parts = value.split(", ")
    several = len(parts) > 1 and pick(f"values/{name}", 2) == 0
    return {"name": name, "values": parts} if several else {"name": name, "value": value}


def _images(shop: Shop, images: Sequence[WorldImage]) -> list[dict[str, Any]]:
    """Each view in two sizes, the small size first."""
    listed: list[dict[str, Any]] = []
    for number, image in enumerate(images):
        view = _VIEWS[number] if number < len(_VIEWS) else f"Alt_View_{number + 5}"
        for size, side in (("Standard", 500), ("Zoom", 1000)):
            href = shop.image(image, side if size == "Standard" else None)
            picture = {"rel": f"{view}_{size}", "unitOfMeasure": "pixel", "width": str(side), "height": str(side)}
            listed.append(picture | {"href": href, "primary": number == 0 and size == "Standard"})
    return listed


def _variations(shop: Shop, product: WorldProduct) -> list[dict[str, Any]]:
    """All variants that are still sold, with their differences."""
    found: dict[str, list[dict[str, str]]] = {variant.sku: [] for variant in shop.shop_index.siblings(product)}
    for name, values in shop.variations(product):
        for value, variant in values:
            found[variant.sku].append({"name": name, "value": value})
    return [{"sku": sku, "variations": variations} for sku, variations in found.items()]
