"""Drafts of a product, each from one source in a page, and their combination."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ameli_build.core.records import Attribute
from ameli_build.shops.scripts import plain
from ameli_build.wording.cleaning import folded

_NOTHING = ("", (), None)
_SWITCH = {"true": "Yes", "false": "No"}


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of a product in one source of a page (a script, the DOM), as plain text; empty if missing.

    `features` are (title, description); `rows` are (group, name, value) of the specification sheet; `images` are URLs.
    `price` is NaN for a number that cannot be a price, infinite for a text that is not a number.
    `more` has further fields of `Product`, by name.
    """

    sku: str = ""
    name: str = ""
    categories: tuple[str, ...] = ()
    description: str = ""
    features: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()
    images: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    price: float | None = None
    brand: str = ""
    model: str = ""
    review_count: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def combine(drafts: Sequence[Draft]) -> Draft:
    """Each field from the first draft with a value; variants from all drafts, since each may list only some."""
    values: dict[str, Any] = {"variants": tuple(sku for draft in drafts for sku in draft.variants)}
    further = [pair for draft in reversed(drafts) for pair in draft.more.items()]
    values["more"] = {name: value for name, value in further if value not in _NOTHING}
    for draft in drafts:
        values |= {
            own.name: value
            for own in fields(Draft)
            if own.name not in values and (value := getattr(draft, own.name)) not in _NOTHING
        }
    return Draft(**values | {"price": first_price(draft.price for draft in drafts)})


def first_price(prices: Iterable[float | None]) -> float | None:
    """The first finite price; without one, the first price that is not None."""
    given = [price for price in prices if price is not None]
    return next(filter(math.isfinite, given), given[0] if given else None)


def attribute_rows(rows: Iterable[tuple[str, str, str]]) -> tuple[Attribute, ...]:
    """Rows of (group, name, value) as attributes; each pair of name and value once, in its first group.

    The shop repeats its "Key Specs" in later groups, and writes "true" in JSON where it shows "Yes".
    """
    attributes: dict[tuple[str, str], Attribute] = {}
    for group, name, value in rows:
        group, name, value = folded(group), folded(name), folded(value)
        value = _SWITCH.get(value.lower(), value)
        if name and value:
            attributes.setdefault((name, value), Attribute(group, name, value))
    return tuple(attributes.values())


def spoken(value: Any) -> str:
    """A specification's value as text, with the page's words for true and false."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return plain(value)
