"""One raw record, a product or a review, checked field by field (contract, section 2).

Known fields of a wrong type make a record unusable, null and absent optional fields do not, and fields with other
names are kept aside in `extra`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import PureWindowsPath
from typing import Any

from ameli_build.records import Attribute, Product, Review

Raw = Mapping[str, Any]

LARGEST = 2**63 - 1
"""Of whole numbers; what a column of them holds."""

_NO_ID = re.compile(r"[/\\\x00-\x1f]|\.\.")
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}(\.0*)?")
_PRODUCT_FIELDS = frozenset(Product.__dataclass_fields__) - {"source", "extra"}
_REVIEW_FIELDS = frozenset(Review.__dataclass_fields__) - {"source", "extra", "conflict"}


class BadRecord(ValueError):
    """A record that cannot be used; the text names the field and what is wrong with it."""


def product_of(record: Raw, source: str = "") -> Product:
    """A raw product record as a `Product`. Raises `BadRecord`."""
    return Product(
        sku=_id(record, "sku"),
        name=_name(record),
        categories=_strings(record, "categories", required=True),
        description=_text(record, "description"),
        attributes=_attributes(record),
        images=_references(record),
        url=_text(record, "url") or None,
        variants=tuple(check_id("variants", variant) for variant in _strings(record, "variants")),
        price=_number(record, "price"),
        fetched_at=_moment(record, "fetched_at"),
        source=source,
        extra=_extra(record, _PRODUCT_FIELDS),
    )


def review_of(record: Raw, source: str = "", conflict: bool = False) -> Review:
    """A raw review record as a `Review`. Raises `BadRecord`."""
    about = _text(record, "product_details_sku")
    return Review(
        review_id=_id(record, "review_id"),
        sku=_id(record, "sku"),
        title=_text(record, "title"),
        text=_text(record, "text"),
        rating=_whole(record, "rating"),
        helpful=_votes(record, "helpful"),
        unhelpful=_votes(record, "unhelpful"),
        images=_references(record),
        product_details_sku=check_id("product_details_sku", about) if about else None,
        author=_text(record, "author") or None,
        submitted_at=_moment(record, "submitted_at"),
        conflict=conflict,
        source=source,
        extra=_extra(record, _REVIEW_FIELDS),
    )


def check_id(field: str, text: str) -> str:
    """`text` where it can be an id, of which file names are made. Raises `BadRecord`."""
    if not text.strip():
        raise BadRecord(f"{field}: empty")
    if text == "." or _NO_ID.search(text):
        raise BadRecord(f"{field}: not an id, it could leave its folder: {text[:80]!r}")
    return text


def is_url(reference: str) -> bool:
    """Whether an image reference is a URL, and not a path below the images folder."""
    return "://" in reference or reference.lower().startswith(("data:", "file:"))


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _required(record: Raw, field: str) -> Any:
    if field not in record:
        raise BadRecord(f"{field}: missing")
    if _blank(record[field]):
        raise BadRecord(f"{field}: null")
    return record[field]


def _check_text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadRecord(f"{field}: not a string: {_shown(value)}")
    if "\0" in value:
        raise BadRecord(f"{field}: holds a NUL character")
    return value


def _text(record: Raw, field: str) -> str:
    value = record.get(field)
    return "" if _blank(value) else _check_text(field, value)


def _id(record: Raw, field: str) -> str:
    value = _required(record, field)
    if not isinstance(value, str):
        raise BadRecord(f"{field}: not a string: {_shown(value)}")
    return check_id(field, value)


def _name(record: Raw) -> str:
    name = _check_text("name", _required(record, "name"))
    if not name.strip():
        raise BadRecord("name: empty")
    return name


def _strings(record: Raw, field: str, required: bool = False) -> tuple[str, ...]:
    value = _required(record, field) if required else record.get(field)
    if _blank(value):
        return ()
    if not isinstance(value, list):
        raise BadRecord(f"{field}: not a list: {_shown(value)}")
    return tuple(_check_text(field, item) for item in value)


def _references(record: Raw) -> tuple[str, ...]:
    references = _strings(record, "images")
    for reference in references:
        _check_reference(reference)
    return references


def _check_reference(reference: str) -> None:
    if not reference.strip():
        raise BadRecord("images: an empty path")
    if is_url(reference):
        if not reference.lower().startswith(("http://", "https://")):
            raise BadRecord(f"images: neither a path nor an http(s) URL: {_shown(reference)}")
        return
    path = PureWindowsPath(reference)
    depth = 0
    for part in path.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            break
    if path.drive or path.root or depth < 0:
        raise BadRecord(f"images: a path that leaves the images folder: {_shown(reference)}")


def _attributes(record: Raw) -> tuple[Attribute, ...]:
    value = record.get("attributes")
    if _blank(value):
        return ()
    if not isinstance(value, list):
        raise BadRecord(f"attributes: not a list: {_shown(value)}")
    attributes = (_attribute(item) for item in value)
    return tuple(attribute for attribute in attributes if attribute is not None)


def _attribute(item: object) -> Attribute | None:
    """One attribute; None for a value that is null, which says nothing."""
    if not isinstance(item, Mapping):
        raise BadRecord(f"attributes: not an object: {_shown(item)}")
    group, name = _text(item, "group"), _text(item, "name")
    if not name.strip():
        raise BadRecord("attributes: a row without a name")
    value = item.get("value")
    if _blank(value):
        return None
    if isinstance(value, bool):
        value = "Yes" if value else "No"
    elif isinstance(value, int | float | Decimal):
        value = str(value)
    return Attribute(group, name, _check_text("attributes", value))


def _whole(record: Raw, field: str) -> int | None:
    value = record.get(field)
    if _blank(value):
        return None
    number: int | None = None
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        number = int(value.strip().split(".")[0])
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool) and math.isfinite(value):
        number = int(value) if value == int(value) else None
    if number is None or abs(number) > LARGEST:
        raise BadRecord(f"{field}: not a whole number: {_shown(value)}")
    return number


def _votes(record: Raw, field: str) -> int:
    number = _whole(record, field) or 0
    if number < 0:
        raise BadRecord(f"{field}: negative: {number}")
    return number


def _number(record: Raw, field: str) -> float | None:
    value = record.get(field)
    if _blank(value):
        return None
    number = math.nan
    if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
    if not math.isfinite(number):
        raise BadRecord(f"{field}: not a number: {_shown(value)}")
    return number


def _moment(record: Raw, field: str) -> str | None:
    value = record.get(field)
    if isinstance(value, date):  # Parquet has a type for it
        return value.isoformat()
    return _text(record, field) or None


def _extra(record: Raw, known: frozenset[str]) -> str:
    aside = {str(key): value for key, value in record.items() if key not in known}
    return json.dumps(aside, sort_keys=True, ensure_ascii=False, default=str)
