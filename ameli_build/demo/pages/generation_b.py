"""Product pages of about 2023 to early 2025: the sheet is in the page as JSON, and in a drawer after a click."""

from __future__ import annotations

import json
from typing import Any

from ameli_build.demo.pages.review_json import topic
from ameli_build.demo.pages.shop import (
    Shop,
    component_id,
    definition,
    grouped,
    product_facts,
    render,
    script_json,
    structured_data,
)
from ameli_build.demo.shop_index import pick
from ameli_build.demo.world import WorldProduct


def is_initialized(product: WorldProduct) -> bool:
    """Whether the page passes its sheet to an initializer, as a JavaScript string; true for one page in four."""
    return pick(f"initializer/{product.sku}", 4) == 0


def product_page(shop: Shop, product: WorldProduct) -> str:
    """The HTML of the page."""
    blobs = {
        component_id(product, "shop-media-gallery"): _gallery(shop, product),
        component_id(product, "pricing-price"): _price(product),
        component_id(product, "shop-product-variations"): _variations(shop, product),
        component_id(product, "shop-overview-accordion"): _overview(product),
        component_id(product, "user-generated-content-ratings-and-reviews"): _reviews(shop, product),
    }
    sheet_id = component_id(product, "shop-specifications")
    initialized = is_initialized(product)
    if not initialized:
        blobs[sheet_id] = sheet(product)
    return render(
        "product_b.html",
        **product_facts(shop, product),
        structured=structured_data(shop, product),
        blobs=blobs,
        sheet_id=sheet_id,
        initialized=script_json(json.dumps(sheet(product), ensure_ascii=False)) if initialized else None,
    )


def sheet(product: WorldProduct) -> dict[str, Any]:
    """The content of `script#shop-specifications-<digits>-json`."""
    categories = [
        {
            "displayName": group,
            "specifications": [
                {
                    "displayName": row.name,
                    "value": row.value,
                    "definition": definition(row),
                    "id": f"{pick(f'row/{row.group}/{row.name}', 10**10):010d}",
                }
                for row in rows
            ],
        }
        for group, rows in grouped(product.attributes)
    ]
    return {"skuId": product.sku, "specifications": {"categories": categories}}


def _gallery(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    photos = [photo for review in shop.shop_index.reviews_of(product)[:10] for photo in review.photos][:4]
    sources = {
        "product-images": [shop.image(image, 1000 if number else None) for number, image in enumerate(product.images)],
        "product-videos": [],
        "customer-images": [shop.photo(photo, 256) for photo in photos],
    }
    media = {
        kind: {"sources": {str(number): {"src": url} for number, url in enumerate(urls)}}
        for kind, urls in sources.items()
    }
    return {"baseContent": {"skuId": product.sku, "media": media}}


def _price(product: WorldProduct) -> dict[str, Any]:
    domain = {"skuId": product.sku, "customerPrice": product.price, "currentPrice": product.price}
    domain |= {"regularPrice": product.price, "isMAP": False, "dotComDisplayStatus": "active"}
    return {"app": {"priceDomain": domain, "data": {"skuPriceDomain": domain}}}


def _variations(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    return {
        "categories": [
            {
                "displayName": name,
                "variations": [
                    {"name": value, "variationSku": variant.sku, "displayStatus": "AVAILABLE"}
                    for value, variant in values
                ],
            }
            for name, values in shop.variations(product)
        ]
    }


def _overview(product: WorldProduct) -> dict[str, Any]:
    fragments = [{"plainText": product.description, "tagName": "p"}]
    features = [{"title": title, "description": text} for title, text in product.features]
    return {
        "app": {
            "componentData": {
                "product-description": {"description": {"longDescription": {"parsedHtmlFragments": fragments}}},
                "product-features": {"features": features},
                "whats-included": {"includedItems": [product.name, "Owner's manual"]},
            }
        }
    }


def _reviews(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    average, count = shop.rating(product)
    topics = [topic(shop, review, product) for review in shop.shop_index.reviews_of(product)[:3]]
    return {
        "app": {
            "stats": {"averageOverallRating": average, "totalReviewCount": count},
            "reviews": {"topics": topics, "totalResults": count},
        }
    }
