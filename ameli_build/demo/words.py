"""Spellings of values in titles, in descriptions and by shoppers, and seeded random generators."""

from __future__ import annotations

import hashlib
import random
import re

NUMBERED = re.compile(r"(?P<number>\d+(?:\.\d+)?) (?P<unit>[a-z]+(?: [a-z]+)*)")

TITLE_UNITS = {
    "inches": '{n}"',
    "gigabytes": "{n}GB",
    "terabytes": "{n}TB",
    "cubic feet": "{n} Cu. Ft.",
    "megapixels": "{n}MP",
    "hertz": "{n}Hz",
    "millimeters": "{n}mm",
    "watts": "{n}W",
    "cups": "{n}-Cup",
    "hours": "{n}-Hour",
    "minutes": "{n}-Minute",
}
"""Abbreviations of numbers with units in titles; other values are spelt as on the specification sheet."""

PROSE_UNITS = {
    "inches": "{n}-inch",
    "gigabytes": "{n}GB",
    "terabytes": "{n}TB",
    "cubic feet": "{n} cu. ft.",
    "megapixels": "{n}-megapixel",
    "hertz": "{n}Hz",
    "millimeters": "{n}mm",
    "milliampere hours": "{n} mAh",
    "millisecond": "{n}ms",
    "milliseconds": "{n}ms",
}

SPOKEN_UNITS = {
    "inches": ('{n}"', "{n} inch", "{n}-inch", "{n} inches", "{n}in"),
    "gigabytes": ("{n}GB", "{n}gb", "{n} GB", "{n}GB", "{n} gigs"),
    "terabytes": ("{n}TB", "{n}tb", "{n} TB", "{n} terabyte"),
    "cubic feet": ("{n} cu ft", "{n} cubic feet", "{n} cubic foot", "{n} cu. ft."),
    "megapixels": ("{n}MP", "{n} megapixel", "{n} MP", "{n} megapixels"),
    "hertz": ("{n}Hz", "{n}hz", "{n} Hz", "{n} hertz"),
    "millimeters": ("{n}mm", "{n} mm", "{n}mm"),
    "milliampere hours": ("{n}mah", "{n} mAh"),
    "millisecond": ("{n}ms", "{n} ms"),
    "milliseconds": ("{n}ms", "{n} ms"),
    "watts": ("{n}W", "{n} watt", "{n} watts", "{n}w"),
    "cups": ("{n} cups", "{n} cup", "{n}-cup"),
    "hours": ("{n} hours", "{n} hrs", "{n} hour"),
    "minutes": ("{n} minutes", "{n} min", "{n} mins"),
    "decibels": ("{n} dB", "{n} decibels", "{n}db"),
    "nits": ("{n} nits", "{n} nit"),
    "meters": ("{n} meters", "{n}m"),
    "liters": ("{n} liter", "{n}L", "{n} liters"),
    "degrees": ("{n} degrees", "{n}°"),
    "days": ("{n} days", "{n} full days"),
    "volts": ("{n}V", "{n} volts"),
    "ounces": ("{n} oz", "{n} ounce", "{n} ounces"),
    "pounds": ("{n} lbs", "{n} pounds", "{n} lb"),
    "feet": ("{n} feet", "{n} ft"),
}
"""Shoppers' spellings of a number with its unit."""

RESPELLED = {
    "Gray": ("gray", "grey"),
    "Graphite": ("graphite", "graphite"),
    "Stainless Steel": ("stainless steel", "stainless"),
    "Black Stainless Steel": ("black stainless steel", "black stainless"),
    "Rose Gold": ("rose gold", "Rose Gold"),
}


def draws(*parts: object) -> random.Random:
    """A random generator that depends only on `parts`: the same in every process, independent of earlier draws."""
    return random.Random(number_of(*parts))


def number_of(*parts: object) -> int:
    """A number of 256 bits that depends only on `parts`."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest(), "big")


def in_title(value: str) -> str:
    """A value abbreviated as in titles: "1000 gigabytes" becomes "1TB", "14 inches" becomes `14"`."""
    return _with_unit(value, TITLE_UNITS)


def in_prose(value: str) -> str:
    """A value as in descriptions: "14 inches" becomes "14-inch", "Thermal steel" becomes "thermal steel"."""
    if re.fullmatch(r"[A-Z][a-z]+( [a-z]+)*", value):
        return value.lower()
    return _with_unit(value, PROSE_UNITS)


def spoken(value: str, rng: random.Random) -> str:
    """A value as spelt by a shopper: "1000 gigabytes" can become "1tb", "14 inches" can become `14"`."""
    if value in RESPELLED:
        return rng.choice(RESPELLED[value])
    found = NUMBERED.fullmatch(_rounded(value))
    if found and found["unit"] in SPOKEN_UNITS:
        return rng.choice(SPOKEN_UNITS[found["unit"]]).format(n=found["number"])
    if any(sign.isdigit() for sign in value) or value.isupper():
        return value
    return value.lower() if rng.random() < 0.75 else value


def _with_unit(value: str, units: dict[str, str]) -> str:
    found = NUMBERED.fullmatch(_rounded(value))
    return units[found["unit"]].format(n=found["number"]) if found and found["unit"] in units else value


def _rounded(value: str) -> str:
    """Thousands of gigabytes as terabytes."""
    found = re.fullmatch(r"(\d+)000 gigabytes", value)
    return f"{found[1]} terabytes" if found else value
