"""Product pages since 2025: fragments of the product in several pushes to Apollo's transport, to be merged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from ameli_build.demo.pages.shop import Shop, definition, grouped, product_facts, render, script_json, structured_data
from ameli_build.demo.shop_index import pick
from ameli_build.demo.world import WorldProduct

_UNDEFINED = "\ufffe undefined \ufffe"


def is_nameless(product: WorldProduct) -> bool:
    """Whether the sections of the sheet have no names; true for one page in three."""
    return pick(f"nameless/{product.sku}", 3) == 0


def product_page(shop: Shop, product: WorldProduct) -> str:
    """The HTML of the page."""
    groups = _groups(product)
    return render(
        "product_c.html",
        **product_facts(shop, product),
        structured=structured_data(shop, product),
        pushes=[_script(push) for push in _pushes(shop, product, groups)],
        has_sheet=bool(groups),
    )


def _script(push: dict[str, Any]) -> Markup:
    """A push as JavaScript: JSON, except that values may be `undefined`."""
    return Markup(script_json(push).replace(f'"{_UNDEFINED}"', "undefined"))


def _pushes(shop: Shop, product: WorldProduct, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    typed = {"__typename": "Product", "skuId": product.sku}
    average, count = shop.rating(product)
    review_info = {"__typename": "ProductReviewInfo", "averageRating": average, "reviewCount": count}
    price = {"__typename": "ItemPrice", "customerPrice": product.price, "skuId": product.sku, "openBoxCondition": None}
    return [
        _rehydrated(":product", {"product": typed | _identity(shop, product) | {"reviewInfo": review_info}}),
        _rehydrated(":price", {"product": {"__typename": "Product", "price": price}}),
        _streamed("1", {"productBySkuId": typed | _hierarchy(shop, product) | {"bsin": product.bsin}}),
        _streamed("2", {"productBySkuId": typed | _text(product)}),
        _streamed("3", {"productBySkuId": typed | _images(shop, product)}),
        _streamed("4", {"productBySkuId": typed | {"specificationGroups": groups, "productSelectorId": None}}),
    ]


def _rehydrated(key: str, data: dict[str, Any]) -> dict[str, Any]:
    entry = {"data": data, "networkStatus": 7, "loading": False, "error": _UNDEFINED}
    return {"rehydrate": {key: entry}, "events": []}


def _streamed(number: str, data: dict[str, Any]) -> dict[str, Any]:
    options = {"fetchPolicy": "cache-first", "variables": {"skuId": data["productBySkuId"]["skuId"]}}
    options |= {"context": _UNDEFINED, "nextFetchPolicy": _UNDEFINED}
    events = [
        {"type": "started", "id": number, "options": options},
        {"type": "next", "id": number, "value": {"data": data, "extensions": _UNDEFINED}},
        {"type": "complete", "id": number},
    ]
    return {"rehydrate": {}, "events": events}


def _identity(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    path = shop.product_path(product)
    url = {"__typename": "ProductUrl", "relativePdp": path, "pdp": shop.site_url + path}
    return {
        "brand": product.brand,
        "bsin": product.bsin,
        "name": {"__typename": "ProductName", "short": product.name},
        "manufacturer": {"__typename": "Manufacturer", "modelNumber": product.model_number},
        "url": url | {"skuSpecificUrl": shop.site_url + path},
        "whatItIs": [product.category_path[-1][1]],
        "openBoxCondition": None,
    }


def _hierarchy(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    leaf, *above = [_category(shop, *node) for node in reversed(product.category_path)]
    lineage = [{"__typename": "HierarchyLineage", "sequence": number, **node} for number, node in enumerate(above)]
    detail = leaf | {"broaderTerms": {"primaryLineage": lineage}, "template": None}
    link = {"__typename": "ProductHierarchyLink", "id": leaf["id"], "primary": True, "categoryDetail": detail}
    return {"hierarchy": {"__typename": "ProductHierarchy", "bbypres": [link]}}


def _category(shop: Shop, identifier: str, name: str) -> dict[str, Any]:
    path = shop.listing_path(shop.shop_index.categories[identifier])
    return {"id": identifier, "name": name, "seoUrl": shop.site_url + path}


def _text(product: WorldProduct) -> dict[str, Any]:
    features: Sequence[dict[str, Any]] = [
        {"__typename": "ProductFeature", "title": title, "description": text, "sequence": number}
        for number, (title, text) in enumerate(product.features)
    ]
    return {
        "description": {"__typename": "ProductDescription", "long": product.description},
        "features": features,
        "includedItems": [product.name, "Owner's manual"],
    }


def _images(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    images = [{"__typename": "ProductImage", "piscesHref": shop.image(image)} for image in product.images]
    colour = next((row.value for row in product.attributes if row.name == "Color"), None)
    return {
        "primaryImage": images[0] if images else None,
        "images": images,
        "color": {"displayName": colour} if colour else None,
    }


def _groups(product: WorldProduct) -> list[dict[str, Any]]:
    named = not is_nameless(product)
    return [
        {
            "__typename": "ProductSpecificationGroup",
            **({"name": group} if named else {}),
            "specifications": [
                {
                    "__typename": "ProductSpecification",
                    "displayName": row.name,
                    "value": row.value,
                    "definition": definition(row),
                }
                for row in rows
            ],
        }
        for group, rows in grouped(product.attributes)
    ]
