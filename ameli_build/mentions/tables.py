"""The tables of this room: names of things (`names.toml`), and rules for the words around them (`contexts.toml`)."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ameli_build.mentions.words import WORD


@dataclass(frozen=True, slots=True)
class NameTable:
    """`names.toml`: nouns of things, other names by the letters of a name, and product lines with their things."""

    things: frozenset[str]
    same: dict[str, frozenset[str]]
    also: dict[str, frozenset[str]]
    lines: dict[str, frozenset[str]]
    containers: frozenset[str]
    named_alone: frozenset[str]
    skipped: frozenset[str]
    empty: frozenset[str]
    works: frozenset[str]
    media: frozenset[str]
    never: frozenset[str]


@cache
def other_names(letters: str) -> frozenset[str]:
    """All other names of the thing with these letters, with spaces."""
    table = name_table()
    found = set(table.same.get(letters, ()))
    found |= {name for own in {letters, *map(letters_of, found)} for name in table.also.get(own, ())}
    found |= {name for other in found for name in table.same.get(letters_of(other), ())}
    return frozenset(name for name in found if letters_of(name) != letters)


@cache
def all_names(name: str) -> frozenset[str]:
    """The letters of a name and of all other names of the same thing."""
    letters = letters_of(name)
    return frozenset({letters, *map(letters_of, other_names(letters))})


@cache
def idle_words() -> frozenset[str]:
    """Words that are no name on their own."""
    table = name_table()
    return (table.empty | table.never | (table.containers - table.named_alone)) - table.things


def letters_of(name: str) -> str:
    """The letters of a name without spaces and hyphens, its key in the tables."""
    return "".join(WORD.findall(name.lower()))


@cache
def read_table(file: str) -> dict[str, Any]:
    """A table of this room."""
    return tomllib.loads(files(__package__).joinpath(file).read_text(encoding="utf-8"))


@cache
def name_table() -> NameTable:
    """`names.toml`, read once."""
    table = read_table("names.toml")
    same: dict[str, set[str]] = defaultdict(set)
    for names in map(_listed, table["same"]):
        for name in names:
            same[letters_of(name)].update(names)
    also: dict[str, set[str]] = defaultdict(set)
    for name, names in map(_entry, table["also"]):
        also[letters_of(name)].update(names)
    lines: dict[str, set[str]] = defaultdict(set)
    for thing, names in map(_entry, table["lines"]):
        for name in names:
            lines[letters_of(name)].add(thing)
    words = {name: frozenset(table[name].split()) for name in NameTable.__slots__ if isinstance(table.get(name), str)}
    words["things"] |= {name for names in (*same.values(), *also.values()) for name in names if " " not in name}
    words["things"] -= words["containers"] | (lines.keys() - set(table["things"].split()))
    never = frozenset(f"{table['colours']} {table['technologies']}".split())
    return NameTable(**words, same=_frozen(same), also=_frozen(also), lines=_frozen(lines), never=never)


def _listed(row: str) -> list[str]:
    return [name.strip() for name in row.split(",")]


def _entry(row: str) -> tuple[str, list[str]]:
    name, _, names = row.partition(":")
    return name.strip(), _listed(names)


def _frozen(table: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(names) for key, names in table.items()}
