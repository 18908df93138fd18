"""Attribute values found in text by string match, in one spelling for both (sections 3.4 and 4.2).

Both sides are cut into canonical tokens: lower case, numbers with their units as one token in a base unit ("1tb",
"1 terabyte" and "1,000 gigabytes" are `1000gb`; `14"`, "14-inch" and "14 inches" are `14in`), one spelling of a word
("grey", "wi-fi"). A value is mentioned where its tokens stand in a row, so only whole words match.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

Tokens = tuple[str, ...]

_UNITS: dict[str, tuple[str, float]] = {}
"""Spelling of a unit -> base unit, and how many of it."""


def _unit(base: str, factor: float, spellings: str) -> None:
    for spelling in spellings.split(","):
        _UNITS[spelling] = (base, factor)


_unit("in", 1, 'inches,inch,in,ins,"')
_unit("ft", 1, "feet,foot,ft")
_unit("gb", 1000, "terabytes,terabyte,tb,tbs,teras,tera,terrabytes,terrabyte")
_unit("gb", 1, "gigabytes,gigabyte,gb,gbs,gigs,gig")
_unit("gb", 0.001, "megabytes,megabyte,mb,mbs,megs")
_unit("ghz", 1, "gigahertz,ghz")
_unit("ghz", 0.001, "megahertz,mhz")
_unit("hz", 1, "hertz,hz")
_unit("hz", 1000, "kilohertz,khz")
_unit("mp", 1, "megapixels,megapixel,mp")
_unit("w", 1, "watts,watt,w")
_unit("w", 1000, "kilowatts,kilowatt,kw")
_unit("v", 1, "volts,volt,v")
_unit("mah", 1, "milliampere hours,milliamp hours,mah")
_unit("lb", 1, "pounds,pound,lbs,lb")
_unit("oz", 1, "fluid ounces,ounces,ounce,oz")
_unit("kg", 1, "kilograms,kilogram,kilos,kilo,kg")
_unit("kg", 0.001, "grams,gram,g")
_unit("mm", 1, "millimeters,millimeter,mm")
_unit("mm", 10, "centimeters,centimeter,cm")
_unit("cuft", 1, "cubic feet,cubic foot,cubic ft,cu. ft,cu ft,cu.ft,cuft")
_unit("qt", 1, "quarts,quart,qts,qt")
_unit("qt", 4, "gallons,gallon,gal")
_unit("l", 1, "liters,liter,litres,litre,l")
_unit("cup", 1, "cups,cup")
_unit("min", 1, "minutes,minute,mins,min")
_unit("min", 60, "hours,hour,hrs,hr")
_unit("day", 1, "days,day")
_unit("month", 12, "years,year,yrs,yr")
_unit("month", 1, "months,month")
_unit("btu", 1, "btus,btu")
_unit("rpm", 1, "revolutions per minute,rpm")
_unit("db", 1, "decibels,decibel,dba,db")
_unit("nit", 1, "nits,nit")
_unit("lm", 1, "lumens,lumen")
_unit("core", 1, "cores,core")
_unit("speed", 1, "speeds,speed")
_unit("slice", 1, "slices,slice")

_NUMBER_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_RESOLUTIONS = {
    "4k": "3840x2160", "8k": "7680x4320", "1080p": "1920x1080", "1440p": "2560x1440", "720p": "1280x720",
}  # fmt: skip
_SPELLINGS = {
    "grey": "gray", "colour": "color", "wifi": "wi fi", "aluminium": "aluminum",
    "usbc": "usb c", "smartwatch": "smart watch", "soundbar": "sound bar",
    "touchscreen": "touch screen", "colored": "color", "noisecancelling": "noise canceling",
    "cancelling": "canceling", "cancellation": "canceling", "fibre": "fiber", "centre": "center",
}  # fmt: skip

_QUOTES = str.maketrans({"”": '"', "“": '"', "″": '"', "’": "'", "‘": "'", "×": "x", "‑": "-", "–": "-", "\u00a0": " "})
_UNIT_PATTERN = "|".join(re.escape(name) for name in sorted(_UNITS, key=lambda name: (-len(name), name)))
_MEASURE = re.compile(
    rf"(?<![\w.])({'|'.join(_NUMBER_WORDS)}|\d[\d,]*(?:\.\d+)?|\.\d+)[\s-]*"
    rf"(?!in\b[\s-]+(?:the|a|an|one|1|my|our|his|her|this|that|total|all|each)\b)(''|{_UNIT_PATTERN})(?![a-z0-9])\.?"
)
"""A number with its unit; not the "in" of "2-in-1" or "two in the house"."""

_BY = re.compile(r"(?<![\w.])(\d{3,4})\s*x\s*(\d{3,4})p?(?!\w)")
_RESOLUTION = re.compile(rf"(?<!\w)({'|'.join(_RESOLUTIONS)})(?!\w)")
_TOKEN = re.compile(r"\d+(?:\.\d+)?[a-z]+\b|\d+x\d+\b|\d+\.\d+|[^\W_]+")
_LISTED = re.compile(r"\s*[,;]\s+")

_SAYS_NOTHING = frozenset(
    (
        "no", "yes", "true", "false", "other", "none", "n a", "na", "not applicable", "unknown", "unspecified",
        "not available", "not specified", "see description", "standard", "included", "not included", "12month",
        "all", "and", "or", "the", "with", "for", "not", "is", "it", "on", "in", "to", "of", "new", "good", "great",
    )
)  # fmt: skip


@lru_cache(maxsize=4096)
def canonical_tokens(text: str) -> Tokens:
    """The canonical tokens of a text, a token that repeats itself ("3840 x 2160 (4K)") once."""
    plain = unicodedata.normalize("NFKC", text.translate(_QUOTES)).lower()
    plain = _BY.sub(r" \1x\2 ", plain)
    plain = _RESOLUTION.sub(lambda match: f" {_RESOLUTIONS[match[1]]} ", plain)
    plain = _MEASURE.sub(_in_base_unit, plain)
    tokens: list[str] = []
    for token in _TOKEN.findall(plain):
        tokens += _SPELLINGS.get(token, token).split()
    return tuple(token for n, token in enumerate(tokens) if n == 0 or token != tokens[n - 1])


def value_forms(value: str) -> tuple[Tokens, ...]:
    """The token rows of which any says an attribute's value: the whole, and the parts of a list ("HDMI, USB-C").

    Empty for a value that says nothing: "no", "other", one character, bare digits.
    """
    forms = [canonical_tokens(part) for part in (value, *_LISTED.split(value))]
    return tuple(dict.fromkeys(form for form in forms if _says_something(form)))


def mentions_value(tokens: Sequence[str], forms: Iterable[Tokens]) -> bool:
    """Whether any of a value's `forms` stands in a text's canonical tokens."""
    present = set(tokens)
    return any(form[0] in present and _stands_in(tokens, form) for form in forms)


def count_mentioned(text: str, values: Iterable[str]) -> int:
    """How many distinct ones of a product's attribute values a text mentions (section 3.4, the first feature).

    A value that stands under two names, as a shop's key specifications do, counts once.
    """
    tokens = canonical_tokens(text)
    distinct = dict.fromkeys(forms for value in values if (forms := value_forms(value)))
    return sum(mentions_value(tokens, forms) for forms in distinct)


def _in_base_unit(match: re.Match[str]) -> str:
    base, factor = _UNITS['"' if match[2] == "''" else match[2]]
    number = float(_NUMBER_WORDS.get(match[1], match[1]).replace(",", ""))
    return f" {number * factor:.6g}{base} "


def _says_something(form: Tokens) -> bool:
    text = " ".join(form)
    return len(text) > 1 and text not in _SAYS_NOTHING and not text.replace(" ", "").replace(".", "").isdigit()


def _stands_in(tokens: Sequence[str], form: Tokens) -> bool:
    length = len(form)
    return any(tuple(tokens[start : start + length]) == form for start in range(len(tokens) - length + 1))
