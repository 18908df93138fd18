"""What all pages share: addresses, templates, and the facts about a product that every generation shows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ameli_build.core.records import Attribute
from ameli_build.demo.shop_index import Category, Shelves, pick, product_image_path, review_photo_path, slug
from ameli_build.demo.world import WorldImage, WorldProduct

_TEMPLATES = Environment(
    loader=PackageLoader("ameli_build.demo.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_SHOWN = {"true": "Yes", "false": "No"}


@dataclass(frozen=True, slots=True)
class Shop:
    """The shelves and the hosts that they are served from: pages, pictures, and a supplier's copies of photographs."""

    shelves: Shelves
    site_url: str
    image_url: str
    photo_url: str = ""
    """The image host where there is no other."""

    def product_path(self, product: WorldProduct) -> str:
        """The canonical path of a product page in the form of its generation."""
        if product.generation == "C":
            return f"/product/{slug(product.name)}/{product.bsin}/sku/{product.sku}"
        return self.old_path(product.sku, product.name)

    def card_path(self, product: WorldProduct) -> str:
        """The path that a listing's new form links to: without the SKU for a page of generation C."""
        return self.product_path(product).partition("/sku/")[0]

    @staticmethod
    def old_path(sku: str, name: str) -> str:
        """The path that all product pages had before generation C; review links still have it."""
        return f"/site/{slug(name)}/{sku}.p?skuId={sku}"

    @staticmethod
    def listing_path(category: Category, number: int = 1) -> str:
        """The path of one page of a category's listing."""
        parent = slug(category.path[-2][1]) if len(category.path) > 1 else "electronics"
        first = f"/site/{parent}/{slug(category.name)}/{category.id}.c?"
        return f"{first}id={category.id}" if number == 1 else f"{first}cp={number}&id={category.id}"

    def image(self, image: WorldImage, side: int | None = None) -> str:
        """The URL of a catalogue picture, scaled to `side` pixels where given."""
        return self.image_url + product_image_path(image) + scaled(side)

    def photo(self, photo: WorldImage, side: int | None = None) -> str:
        """The URL of a shopper's photograph."""
        return self.image_url + review_photo_path(photo) + scaled(side)

    def rating(self, product: WorldProduct) -> tuple[float, int]:
        """Average rating, to one decimal, and number of the reviews listed under a product."""
        ratings = [review.rating for review in self.shelves.reviews_of(product)]
        return (round(sum(ratings) / len(ratings), 1) if ratings else 0.0), len(ratings)

    def variations(self, product: WorldProduct) -> list[tuple[str, list[tuple[str, WorldProduct]]]]:
        """(attribute, [(value, variant)]) for the attributes in which the variants of the family differ."""
        family = self.shelves.siblings(product)
        sheets = [{row.name: row.value for row in variant.attributes} for variant in family]
        hidden = {"Product Name", "Model Number", "UPC"}
        names = [name for name in dict.fromkeys(row.name for row in product.attributes) if name not in hidden]
        differing = [name for name in names if len({sheet.get(name) for sheet in sheets}) > 1]
        return [
            (name, [(shown(sheet[name]), p) for sheet, p in zip(sheets, family, strict=True) if name in sheet])
            for name in differing
        ]

    def choices(self, product: WorldProduct) -> list[tuple[str, list[tuple[str, str | None]]]]:
        """(attribute, [(value, path)]) to choose a variant by; no path at the product's own value.

        A value leads to the variant that has it and is otherwise most like the product.
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
    """Sorts "8 gigabytes" before "16 gigabytes", and what begins with no number after both."""
    number = re.match(r"\d+(?:\.\d+)?", value)
    return (float(number[0]) if number else float("inf")), value


def scaled(side: int | None) -> str:
    """The suffix that asks the image host for a smaller copy."""
    return f";maxHeight={side};maxWidth={side}" if side else ""


def shown(value: str) -> str:
    """A value as the page shows it: the JSON's true and false are Yes and No."""
    return _SHOWN.get(value, value)


def grouped(attributes: Sequence[Attribute]) -> list[tuple[str, list[Attribute]]]:
    """The rows of a specification sheet by section, in the order of the sheet."""
    groups: dict[str, list[Attribute]] = {}
    for row in attributes:
        groups.setdefault(row.group, []).append(row)
    return list(groups.items())


def component_id(product: WorldProduct, component: str) -> str:
    """The id of a page component: its name and digits that change from page to page."""
    return f"{component}-{10_000_000 + pick(f'{component}/{product.sku}', 89_999_999)}"


def script_json(value: Any) -> Markup:
    """JSON that can stand inside a script element: no `<` in it."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))


def script_string(text: str) -> Markup:
    """A JavaScript string literal that can stand inside a script element."""
    return script_json(text)


def definition(row: Attribute) -> str | None:
    """The tooltip that some rows carry."""
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
    """(name, path of the listing) from the root to the category."""
    return [(name, shop.listing_path(shop.shelves.categories[identifier])) for identifier, name in path]


def product_facts(shop: Shop, product: WorldProduct) -> dict[str, Any]:
    """What the templates of all three generations show."""
    average, count = shop.rating(product)
    return {
        "shop": shop,
        "product": product,
        "crumbs": crumbs(shop, product.category_path),
        "average": average,
        "count": count,
        "choices": shop.choices(product),
        "siblings": [variant for variant in shop.shelves.siblings(product) if variant.sku != product.sku],
        "reviews": shop.shelves.reviews_of(product)[:3],
        "reviews_path": reviews_path(product),
        "price": f"${product.price:,.2f}",
    }


def reviews_path(product: WorldProduct) -> str:
    """The path of the page with all reviews."""
    return f"/site/reviews/{slug(product.name)}/{product.sku}"


def render(template: str, **values: Any) -> str:
    """One page from its template, `templates/<name>.html.jinja`."""
    helpers = {"shown": shown, "grouped": grouped, "definition": definition, "script_json": script_json}
    return _TEMPLATES.get_template(f"{template}.html.jinja").render(**helpers, **values)
