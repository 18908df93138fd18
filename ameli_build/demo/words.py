"""Spellings of values in titles, in descriptions and by shoppers, and seeded random generators."""

from __future__ import annotations

import hashlib
import random
import re
from functools import cache
from typing import Any

from ameli_build.demo.lexicon import read_vocabulary

NUMBERED = re.compile(r"(?P<number>\d+(?:\.\d+)?) (?P<unit>[a-z]+(?: [a-z]+)*)")


@cache
def _spelling() -> dict[str, dict[str, Any]]:
    """The forms of units and values, from `vocabulary/spelling.toml`."""
    return read_vocabulary("spelling")


def draws(*parts: object) -> random.Random:
    """A random generator that depends only on `parts`: the same in every process, independent of earlier draws."""
    return random.Random(number_of(*parts))


def number_of(*parts: object) -> int:
    """A number of 256 bits that depends only on `parts`."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest(), "big")


def in_title(value: str) -> str:
    """A value abbreviated as in titles: "1000 gigabytes" becomes "1TB", "14 inches" becomes `14"`."""
    return _with_unit(value, "title")


def in_prose(value: str) -> str:
    """A value as in descriptions: "14 inches" becomes "14-inch", "Thermal steel" becomes "thermal steel"."""
    if re.fullmatch(r"[A-Z][a-z]+( [a-z]+)*", value):
        return value.lower()
    return _with_unit(value, "prose")


def spoken(value: str, rng: random.Random) -> str:
    """A value as spelt by a shopper: "1000 gigabytes" can become "1tb", "14 inches" can become `14"`."""
    if value in _spelling()["values"]:
        return str(rng.choice(_spelling()["values"][value]))
    number, forms = _measure(value)
    if "spoken" in forms:
        return str(rng.choice(forms["spoken"])).format(n=number)
    if any(sign.isdigit() for sign in value) or value.isupper():
        return value
    return value.lower() if rng.random() < 0.75 else value


def _with_unit(value: str, form: str) -> str:
    number, forms = _measure(value)
    return str(forms[form]).format(n=number) if form in forms else value


def _measure(value: str) -> tuple[str, dict[str, Any]]:
    """The number of a measure and the forms of its unit; thousands of gigabytes are terabytes."""
    found = NUMBERED.fullmatch(re.sub(r"^(\d+)000 gigabytes$", r"\1 terabytes", value))
    return (found["number"], _spelling()["units"].get(found["unit"], {})) if found else ("", {})
