"""Attribute values that a review states, by string match and OCR, and the filter they make (sections 4.2 and 4.4).

A match counts only when it is a value of a product that the mention can denote, of the whole knowledge base, or of a
retrieved product (`baseline.attribute_values`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ameli_build.baseline.data import Data, KnowledgeBase
from ameli_build.baseline.extraction.photos import read_photos
from ameli_build.baseline.metrics import Integers
from ameli_build.informativeness.attributes import Tokens, canonical_tokens, value_forms
from ameli_build.settings import Settings
from ameli_build.stages import Work

Mask = npt.NDArray[np.bool_]

MIN_JOINED = 6
"""OCR drops spaces: a value of so many letters also matches inside a line without white space."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A product's attributes: `rows` as (name, value) in the sheet's order, and the values that can be matched."""

    rows: tuple[tuple[str, str], ...]
    values: Mapping[str, frozenset[Tokens]]
    all_values: frozenset[Tokens]


@dataclass(frozen=True, slots=True)
class Found:
    """What a review states: attribute name -> values, in the canonical tokens that matching compares."""

    values: Mapping[str, frozenset[Tokens]] = field(default_factory=dict)

    def signal(self, sheet: Sheet, key: str) -> float:
        """1 where the review states the product's value of `key`, -1 where it states another, 0 where it states none.

        A stated value that the product has under another name tells nothing about `key`: "black" may be the finish.
        """
        stated = self.values.get(key)
        if not stated or key not in sheet.values:
            return 0.0
        if stated & sheet.values[key]:
            return 1.0
        return 0.0 if stated & sheet.all_values else -1.0

    def contradicts(self, sheet: Sheet) -> bool:
        """Whether the product has an attribute that the review states with another value."""
        return any(self.signal(sheet, key) < 0 for key in self.values)

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values in plain words, sorted."""
        return sorted((key, " ".join(tokens)) for key, values in self.values.items() for tokens in values)


def make_sheets(kb: KnowledgeBase) -> tuple[Sheet, ...]:
    """The sheet of each product; a row that repeats in another group counts once."""
    sheets = []
    for attributes in kb.attributes:
        rows = tuple(dict.fromkeys((one.name, one.value) for one in attributes))
        values: dict[str, set[Tokens]] = defaultdict(set)
        for key, value in rows:
            values[key].update(value_forms(value))
        frozen = {key: frozenset(some) for key, some in values.items() if some}
        sheets.append(Sheet(rows, frozen, frozenset().union(*frozen.values())))
    return tuple(sheets)


@dataclass(frozen=True, slots=True)
class ValueIndex:
    """Values of the knowledge base: tokens -> attribute name -> products that have it, as a mask."""

    holders: Mapping[Tokens, Mapping[str, Mask]]
    longest: int

    def match(self, tokens: Sequence[str], allowed: Mask) -> Iterable[tuple[str, Tokens]]:
        """(name, value) for each span of `tokens` that is a value of an allowed product."""
        for start in range(len(tokens)):
            for end in range(start + 1, min(start + self.longest, len(tokens)) + 1):
                yield from self.named(tuple(tokens[start:end]), allowed)

    def match_joined(self, line: str, allowed: Mask) -> Iterable[tuple[str, Tokens]]:
        """(name, value) for each value whose letters are a line without white space, or stand inside it."""
        letters = "".join(line.lower().split())
        for value in self.holders:
            joined = "".join(value)
            if joined == letters or (len(joined) >= MIN_JOINED and joined in letters):
                yield from self.named(value, allowed)

    def named(self, value: Tokens, allowed: Mask) -> Iterable[tuple[str, Tokens]]:
        """(name, value) for each attribute name under which an allowed product has `value`."""
        for key, products in self.holders.get(value, {}).items():
            if (products & allowed).any():
                yield key, value


def index_values(sheets: Sequence[Sheet]) -> ValueIndex:
    """The values of all sheets."""
    holders: dict[Tokens, dict[str, Mask]] = {}
    for row, sheet in enumerate(sheets):
        for key, values in sheet.values.items():
            for value in values:
                mask = holders.setdefault(value, {}).setdefault(key, np.zeros(len(sheets), dtype=np.bool_))
                mask[row] = True
    return ValueIndex(holders, max(map(len, holders), default=0))


def extract(
    work: Work, settings: Settings, data: Data, sheets: Sequence[Sheet], allowed: Sequence[Mask], candidates: Integers
) -> tuple[tuple[Found, ...], dict[str, int]]:
    """What each review states, and how many of its photos were read.

    `allowed` are the products that each mention can denote, `candidates` the retrieved ones.
    """
    index = index_values(sheets)
    lines, counts = read_photos(work, settings, data.reviews, data.root)
    found = []
    for row, text in enumerate(data.reviews.texts):
        mask = _counting(settings, allowed[row], candidates[row])
        pairs = set(index.match(canonical_tokens(text), mask))
        for line in lines[row]:
            pairs |= set(index.match(canonical_tokens(line), mask)) | set(index.match_joined(line, mask))
        values: dict[str, set[Tokens]] = defaultdict(set)
        for key, value in pairs:
            values[key].add(value)
        found.append(Found({key: frozenset(some) for key, some in sorted(values.items())}))
    return tuple(found), counts


def _counting(settings: Settings, allowed: Mask, candidates: Integers) -> Mask:
    """The products whose values count for one review."""
    source = settings.baseline.attribute_values
    if source == "mention":
        return allowed
    mask = np.full(len(allowed), source == "knowledge_base", dtype=np.bool_)
    mask[candidates[candidates >= 0]] = True
    return mask


def contradictions(found: Sequence[Found], sheets: Sequence[Sheet], candidates: Integers) -> Mask:
    """Which candidates have an attribute that their review states with another value; shape of `candidates`."""
    mask = np.zeros(candidates.shape, dtype=np.bool_)
    for n, row in enumerate(candidates):
        for c, product in enumerate(row):
            mask[n, c] = product >= 0 and found[n].contradicts(sheets[product])
    return mask
