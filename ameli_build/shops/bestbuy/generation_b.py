"""Product pages of about 2023 to early 2025, with a JSON script for each component, such as the specifications."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ameli_build.shops.dom import Page, text_of
from ameli_build.shops.drafts import Draft, spoken
from ameli_build.shops.markup import Script
from ameli_build.shops.scripts import as_dict, as_list, as_text, json_in, plain
from ameli_build.wording.cleaning import count_in, price_in

PREFIXES = (
    "shop-specifications",
    "shop-media-gallery",
    "shop-product-variations",
    "shop-overview-accordion",
    "pricing-price",
    "user-generated-content-ratings-and-reviews",
)
_DRAWER_ROWS = (".pdp-drawer-content .zebra-list-item", "#pdp-drawer-overlay-backdrop .zebra-list-item")
SELECTORS = (*_DRAWER_ROWS, "h2", "h3", "h4")
"""All selectors of this module, including the headings before rows."""
_DRAWER_TITLES = ("specifications", "all specifications", "full specifications")
_ELEMENT = re.compile(r"^(?P<prefix>[a-z-]+?)-\d[\w-]*$")
_INITIALIZED = re.compile(
    r"initializeComponent\(\s*(\{[^{}]*\})\s*,\s*\"([^\"]*)\"\s*,\s*(\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")\s*,", re.S
)


def components(scripts: Sequence[Script]) -> dict[str, dict[str, Any]]:
    """The data of the page's known components by the prefix of their id, from JSON scripts or initialising calls."""
    found: dict[str, dict[str, Any]] = {}
    for script in scripts:
        match = _ELEMENT.match(script.id)
        if match and match["prefix"] in PREFIXES and script.kind == "application/json":
            found.setdefault(match["prefix"], as_dict(json_in(script.content)))
        elif "initializeComponent(" in script.content:
            for prefix, data in _initialized(script.content):
                found.setdefault(prefix, data)
    return {prefix: data for prefix, data in found.items() if data}


def _initialized(content: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for match in _INITIALIZED.finditer(content):
        contract = as_dict(json_in(match[1]))
        prefix = f"{contract.get('creatorNamespace')}-{contract.get('componentId')}"
        if prefix in PREFIXES:
            yield prefix, as_dict(json_in(as_text(json_in(match[3]))))


def read(found: Mapping[str, dict[str, Any]]) -> Draft:
    """The product in the components, as a draft."""
    overview = as_dict(as_dict(as_dict(found.get("shop-overview-accordion")).get("app")).get("componentData"))
    reviews = as_dict(as_dict(as_dict(found.get("user-generated-content-ratings-and-reviews")).get("app")).get("stats"))
    return Draft(
        description=_description(overview),
        features=tuple(_features(overview)),
        rows=tuple(specification_rows(found.get("shop-specifications", {}))),
        images=tuple(_images(found.get("shop-media-gallery", {}))),
        variants=tuple(_variants(found.get("shop-product-variations", {}))),
        price=_price(found.get("pricing-price", {})),
        review_count=count_in(reviews.get("totalReviewCount")),
    )


def specification_rows(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(group, name, value) of `specifications.categories[]`."""
    for category in map(as_dict, as_list(as_dict(data.get("specifications")).get("categories"))):
        for row in map(as_dict, as_list(category.get("specifications"))):
            yield plain(category.get("displayName")), plain(row.get("displayName")), spoken(row.get("value"))


def drawer_rows(page: Page) -> Iterator[tuple[str, str, str]]:
    """(group, name, value) of each row of the drawer that the click opens."""
    inside: dict[int, bool] = {}
    for item, heading in page.headed(_DRAWER_ROWS, lambda node: node.name in ("h2", "h3", "h4")):
        name = item.select_one("div.property") or item.select_one(".mr-100.inline")
        value = item.select_one("div.description") or item.select_one(".w-full")
        if heading is not None and id(heading) not in inside:
            inside[id(heading)] = heading.find_parent(class_="pdp-drawer-content") is not None
        group = text_of(heading) if inside.get(id(heading)) else ""
        yield "" if group.lower() in _DRAWER_TITLES else group, text_of(name), text_of(value)


def _description(overview: Mapping[str, Any]) -> str:
    description = as_dict(as_dict(overview.get("product-description")).get("description"))
    fragments = as_list(as_dict(description.get("longDescription")).get("parsedHtmlFragments"))
    return " ".join(plain(as_dict(fragment).get("plainText")) for fragment in fragments)


def _features(overview: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for feature in map(as_dict, as_list(as_dict(overview.get("product-features")).get("features"))):
        yield plain(feature.get("title")), plain(feature.get("description"))


def _images(gallery: Mapping[str, Any]) -> Iterator[str]:
    """URLs of the product's images, without videos and customers' pictures."""
    return _sources(as_dict(as_dict(gallery.get("baseContent")).get("media")).get("product-images"))


def _sources(value: Any) -> Iterator[str]:
    """Every `src` below a value, in order."""
    if isinstance(value, dict) and (source := as_text(value.get("src"))):
        yield source
    for inner in as_list(value) or as_dict(value).values():
        yield from _sources(inner)


def _variants(data: Mapping[str, Any]) -> Iterator[str]:
    for category in map(as_dict, as_list(data.get("categories"))):
        for variation in map(as_dict, as_list(category.get("variations"))):
            if sku := as_text(variation.get("variationSku")):
                yield sku


def _price(data: Mapping[str, Any]) -> float | None:
    app = as_dict(data.get("app"))
    domain = as_dict(app.get("priceDomain")) or as_dict(as_dict(app.get("data")).get("skuPriceDomain"))
    domain = domain or as_dict(as_dict(data.get("data")).get("skuPriceDomain"))
    return price_in(*(domain.get(key) for key in ("customerPrice", "currentPrice", "regularPrice")))
