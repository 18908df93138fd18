"""One raw record, a product or a review, checked field by field (contract, section 2).

A record is unusable without what the pipeline needs of it: ids, a product's name and categories, and of a review the
text, the votes and the variant as far as they are given, since a guess at these would change what becomes of it. Any
other value that cannot be read is left empty, and told. Fields with other names are kept aside in `extra`. Texts
are cleaned here, whichever way they came in.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import PureWindowsPath
from typing import Any, TypeVar

from ameli_build.core.records import Attribute, Product, Review
from ameli_build.wording.cleaning import LARGEST as DEAREST
from ameli_build.wording.cleaning import clean_lines, clean_text

Raw = Mapping[str, Any]
T = TypeVar("T")

LARGEST = 2**63 - 1
"""Of whole numbers; what a column of them holds."""

LONGEST_ID = 200
"""Characters of an id; the longest that any shop uses have some dozens."""

_NO_ID = re.compile(r"[/\\\x00-\x1f]|\.\.")
_WHOLE = re.compile(r"[+-]?(?:[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})(?:\.0*)?")
PRODUCT_FIELDS = tuple(name for name in Product.__dataclass_fields__ if name not in ("source", "extra"))
REVIEW_FIELDS = tuple(name for name in Review.__dataclass_fields__ if name not in ("source", "extra", "conflict"))


class BadRecord(ValueError):
    """A record that cannot be used; the text names the field and what is wrong with it."""


class Unreadable:
    """Stands in a record for a value that cannot be held; `why` says what is wrong with it."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __repr__(self) -> str:
        return self.why


class Unsafe(BadRecord):
    """An id or a path that could lead out of its folder: never taken, and never passed over."""


class Reader:
    """The fields of one raw record; `unread` tells of optional values that could not be read."""

    def __init__(self, record: Raw) -> None:
        self.record = record
        self.unread: list[str] = []

    def optional(self, read: Callable[[Raw, str], T], field: str, otherwise: T) -> T:
        """A field that a record can do without; `otherwise` where its value cannot be read."""
        return self._try(partial(read, self.record, field), otherwise)

    def items(self, field: str, read: Callable[[object], T | None]) -> tuple[T, ...]:
        """The items of a list that a record can do without, those left out that cannot be read or say nothing."""
        listed: list[Any] = self.optional(_list, field, [])
        found = (self._try(partial(read, item), None) for item in listed)
        return tuple(item for item in found if item is not None)

    def aside(self, known: tuple[str, ...]) -> str:
        """The fields that are not `known`, as JSON."""
        others: dict[str, Any] = {}
        for field, value in self.record.items():
            if field not in known:
                others[str(field)] = self._try(partial(_held, field, value), None)
        return json.dumps(others, sort_keys=True, ensure_ascii=False, default=str)

    def _try(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Unsafe:
            raise
        except BadRecord as error:
            self.unread.append(str(error))
            return otherwise


def product_of(record: Raw, source: str = "", unread: list[str] | None = None) -> Product:
    """A raw product record as a `Product`; what of it could not be read is added to `unread`. Raises `BadRecord`."""
    of = Reader(record)
    product = Product(
        sku=_id(record, "sku"),
        name=_name(record),
        categories=_categories(record),
        description=of.optional(_text, "description", ""),
        attributes=of.items("attributes", _attribute),
        images=of.items("images", _reference),
        url=of.optional(_line, "url", "") or None,
        variants=of.items("variants", _variant),
        price=of.optional(_number, "price", None),
        fetched_at=of.optional(_moment, "fetched_at", None),
        source=source,
        extra=of.aside(PRODUCT_FIELDS),
    )
    if unread is not None:
        unread += of.unread
    return product


def review_of(record: Raw, source: str = "", conflict: bool = False, unread: list[str] | None = None) -> Review:
    """A raw review record as a `Review`; what of it could not be read is added to `unread`. Raises `BadRecord`."""
    of = Reader(record)
    about = record.get("product_details_sku")
    about = "" if _blank(about) else _string("product_details_sku", about).strip()
    review = Review(
        review_id=_id(record, "review_id"),
        sku=_id(record, "sku"),
        title=of.optional(_text, "title", ""),
        text=_text(record, "text"),
        rating=of.optional(_whole, "rating", None),
        helpful=_votes(record, "helpful"),
        unhelpful=_votes(record, "unhelpful"),
        images=of.items("images", _reference),
        product_details_sku=check_id("product_details_sku", about) if about else None,
        author=of.optional(_line, "author", "") or None,
        submitted_at=of.optional(_moment, "submitted_at", None),
        conflict=conflict,
        source=source,
        extra=of.aside(REVIEW_FIELDS),
    )
    if unread is not None:
        unread += of.unread
    return review


def check_id(field: str, text: str) -> str:
    """`text` without the blanks around it where it can be an id, of which file names are made. Raises `BadRecord`."""
    text = text.strip()
    if not text:
        raise BadRecord(f"{field}: empty")
    if len(text) > LONGEST_ID:
        raise BadRecord(f"{field}: longer than {LONGEST_ID} characters: {_shown(text)}")
    if text == "." or _NO_ID.search(text):
        raise Unsafe(f"{field}: not an id, it could leave its folder: {text[:80]!r}")
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


def _string(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadRecord(f"{field}: not a string: {_shown(value)}")
    return value


def _text(record: Raw, field: str) -> str:
    value = record.get(field)
    return "" if _blank(value) else clean_lines(_string(field, value))


def _line(record: Raw, field: str) -> str:
    value = record.get(field)
    return "" if _blank(value) else clean_text(_string(field, value))


def _id(record: Raw, field: str) -> str:
    return check_id(field, _string(field, _required(record, field)))


def _name(record: Raw) -> str:
    name = clean_text(_string("name", _required(record, "name")))
    if not name:
        raise BadRecord("name: empty")
    return name


def _categories(record: Raw) -> tuple[str, ...]:
    _required(record, "categories")
    names = (clean_text(_string("categories", item)) for item in _list(record, "categories"))
    return tuple(name for name in names if name)


def _list(record: Raw, field: str) -> list[Any]:
    value = record.get(field)
    if _blank(value):
        return []
    if not isinstance(value, list):
        raise BadRecord(f"{field}: not a list: {_shown(value)}")
    return value


def _variant(item: object) -> str:
    return check_id("variants", _string("variants", item))


def _reference(item: object) -> str:
    """A reference to a picture, as it was given."""
    reference = _string("images", item)
    if not reference.strip():
        raise BadRecord("images: an empty path")
    if "\0" in reference:
        raise Unsafe("images: holds a NUL character")
    if is_url(reference):
        if not reference.lower().startswith(("http://", "https://")):
            refused = Unsafe if reference.lower().startswith("file:") else BadRecord
            raise refused(f"images: neither a path nor an http(s) URL: {_shown(reference)}")
        return reference
    path = PureWindowsPath(reference)
    depth = 0
    for part in path.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            break
    if path.drive or path.root or depth < 0:
        raise Unsafe(f"images: a path that leaves the images folder: {_shown(reference)}")
    return reference


def _attribute(item: object) -> Attribute | None:
    """One attribute; None for a value that is null, which says nothing."""
    if not isinstance(item, Mapping):
        raise BadRecord(f"attributes: not an object: {_shown(item)}")
    group, name, value = _line(item, "group"), _line(item, "name"), item.get("value")
    if not name:
        raise BadRecord("attributes: a row without a name")
    if _blank(value):
        return None
    if isinstance(value, bool):
        value = "Yes" if value else "No"
    elif isinstance(value, int | float | Decimal):
        value = str(value)
    return Attribute(group, name, clean_text(_string("attributes", value)))


def _whole(record: Raw, field: str) -> int | None:
    value = record.get(field)
    if _blank(value) or value == "":
        return None
    number: int | None = None
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        number = int(value.strip().split(".")[0].replace(",", ""))
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float | Decimal) and -LARGEST <= value <= LARGEST:
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
    if _blank(value) or value == "":
        return None
    number = math.nan
    if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
    if not math.isfinite(number):
        raise BadRecord(f"{field}: not a number: {_shown(value)}")
    if not 0 <= number <= DEAREST:
        raise BadRecord(f"{field}: out of range: {_shown(value)}")
    return number


def _moment(record: Raw, field: str) -> str | None:
    value = record.get(field)
    if isinstance(value, date):  # Parquet has a type for it
        return value.isoformat()
    return _line(record, field) or None


def _held(field: str, value: object) -> object:
    if isinstance(value, Unreadable):
        raise BadRecord(f"{field}: {value}")
    return value
