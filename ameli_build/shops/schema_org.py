"""The product description for search engines (schema.org in JSON-LD)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ameli_build.shops.drafts import Draft, first_price, spoken
from ameli_build.shops.markup import Script
from ameli_build.shops.scripts import as_dict, as_list, as_text, json_ld, json_ld_breadcrumb, plain
from ameli_build.wording.cleaning import count_in, price_in

NOT_NEW = re.compile(
    r"(?<!foc)(?<!un)used|refurb|renewed|reconditioned|damaged|open[\s_-]?box|like[\s_-]new|pre[\s_-]?owned|second[\s_-]?hand"
    r"|scratch (?:&|and) dent",
    re.I,
)
"""Words of offers of used products."""
_NOT_ASKED = re.compile(r"ListPrice|MSRP|SRP|Strikethrough|Invoice|MinimumAdvertised", re.I)
"""Kinds of prices that a buyer does not pay."""


def read(scripts: Sequence[Script]) -> Draft:
    """The description as a draft; other sources on the page take precedence."""
    schema = json_ld(scripts)
    if not schema:
        return Draft(categories=json_ld_breadcrumb(scripts))
    rows = [as_dict(row) for row in _each(schema.get("additionalProperty"))]
    return Draft(
        sku=as_text(schema.get("sku")),
        name=_first(schema.get("name")),
        categories=json_ld_breadcrumb(scripts),
        description=_first(schema.get("description")),
        rows=tuple(("", plain(row.get("name")), spoken(row.get("value"))) for row in rows),
        images=tuple(_addresses(schema.get("image"))),
        price=_price(schema.get("offers")),
        brand=_first(schema.get("brand")),
        model=_first(schema.get("model")),
        review_count=count_in(as_dict(_only(schema.get("aggregateRating"))).get("reviewCount")),
    )


def _each(value: Any) -> list[Any]:
    """The values of a property: a single value, a list, or a list object."""
    listed = value.get("@list", value.get("@set", value)) if isinstance(value, dict) else value
    return as_list(listed) or ([] if listed in (None, [], "") else [listed])


def _only(value: Any) -> Any:
    return next(iter(_each(value)), None)


def _first(value: Any) -> str:
    """The first text of a property, given directly or as the name of an object."""
    texts = (plain(as_dict(item).get("name") or as_dict(item).get("@value")) or plain(item) for item in _each(value))
    return next(filter(None, texts), "")


def _bare(value: Any) -> Any:
    """The value of an object with a type (`@value`) or an address (`@id`); other values as they are."""
    return value.get("@value", value.get("@id")) if isinstance(value, dict) else value


def _addresses(value: Any) -> Iterator[str]:
    """URLs of images, given as text or as `ImageObject`."""
    for image in _each(value):
        addresses = [image.get(key) for key in ("contentUrl", "url", "@id")] if isinstance(image, dict) else [image]
        address = next(filter(None, (as_text(_bare(_only(item))) for item in addresses)), "")
        if address:
            yield address


def _price(offers: Any) -> float | None:
    """The price of the first new offer with a price; for an aggregate offer, the lowest price."""
    return first_price(_prices(offers))


def _prices(offers: Any) -> Iterator[float | None]:
    for offer in map(as_dict, _each(offers)):
        if offer.get("offers") is not None:
            yield _price(offer["offers"])
        named = [_first(offer.get(key)) for key in ("itemCondition", "name", "category")]
        if NOT_NEW.search(" ".join([as_text(_bare(_only(offer.get("itemCondition")))), *named])):
            continue
        specified = map(as_dict, _each(offer.get("priceSpecification")))
        asked = [part.get("price") for part in specified if not _NOT_ASKED.search(_first(part.get("priceType")))]
        yield price_in(*(_bare(_only(price)) for price in (offer.get("price"), *asked, offer.get("lowPrice"))))
