"""Text and numbers from markup, the same for pages and for ingested records."""

from __future__ import annotations

import math
import re
from html import unescape as _unescape

_INLINE_TAG = re.compile(r"</?(?:a|b|em|font|i|small|span|strong|sub|sup|u)\b[^<>]*>", re.I)
_BLOCK_TAG = re.compile(r"</?(?:br|div|h[1-6]|li|ol|p|table|tbody|td|th|tr|ul)\b[^<>]*>", re.I)
_NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_COMMA_CENTS = re.compile(r"(?<![0-9.,])([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,9}),([0-9]{2})(?![0-9.,])")
"""A price as most of Europe writes it."""
_TOO_LONG = re.compile("&#0*[1-9][0-9]{7,};?")
"""Character references of too many digits; Python raises an error above 4,300."""
LARGEST = 1e9
"""Largest number of a page: prices, counts, ranks."""
OUT_OF_RANGE = "out_of_range"
"""Key in a record's `extra` that lists the fields whose numbers were out of range."""


def clean_text(text: object) -> str:
    """A text, perhaps with markup, as one line of plain text: tags removed, entities decoded; "" for other types."""
    if not isinstance(text, str):
        return ""
    text = _untagged(text)
    return folded(unescape(text))


def clean_lines(text: str) -> str:
    """`clean_text` for texts that people write: without tags, lines and spaces stay as they are."""
    plain = _untagged(text)
    if plain != text:
        plain = folded(plain)
    return readable(unescape(plain))


def unescape(text: str) -> str:
    """`text` with its character references decoded; impossible numbers, however long, become U+FFFD."""
    return _unescape(_TOO_LONG.sub("\ufffd", text)) if "&" in text else text


def _untagged(text: str) -> str:
    return _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", text)) if "<" in text else text


def folded(text: str) -> str:
    """Plain text on one line, with white space folded."""
    return " ".join(readable(text).split())


def readable(text: str) -> str:
    """`text` without NUL, and with U+FFFD for each half of a surrogate pair, so that it can be written as UTF-8."""
    text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number_in(text: object) -> float | None:
    """The first number in a text such as "$1,299.99", or a JSON number itself; None without a number up to `LARGEST`.

    >>> number_in("$1,299.99"), number_in("1.299,99"), number_in("9" * 400), number_in(10**400)
    (1299.99, 1299.99, None, None)
    """
    if isinstance(text, str):
        match = _NUMBER.search(_COMMA_CENTS.sub(_with_point, text))
        text = float(match[0].replace(",", "")) if match else None
    if not isinstance(text, int | float) or isinstance(text, bool) or not -LARGEST <= text <= LARGEST:
        return None
    return float(text)


def _with_point(match: re.Match[str]) -> str:
    return f"{match[1].replace('.', '')}.{match[2]}"


def price_in(*texts: object) -> float | None:
    """The first price among texts and JSON numbers; None if all are empty.

    NaN if all numbers are too large for a price; infinity if there is a value but no number.
    """
    found = [number_in(text) for text in texts]
    price = next((price for price in found if price is not None), None)
    if price is None and any(map(_is_number, texts)):
        return math.nan
    return math.inf if price is None and any(text not in (None, "", [], {}) for text in texts) else price


def _is_number(text: object) -> bool:
    if isinstance(text, str):
        return _NUMBER.search(text) is not None
    return isinstance(text, int | float) and not isinstance(text, bool)


def count_in(text: object) -> int | None:
    """The first whole number in a text such as "(1,234 Reviews)"; None if there is none."""
    number = number_in(text)
    return int(number) if number is not None else None
