"""Product pages from 2025 on: React with Apollo, whose scripts push the data in pieces (section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bs4 import Tag

from ameli_build.shops.bestbuy.urls import sku_of
from ameli_build.shops.dom import Page, text_of
from ameli_build.shops.drafts import Draft, spoken
from ameli_build.shops.markup import Script
from ameli_build.shops.scripts import arguments, as_dict, as_list, as_text, plain
from ameli_build.wording.cleaning import count_in, number_in, price_in

MARK = "ApolloSSRDataTransport"
_PUSH = re.compile(r"\.push\(\s*(?=\{)")
_FIELDS = ("productBySkuId", "product")
_SHOWN = "div.grow.basis-none.font-weight-medium"
SELECTORS = (_SHOWN, f"{_SHOWN} + div", "h4")
"""All selectors of this module, including elements beside others."""
_FIELD = re.compile(r"""\bproduct(?:BySkuId)?["']?\s*:""")


def fragments(scripts: Sequence[Script]) -> Iterator[dict[str, Any]]:
    """The pieces of products that the page's scripts push, in order, without unreadable pushes."""
    for script in scripts:
        if MARK in script.content and _FIELD.search(script.content):
            for pushed in map(as_dict, arguments(script.content, _PUSH)):
                yield from _pieces(pushed)


def _pieces(pushed: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    answers = [as_dict(answer) for answer in as_dict(pushed.get("rehydrate")).values()]
    answers += [as_dict(as_dict(event).get("value")) for event in as_list(pushed.get("events"))]
    for answer in answers:
        data = as_dict(answer.get("data"))
        yield from (piece for field in _FIELDS if (piece := as_dict(data.get(field))))


def merged(pieces: list[dict[str, Any]], url: str, known: str | None = None) -> dict[str, Any]:
    """The merged pieces of the page's own product, without other products and open-box prices.

    The product is identified by the URL's SKU or BSIN; else by the SKU `known`, if on the page; else it is the first
    piece with a name.
    """
    named = [piece for piece in pieces if piece.get("skuId") and piece.get("name")]
    by_bsin = [piece for piece in named if piece.get("bsin") and f"/{piece['bsin']}/" in f"{url}/"]
    by_sku = [piece for piece in pieces if known and _sku_in(piece) == known]
    sku = sku_of(url) or next((_sku_in(piece) for piece in (*by_bsin, *by_sku, *named)), "")
    own = [piece for piece in pieces if _sku_in(piece) in ("", sku)]
    whole: dict[str, Any] = {}
    for piece in own:
        price = as_dict(piece.get("price"))
        used = price.get("openBoxCondition") is None
        whole = _overlaid(whole, piece if used else {k: v for k, v in piece.items() if k != "price"})
    return whole if whole.get("name") else {}


def _sku_in(piece: Mapping[str, Any]) -> str:
    return as_text(piece.get("skuId")) or as_text(as_dict(piece.get("price")).get("skuId"))


def _overlaid(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`base`, completed from `more`; of two lists, the longer counts."""
    result = dict(base)
    for key, value in more.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = _overlaid(old, value)
        elif old in (None, "", [], {}) or (isinstance(old, list) and isinstance(value, list) and len(value) > len(old)):
            result[key] = value
    return result


def read(product: Mapping[str, Any]) -> Draft:
    """The merged pieces as a draft."""
    images = [as_dict(product.get("primaryImage")), *map(as_dict, as_list(product.get("images")))]
    return Draft(
        sku=as_text(product.get("skuId")),
        name=plain(as_dict(product.get("name")).get("short")),
        categories=_lineage(product),
        description=plain(as_dict(product.get("description")).get("long")),
        features=tuple(_features(product)),
        rows=tuple(_rows(product)),
        images=tuple(href for image in images if (href := as_text(image.get("piscesHref")))),
        variants=tuple(_variants(product)),
        price=price_in(as_dict(product.get("price")).get("customerPrice")),
        brand=plain(product.get("brand")),
        model=plain(as_dict(product.get("manufacturer")).get("modelNumber")),
        review_count=count_in(as_dict(product.get("reviewInfo")).get("reviewCount")),
    )


def _lineage(product: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the main category path, root first; the shop lists a leaf, then its parents upwards."""
    paths = [as_dict(path) for path in as_list(as_dict(product.get("hierarchy")).get("bbypres"))]
    paths.sort(key=lambda path: path.get("primary") is not True)
    for path in paths:
        detail = as_dict(path.get("categoryDetail"))
        parents = [as_dict(p) for p in as_list(as_dict(detail.get("broaderTerms")).get("primaryLineage"))]
        parents.sort(key=lambda parent: -(number_in(parent.get("sequence")) or 0))
        names = [plain(part.get("name")) for part in (*parents, detail)]
        if names[-1]:
            return tuple(name for name in names if name)
    return ()


def _features(product: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    listed = [as_dict(feature) for feature in as_list(product.get("features"))]
    for feature in sorted(listed, key=lambda feature: number_in(feature.get("sequence")) or 0):
        yield plain(feature.get("title")), plain(feature.get("description"))


def _rows(product: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for group in map(as_dict, as_list(product.get("specificationGroups"))):
        for row in map(as_dict, as_list(group.get("specifications"))):
            yield plain(group.get("name")), plain(row.get("displayName")), spoken(row.get("value"))


def _variants(product: Mapping[str, Any]) -> Iterator[str]:
    """SKUs of the variants in the product's pieces."""
    for key in ("variations", "productVariations"):
        listed = product.get(key)
        groups = as_list(listed) or as_list(as_dict(listed).get("categories"))
        for group in map(as_dict, groups):
            for variation in [group, *map(as_dict, as_list(group.get("variations")))]:
                skus = (as_text(variation.get(name)) for name in ("variationSku", "skuId", "sku"))
                yield from list(filter(None, skus))[:1]


def _is_group(node: Tag) -> bool:
    return node.name == "h4" and "v-text-md" in (node.get("class") or ())


def shown_rows(page: Page) -> Iterator[tuple[str, str, str]]:
    """(group, name, value) of each row of the open sheet, found by class names that are not hashed."""
    names = page.headed([_SHOWN], _is_group)
    for name, heading in names:
        value = name.find_next_sibling("div")
        yield text_of(heading), text_of(name), text_of(value)
