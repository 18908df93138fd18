"""What a parser makes of one page of the shop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Literal

from ameli_build.records import Attribute, Product

Generation = Literal["A", "B", "C"]

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title>", re.S | re.I)
_CHARSET = re.compile(rb"""charset=["']?([A-Za-z0-9_.:-]+)""", re.I)
_OTHERS = {
    "access denied": "a block page (Access Denied)",
    "pardon our interruption": "a block page (Pardon our interruption)",
    "select your country": "the choice of country",
}
_SWITCH = {"true": "Yes", "false": "No"}


class WrongPage(ValueError):
    """The answer is not the page that was asked for: a block, a choice of country, nothing, another type."""


class NotAProduct(WrongPage):
    """The answer is not a product page, or one without name or SKU."""


class NotReviews(WrongPage):
    """The answer is not review JSON."""


class NotAListing(WrongPage):
    """The answer is not a listing or a sitemap."""


@dataclass(frozen=True, slots=True)
class ParsedProduct:
    """A product page. `review_count` is what the page claims, None where it claims nothing.

    `product.source` is empty; `has_specifications` tells whether specification rows were in the page as it was given,
    so that a crawler knows whether a click is needed.
    """

    product: Product
    generation: Generation
    has_specifications: bool
    review_count: int | None = None
    variant_skus: tuple[str, ...] = ()


def page_text(body: bytes) -> str:
    """A page's text: UTF-8 where that fits, else the character set that the page declares, else Windows-1252."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return body.decode()
    except UnicodeDecodeError:
        declared = _CHARSET.search(body[:4096])
    try:
        return body.decode(declared[1].decode() if declared else "cp1252", errors="replace")
    except (LookupError, UnicodeError):
        return body.decode(errors="replace")


def wrong_page(text: str) -> str | None:
    """What a page is instead of the shop's, told by its title; None for a page of the shop.

    The word "captcha" stands on good pages, so only titles count.
    """
    if not text.strip():
        return "an empty answer"
    title = _TITLE.search(text)
    words = clean_text(title[1]).lower() if title else clean_text(text[:200]).lower()
    return next((what for mark, what in _OTHERS.items() if mark in words), None)


def clean_text(text: object) -> str:
    """One line of plain text: entities decoded, tags taken out, white space folded; "" for what is not a string."""
    if not isinstance(text, str):
        return ""
    return " ".join(readable(unescape(_TAG.sub(" ", text))).split())


def readable(text: str) -> str:
    """`text` without NUL, and with U+FFFD for each half of a surrogate pair, so that it can be written as UTF-8."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def attribute_rows(rows: Iterable[tuple[str, str, str]]) -> tuple[Attribute, ...]:
    """Rows of (group, name, value) as attributes: each name and value once, in the group that came first.

    The shop repeats its "Key Specs" in later groups, and writes "true" in JSON where it shows "Yes".
    """
    kept: dict[tuple[str, str], Attribute] = {}
    for group, name, value in rows:
        group, name, value = clean_text(group), clean_text(name), clean_text(value)
        value = _SWITCH.get(value.lower(), value)
        if name and value:
            kept.setdefault((name, value), Attribute(group, name, value))
    return tuple(kept.values())


def extra_fields(brand: str, model: str, features: Iterable[tuple[str, str]]) -> str:
    """What the page says beyond the record's columns, as a JSON object without empty members."""
    listed = [{"title": clean_text(title), "description": clean_text(text)} for title, text in features]
    fields = {"brand": clean_text(brand), "model": clean_text(model), "features": listed}
    return json.dumps({key: value for key, value in fields.items() if value}, sort_keys=True, ensure_ascii=False)


def description_or_features(description: str, features: Iterable[tuple[str, str]]) -> str:
    """The description; where a page has none, its list of features."""
    lines = [": ".join(part for part in (clean_text(title), clean_text(text)) if part) for title, text in features]
    return clean_text(description) or "\n".join(line for line in lines if line)
