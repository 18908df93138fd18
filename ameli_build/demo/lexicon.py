"""The categories of the demo's shop, read from a TOML file each in `vocabulary/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CATEGORIES = (
    "laptop", "refrigerator", "headphones", "television", "tablet", "microwave", "camera",
    "vacuum", "phone", "coffee_maker", "monitor", "range", "speaker", "smartwatch",
)  # fmt: skip
"""Names of the files, in the order in which families are assigned to them."""


@dataclass(frozen=True, slots=True)
class Trait:
    """A row of a category's specification sheets; `key` rows are also in the group "Key Specs"."""

    group: str
    name: str
    key: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noun:
    """A family's name in its title, and shoppers' names for it, the longest first."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A leaf category: its products and its shoppers' phrases."""

    kind: str
    path: tuple[tuple[str, str], ...]
    brands: tuple[str, ...]
    lines: tuple[str, ...]
    colors: tuple[str, ...]
    price: tuple[int, int]
    size: str
    axes: tuple[tuple[str, ...], ...]
    nouns: tuple[Noun, ...]
    leaf: tuple[str, ...]
    titles: tuple[str, ...]
    traits: tuple[Trait, ...]
    description: tuple[str, ...]
    features: tuple[tuple[str, str], ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    uses: tuple[str, ...]
    rivals: tuple[str, ...]
    accessories: tuple[str, ...]
    say: dict[str, tuple[str, ...]]

    def trait(self, name: str) -> Trait:
        """The trait of this name; raises KeyError if there is none."""
        for trait in self.traits:
            if trait.name == name:
                return trait
        raise KeyError(name)


@cache
def categories() -> tuple[Category, ...]:
    """All categories in the order of `CATEGORIES`."""
    return tuple(_category(name) for name in CATEGORIES)


@cache
def phrases() -> dict[str, tuple[str, ...]]:
    """Sentences for all categories, by purpose (`vocabulary/phrases.toml`)."""
    return {name: tuple(lines) for name, lines in read_vocabulary("phrases").items()}


def read_vocabulary(name: str) -> dict[str, Any]:
    """The tables of `vocabulary/<name>.toml`."""
    return tomllib.loads(files("ameli_build.demo").joinpath("vocabulary", f"{name}.toml").read_text(encoding="utf-8"))


def _category(name: str) -> Category:
    raw = read_vocabulary(name)
    raw = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    raw |= {
        "path": (("cat00000", "Best Buy"), *map(_cells, raw["path"])),
        "axes": tuple(map(_list, raw["axes"])),
        "nouns": tuple(Noun(title, _longest_first(_list(names))) for title, names in map(_cells, raw["nouns"])),
        "leaf": _longest_first(raw["leaf"]),
        "traits": tuple(map(_trait, raw.pop("attributes"))),
        "features": tuple(map(_cells, raw["features"])),
        "say": {trait: tuple(lines) for trait, lines in raw["say"].items()},
    }
    return Category(**raw)


def _longest_first(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (-len(name.split()), -len(name))))


def _trait(line: str) -> Trait:
    group, name, values = _cells(line)
    return Trait(group, name.lstrip("*"), name.startswith("*"), _list(values))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split(" | "))


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";"))
