"""The categories of the demo's shop, read from a TOML file each in `vocabulary/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CATEGORIES = (
    "laptop",
    "refrigerator",
    "headphones",
    "television",
    "tablet",
    "microwave",
    "camera",
    "vacuum",
    "phone",
    "coffee_maker",
    "monitor",
    "range",
    "speaker",
    "smartwatch",
)
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
    return {name: tuple(lines) for name, lines in _read("phrases").items()}


def _read(name: str) -> dict[str, Any]:
    text = files("ameli_build.demo").joinpath("vocabulary", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _longest_first(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (-len(name.split()), -len(name))))


def _category(name: str) -> Category:
    raw = _read(name)
    plain = {key: tuple(raw[key]) for key in ("brands", "lines", "colors", "titles", "description")}
    talk = {key: tuple(raw[key]) for key in ("good", "bad", "uses", "rivals", "accessories")}
    nodes = [_cells(node) for node in raw["path"]]
    return Category(
        kind=raw["kind"],
        path=(("cat00000", "Best Buy"), *((identifier, label) for identifier, label in nodes)),
        leaf=_longest_first(tuple(raw["leaf"])),
        price=(raw["price"][0], raw["price"][1]),
        size=raw["size"],
        axes=tuple(_list(line) for line in raw["axes"]),
        nouns=tuple(Noun(title, _longest_first(_list(names))) for title, names in map(_cells, raw["nouns"])),
        traits=tuple(_trait(line) for line in raw["attributes"]),
        features=tuple((head, text) for head, text in map(_cells, raw["features"])),
        say={trait: tuple(lines) for trait, lines in raw["say"].items()},
        **plain,
        **talk,
    )


def _trait(line: str) -> Trait:
    group, name, values = _cells(line)
    return Trait(group, name.lstrip("*"), name.startswith("*"), _list(values))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(" | ")]


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";"))
