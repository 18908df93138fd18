"""What a parser makes of one page of the shop."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal
from urllib.parse import urljoin

from ameli_build.core.records import Attribute, Product
from ameli_build.shops.bestbuy.urls import original_image, sku_of
from ameli_build.shops.markup import title_of
from ameli_build.wording.charsets import page_text as page_text
from ameli_build.wording.cleaning import OUT_OF_RANGE, clean_text, folded, readable

Generation = Literal["A", "B", "C"]
Wording = Literal["blocked", "no_longer_sold", "not_a_product"]

_OTHERS = {
    "access denied": "a block page (Access Denied)",
    "pardon our interruption": "a block page (Pardon our interruption)",
    "select your country": "the choice of country",
}
_SKU = re.compile(r"[0-9]{1,20}")
_WORDINGS: tuple[tuple[Wording, re.Pattern[str]], ...] = (
    (
        "blocked",
        re.compile(
            r"just a moment|access (?:is )?(?:denied|blocked)|(?:you are|you're|are you) (?:a )?(?:human|robot)"
            r"|robot or human|not a robot|human verification|verify(?:ing)? (?:that )?(?:you|your|access)"
            r"|security (?:check|challenge|verification)|checking (?:if|your browser)|unusual (?:traffic|activity)"
            r"|attention required|pardon our interruption|press (?:and|&) hold|request (?:unsuccessful|blocked)"
            r"|you have been blocked|too many requests|bot detect|ddos protection|enable (?:javascript|cookies)",
            re.I,
        ),
    ),
    (
        "no_longer_sold",
        re.compile(
            r"no longer (?:available|sold|carried|offered|exists)|(?:not|n't) available (?:any ?more|any longer)"
            r"|discontinued|(?:page|product|item) (?:was |is |could |can )?(?:not|n't|cannot)(?: be)? (?:found|exist)"
            r"|(?:couldn't|could not|can't|cannot) find|(?:has been|was) (?:removed|withdrawn)|^404\b",
            re.I,
        ),
    ),
    (
        "not_a_product",
        re.compile(
            r"(?:something|that) went wrong|we're sorry|^sorry[,.]|^oops|^error\b|try again|(?:un|not )available\b"
            r"|be right back",
            re.I,
        ),
    ),
)
"""What a page says that stands in another's place, by the word that it is counted by."""
MAX_ROWS = 10_000
"""Reviews or products on one page of JSON, of which a shop sends at most a hundred."""
UNREAD = "unread"
"""Stands in a record's `extra` with the fields of which a value was told and could not be read, each as often."""
_SWITCH = {"true": "Yes", "false": "No"}


class WrongPage(ValueError):
    """The answer is not the page that was asked for: a block, a choice of country, nothing, another type."""


class NotAProduct(WrongPage):
    """The answer is not a product page, or one without name or SKU."""


class NotReviews(WrongPage):
    """The answer is not review JSON."""


class NotAListing(WrongPage):
    """The answer is not a listing or a sitemap."""


def error_text(error: Exception) -> str:
    """What was wrong, in a line: the words of an error that speaks of the page, the name of any other as well."""
    text = " ".join(str(error).split())[:200]
    return text if type(error).__module__.startswith("ameli_build.") else f"{type(error).__name__}: {text}"


@dataclass(frozen=True, slots=True)
class ParsedProduct:
    """A product page. `review_count` is what the page claims, None where it claims nothing.

    `product.source` is empty; `has_specifications` tells whether specification rows were in the page as it was given,
    and `has_button` whether there was a button for more, so that a crawler knows whether a click is needed.
    """

    product: Product
    generation: Generation
    has_specifications: bool
    review_count: int | None = None
    variant_skus: tuple[str, ...] = ()
    has_button: bool = False


def wrong_page(text: str) -> str | None:
    """What a page is instead of the shop's, told by its title; None for a page of the shop.

    The word "captcha" stands on good pages, so only titles count.
    """
    if not text.strip():
        return "an empty answer"
    title = title_of(text)
    words = clean_text(text[:200] if title is None else title).lower()
    return next((what for mark, what in _OTHERS.items() if mark in words), None)


def wording(text: str) -> Wording | None:
    """What a short text such as a heading says in place of a product's name; None for one that may be a name.

    >>> wording("Verify you are human"), wording("This item is no longer available."), wording("A red lamp")
    ('blocked', 'no_longer_sold', None)
    """
    return next((word for word, pattern in _WORDINGS if pattern.search(text)), None)


@dataclass(frozen=True, slots=True)
class Draft:
    """What one place of a page (a script, the DOM) tells about a product, as plain text; empty: not told.

    A `price` of NaN is a number that can be none, an infinite one a text that is no number.

    `features` are (title, description), `rows` (group, name, value) of the specification sheet, `images` URLs.
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


def combine(drafts: Sequence[Draft]) -> Draft:
    """Each field from the first draft that tells it; variants from all, since each may list but some."""
    told: dict[str, Any] = {"variants": tuple(sku for draft in drafts for sku in draft.variants)}
    for draft in drafts:
        told |= {
            field.name: value
            for field in fields(Draft)
            if field.name not in told and (value := getattr(draft, field.name)) not in ("", (), None)
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


def as_parsed(draft: Draft, generation: Generation, url: str) -> ParsedProduct:
    """A draft as a record of a page. Raises `NotAProduct` without a SKU or a name."""
    product = as_product(draft, url)
    return ParsedProduct(product, generation, bool(product.attributes), draft.review_count, product.variants)


def as_product(draft: Draft, url: str) -> Product:
    """A draft as a record. Raises `NotAProduct` without a SKU or a name."""
    sku, name = draft.sku or sku_of(url) or "", folded(draft.name)
    if not sku or not name:
        raise NotAProduct(f"a page without a product's {'name' if sku else 'SKU'}")
    if not _SKU.fullmatch(sku):
        raise NotAProduct(f"a page with an odd SKU: {sku[:40]!r}")
    variants = tuple(sorted({other for other in draft.variants if _SKU.fullmatch(other)} - {sku}))
    images = [_absolute(url, image) for image in draft.images]
    return Product(
        sku=sku,
        name=name,
        categories=tuple(part for part in map(folded, draft.categories) if part),
        description=folded(draft.description) or _feature_lines(draft.features),
        attributes=attribute_rows(draft.rows),
        images=tuple(dict.fromkeys(image for image in images if image.startswith(("http://", "https://")))),
        url=url,
        variants=variants,
        price=draft.price if draft.price is not None and math.isfinite(draft.price) else None,
        extra=_extra(draft, images),
    )


def _absolute(url: str, reference: str) -> str:
    try:
        return original_image(urljoin(url, readable(reference).strip()))
    except ValueError:  # an address that is none
        return ""


def _feature_lines(features: Iterable[tuple[str, str]]) -> str:
    """A page without a description: its features, one a line."""
    lines = (": ".join(part for part in map(folded, feature) if part) for feature in features)
    return "\n".join(line for line in lines if line)


def _extra(draft: Draft, images: Sequence[str]) -> str:
    listed = [{"title": folded(title), "description": folded(text)} for title, text in draft.features]
    told: dict[str, Any] = {"brand": folded(draft.brand), "model": folded(draft.model), "features": listed}
    if draft.price is not None and math.isnan(draft.price):
        told[OUT_OF_RANGE] = ["price"]
    told[UNREAD] = ["price"] if draft.price is not None and math.isinf(draft.price) else []
    told[UNREAD] += ["images" for image in images if not image.startswith(("http://", "https://", "data:"))]
    told[UNREAD] += ["variants" for other in set(draft.variants) if not _SKU.fullmatch(other)]
    return json.dumps({key: value for key, value in told.items() if value}, sort_keys=True, ensure_ascii=False)
