"""A raw record, product or review, checked field by field (contract, section 2).

A record is unusable without its ids, or without a product's name and categories. It is also unusable if a review's
text, votes or variant is given but unreadable, since they decide whether the review is dropped. Other unreadable values
become empty, and are reported. Unknown fields go to `extra`. All texts are cleaned here.
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

from ameli_build.core.records import Attribute, Product, RecordField, Review, fields_of
from ameli_build.wording.cleaning import LARGEST as DEAREST
from ameli_build.wording.cleaning import clean_lines, clean_text

Raw = Mapping[str, Any]
T = TypeVar("T")

LARGEST = 2**63 - 1
"""Largest whole number, by the type of a column."""

LONGEST_ID = 200
"""Most characters of an id; shops use a few dozen."""

_NO_ID = re.compile(r"[/\\\x00-\x1f]|\.\.")
_WHOLE = re.compile(r"[+-]?(?:[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})(?:\.0*)?")
PRODUCT_FIELDS = tuple(field.name for field in fields_of(Product) if field.column)
REVIEW_FIELDS = tuple(field.name for field in fields_of(Review) if field.column)


class BadRecord(ValueError):
    """An unusable record; the text names the field and the fault."""


class Unreadable:
    """Placeholder in a record for a value that cannot be represented; `why` is the reason."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __repr__(self) -> str:
        return self.why


class Unsafe(BadRecord):
    """An id or a path that could lead out of its folder; makes the whole record unusable, even in optional fields."""


class Reader:
    """Reads the fields of a raw record; `unread` collects the errors of optional values."""

    def __init__(self, record: Raw) -> None:
        self.record = record
        self.unread: list[str] = []

    def optional(self, read: Callable[[Raw, str], T], field: str, otherwise: T) -> T:
        """The value of an optional field; `otherwise` if it cannot be read."""
        return self._try(partial(read, self.record, field), otherwise)

    def items(self, field: str, read: Callable[[object], T | None]) -> tuple[T, ...]:
        """The items of an optional list, without empty and unreadable items."""
        listed: list[Any] = self.optional(_list, field, [])
        found = (self._try(partial(read, item), None) for item in listed)
        return tuple(item for item in found if item is not None)

    def fields(self, record: type, special: Mapping[str, Callable[[Reader, str], Any]]) -> dict[str, Any]:
        """The fields of a record type: by the functions in `special`, all others by the type of their values."""
        return {
            field.name: special[field.name](self, field.name) if field.name in special else self._by_type(field)
            for field in fields_of(record)
            if field.column
        }

    def _by_type(self, field: RecordField) -> Any:
        """An optional field; a field that has no None is empty, zero or False without a value."""
        if field.kind == tuple[str, ...]:
            return self.items(field.name, partial(_item, field.name))
        has_lines = field.kind is str and not field.optional
        value = self.optional(_text if has_lines else _READERS[field.kind], field.name, None)
        return value if field.optional or value is not None else field.kind()

    def aside(self, known: tuple[str, ...]) -> str:
        """The fields that are not in `known`, as JSON."""
        others: dict[str, Any] = {}
        for field, value in self.record.items():
            if field not in known:
                others[str(field)] = self._try(partial(_readable, field, value), None)
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
    """A raw product record as a `Product`; adds unreadable values to `unread`. Raises `BadRecord`."""
    of = Reader(record)
    product = Product(**of.fields(Product, _OF_PRODUCTS), source=source, extra=of.aside(PRODUCT_FIELDS))
    if unread is not None:
        unread += of.unread
    return product


def review_of(record: Raw, source: str = "", conflict: bool = False, unread: list[str] | None = None) -> Review:
    """A raw review record as a `Review`; adds unreadable values to `unread`. Raises `BadRecord`."""
    of = Reader(record)
    fields = of.fields(Review, _OF_REVIEWS)
    review = Review(**fields, conflict=conflict, source=source, extra=of.aside(REVIEW_FIELDS))
    if unread is not None:
        unread += of.unread
    return review


def check_id(field: str, text: str) -> str:
    """`text` as an id, without surrounding blanks. Raises `BadRecord` for text that no file name could contain."""
    text = text.strip()
    if not text:
        raise BadRecord(f"{field}: empty")
    if len(text) > LONGEST_ID:
        raise BadRecord(f"{field}: longer than {LONGEST_ID} characters: {_shown(text)}")
    if text == "." or _NO_ID.search(text):
        raise Unsafe(f"{field}: not an id, it could leave its folder: {text[:80]!r}")
    return text


def is_url(reference: str) -> bool:
    """Whether an image reference is a URL, not a path below the images folder."""
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


def _line(record: Raw, field: str) -> str | None:
    value = record.get(field)
    return None if _blank(value) else clean_text(_string(field, value)) or None


def _id(record: Raw, field: str) -> str:
    return check_id(field, _string(field, _required(record, field)))


def _about(record: Raw, field: str) -> str | None:
    value = record.get(field)
    sku = "" if _blank(value) else _string(field, value).strip()
    return check_id(field, sku) if sku else None


def _name(record: Raw, field: str) -> str:
    name = clean_text(_string(field, _required(record, field)))
    if not name:
        raise BadRecord("name: empty")
    return name


def _categories(record: Raw, field: str) -> tuple[str, ...]:
    _required(record, field)
    names = (clean_text(_string(field, item)) for item in _list(record, field))
    return tuple(name for name in names if name)


def _list(record: Raw, field: str) -> list[Any]:
    value = record.get(field)
    if _blank(value):
        return []
    if not isinstance(value, list):
        raise BadRecord(f"{field}: not a list: {_shown(value)}")
    return value


def _item(field: str, item: object) -> str | None:
    return clean_text(_string(field, item)) or None


def _variant(item: object) -> str:
    return check_id("variants", _string("variants", item))


def _reference(item: object) -> str:
    """A reference to a picture, unchanged."""
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
    """An attribute; None if its value is null."""
    if not isinstance(item, Mapping):
        raise BadRecord(f"attributes: not an object: {_shown(item)}")
    group, name, value = _line(item, "group") or "", _line(item, "name"), item.get("value")
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


def _switch(record: Raw, field: str) -> bool | None:
    value = record.get(field)
    if _blank(value) or value == "":
        return None
    answer = value.strip().lower() if isinstance(value, str) else value
    if answer not in ("true", "yes", "false", "no") and not isinstance(answer, bool):
        raise BadRecord(f"{field}: neither true nor false: {_shown(value)}")
    return answer in (True, "true", "yes")


def _moment(record: Raw, field: str) -> str | None:
    value = record.get(field)
    if isinstance(value, date):  # from Parquet
        return value.isoformat()
    return _line(record, field)


def _readable(field: str, value: object) -> object:
    if isinstance(value, Unreadable):
        raise BadRecord(f"{field}: {value}")
    return value


_READERS: Mapping[type, Callable[[Raw, str], Any]] = {str: _line, int: _whole, float: _number, bool: _switch}


def _must(read: Callable[[Raw, str], Any]) -> Callable[[Reader, str], Any]:
    """A field without which a record is unusable if `read` fails."""
    return lambda of, field: read(of.record, field)


def _can(read: Callable[[Raw, str], Any]) -> Callable[[Reader, str], Any]:
    """A field that is None if `read` fails."""
    return lambda of, field: of.optional(read, field, None)


def _each(read: Callable[[object], Any]) -> Callable[[Reader, str], Any]:
    """A list without the items for which `read` fails."""
    return lambda of, field: of.items(field, read)


_OF_PRODUCTS: Mapping[str, Callable[[Reader, str], Any]] = {
    "sku": _must(_id),
    "name": _must(_name),
    "categories": _must(_categories),
    "attributes": _each(_attribute),
    "images": _each(_reference),
    "variants": _each(_variant),
    "fetched_at": _can(_moment),
}
"""Fields of a product that are not read by the type of their values alone."""

_OF_REVIEWS: Mapping[str, Callable[[Reader, str], Any]] = {
    "review_id": _must(_id),
    "sku": _must(_id),
    "text": _must(_text),
    "helpful": _must(_votes),
    "unhelpful": _must(_votes),
    "images": _each(_reference),
    "product_details_sku": _must(_about),
    "submitted_at": _can(_moment),
}
"""Fields of a review that are not read by the type of their values alone."""
