"""Shared parts of all pages: URLs, templates, and facts about a product."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ameli_build.core.records import Attribute
from ameli_build.demo.shop_index import Category, ShopIndex, pick, product_image_path, review_photo_path, slug
from ameli_build.demo.world import WorldImage, WorldProduct

_TEMPLATES = Environment(
    loader=PackageLoader("ameli_build.demo.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_SHOWN = {"true": "Yes", "false": "No"}


@dataclass(frozen=True, slots=True)
class Shop:
    """The index and the URLs of the hosts: pages, pictures, and a supplier's copies of photographs."""

    shop_index: ShopIndex
    site_url: str
    image_url: str
    photo_url: str = ""
    """Host of photographs; "" for the image host."""

    def product_path(self, product: WorldProduct) -> str:
        """The canonical path of a product page, in the format of its generation."""
        if product.generation == "C":
            return f"/product/{slug(product.name)}/{product.bsin}/sku/{product.sku}"
        return self.old_path(product.sku, product.name)

    def card_path(self, product: WorldProduct) -> str:
        """The path in links of new listings, which has no SKU for a page of generation C."""
        return self.product_path(product).partition("/sku/")[0]

    @staticmethod
    def old_path(sku: str, name: str) -> str:
        """The path of product pages before generation C; links in reviews still use it."""
        return f"/site/{slug(name)}/{sku}.p?skuId={sku}"

    @staticmethod
    def listing_path(category: Category, number: int = 1) -> str:
        """The path of one page of a category's listing."""
        parent = slug(category.path[-2][1]) if len(category.path) > 1 else "electronics"
        first = f"/site/{parent}/{slug(category.name)}/{category.id}.c?"
        return f"{first}id={category.id}" if number == 1 else f"{first}cp={number}&id={category.id}"

    def image(self, image: WorldImage, side: int | None = None) -> str:
        """The URL of a catalogue picture; with `side`, of a copy whose longer side has this number of pixels."""
        return self.image_url + product_image_path(image) + scaled(side)

    def photo(self, photo: WorldImage, side: int | None = None) -> str:
        """The URL of a shopper's photograph."""
        return self.image_url + review_photo_path(photo) + scaled(side)

    def rating(self, product: WorldProduct) -> tuple[float, int]:
        """Average rating, rounded to one decimal, and number of the reviews listed under a product."""
        ratings = [review.rating for review in self.shop_index.reviews_of(product)]
        return (round(sum(ratings) / len(ratings), 1) if ratings else 0.0), len(ratings)

    def variations(self, product: WorldProduct) -> list[tuple[str, list[tuple[str, WorldProduct]]]]:
        """(attribute, [(value, variant)]) for each attribute in which the variants of the family differ."""
        family = self.shop_index.siblings(product)
        sheets = [{row.name: row.value for row in variant.attributes} for variant in family]
        hidden = {"Product Name", "Model Number", "UPC"}
        names = [name for name in dict.fromkeys(row.name for row in product.attributes) if name not in hidden]
        differing = [name for name in names if len({sheet.get(name) for sheet in sheets}) > 1]
        return [
            (name, [(shown(sheet[name]), p) for sheet, p in zip(sheets, family, strict=True) if name in sheet])
            for name in differing
        ]

    def choices(self, product: WorldProduct) -> list[tuple[str, list[tuple[str, str | None]]]]:
        """(attribute, [(value, path)]) for links to variants; the product's own value has no path.

        A value links to the variant with that value that is otherwise most similar to the product.
        """
        rows = set(product.attributes)
        chosen = []
        for name, values in self.variations(product):
            best: dict[str, WorldProduct] = {}
            for value, variant in sorted(values, key=lambda pair: -len(rows & set(pair[1].attributes))):
                best.setdefault(value, variant)
            links = [(value, best[value]) for value in sorted(best, key=_counting)]
            own = {value for value, variant in values if variant.sku == product.sku}
            chosen.append((name, [(v, None if v in own else self.product_path(p)) for v, p in links]))
        return chosen


def _counting(value: str) -> tuple[float, str]:
    """Sort key that puts "8 gigabytes" before "16 gigabytes", and values without a number last."""
    number = re.match(r"\d+(?:\.\d+)?", value)
    return (float(number[0]) if number else float("inf")), value


def scaled(side: int | None) -> str:
    """The suffix of a smaller copy on the image host."""
    return f";maxHeight={side};maxWidth={side}" if side else ""


def shown(value: str) -> str:
    """A value as text; true and false become Yes and No."""
    return _SHOWN.get(value, value)


def grouped(attributes: Sequence[Attribute]) -> list[tuple[str, list[Attribute]]]:
    """The rows of a specification sheet by section, in the order of the sheet."""
    groups: dict[str, list[Attribute]] = {}
    for row in attributes:
        groups.setdefault(row.group, []).append(row)
    return list(groups.items())


def component_id(product: WorldProduct, component: str) -> str:
    """The id of a page component: its name, and digits that differ between pages."""
    return f"{component}-{10_000_000 + pick(f'{component}/{product.sku}', 89_999_999)}"


def script_json(value: Any) -> Markup:
    """JSON, or a JavaScript string literal, for a script element, without `<`."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))


def definition(row: Attribute) -> str | None:
    """The tooltip of some rows."""
    return f"What the maker states as {row.name.lower()}." if pick(f"tooltip/{row.name}", 3) == 0 else None


def structured_data(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    """The JSON-LD block of a product page."""
    average, count = shop.rating(product)
    colour = next((row.value for row in product.attributes if row.name == "Color"), None)
    offer = {"@type": "Offer", "priceCurrency": "USD", "price": product.price, "availability": "InStock"}
    offer |= {"itemCondition": "NewCondition", "description": "New"}
    block: dict[str, Any] = {
        "@context": "http://schema.org/",
        "@type": "Product",
        "name": product.name,
        "sku": product.sku,
        "model": product.model_number,
        "brand": {"@type": "Brand", "name": product.brand},
        "url": shop.site_url + shop.product_path(product),
        "description": product.description,
        "offers": {"@type": "AggregateOffer", "priceCurrency": "USD", "lowPrice": product.price, "offers": [offer]},
    }
    if colour:
        block["color"] = colour
    if product.images:
        block["image"] = shop.image(product.images[0])
    if count:
        block["aggregateRating"] = {"@type": "AggregateRating", "ratingValue": average, "reviewCount": count}
    return block


def crumbs(shop: Shop, path: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(name, path of the listing) of the categories from the root to the product's category."""
    return [(name, shop.listing_path(shop.shop_index.categories[identifier])) for identifier, name in path]


def product_facts(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    """The variables of the templates of all three generations."""
    average, count = shop.rating(product)
    return {
        "shop": shop,
        "product": product,
        "crumbs": crumbs(shop, product.category_path),
        "average": average,
        "count": count,
        "choices": shop.choices(product),
        "siblings": [variant for variant in shop.shop_index.siblings(product) if variant.sku != product.sku],
        "reviews": shop.shop_index.reviews_of(product)[:3],
        "reviews_path": reviews_path(product),
        "price": f"${product.price:,.2f}",
    }


def reviews_path(product: WorldProduct) -> str:
    """The path of the page with all reviews."""
    return f"/site/reviews/{slug(product.name)}/{product.sku}"


def render(template: str, **values: Any) -> str:
    """A page from `templates/<template>.jinja`."""
    helpers = {"shown": shown, "grouped": grouped, "definition": definition, "script_json": script_json}
    return _TEMPLATES.get_template(f"{template}.jinja").render(**helpers, **values)
