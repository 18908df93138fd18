"""Drafts of a product: the fields that one place of a page tells, and how several drafts become one."""

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
    """What one place of a page (a script, the DOM) tells about a product, as plain text; empty: not told.

    A `price` of NaN is a number that can be none, an infinite one a text that is no number.

    `features` are (title, description), `rows` (group, name, value) of the specification sheet, `images` URLs. `more`
    has further fields of `Product`, by name.
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
    """Each field from the first draft that tells it; variants from all, since each may list but some."""
    told: dict[str, Any] = {"variants": tuple(sku for draft in drafts for sku in draft.variants)}
    further = [pair for draft in reversed(drafts) for pair in draft.more.items()]
    told["more"] = {name: value for name, value in further if value not in _NOTHING}
    for draft in drafts:
        told |= {
            one.name: value
            for one in fields(Draft)
            if one.name not in told and (value := getattr(draft, one.name)) not in _NOTHING
        }
    return Draft(**told | {"price": first_price(draft.price for draft in drafts)})


def first_price(prices: Iterable[float | None]) -> float | None:
    """The first price that is a number; without one the first that was told at all."""
    told = [price for price in prices if price is not None]
    return next(filter(math.isfinite, told), told[0] if told else None)


def attribute_rows(rows: Iterable[tuple[str, str, str]]) -> tuple[Attribute, ...]:
    """Rows of (group, name, value) as attributes: each name and value once, in the group that came first.

    The shop repeats its "Key Specs" in later groups, and writes "true" in JSON where it shows "Yes".
    """
    kept: dict[tuple[str, str], Attribute] = {}
    for group, name, value in rows:
        group, name, value = folded(group), folded(name), folded(value)
        value = _SWITCH.get(value.lower(), value)
        if name and value:
            kept.setdefault((name, value), Attribute(group, name, value))
    return tuple(kept.values())


def spoken(value: Any) -> str:
    """A specification's value as text, with the words that the page shows for true and false."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return plain(value)
