"""Questions for language models: attributes that distinguish products, and the values of an answer (section 4.2).

Only attributes with two or more values among the products that count distinguish one product from another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ameli_build.baseline.extraction.attributes import Sheet, answer_tokens, forms_of
from ameli_build.core.arrays import Integers, Mask
from ameli_build.informativeness.attributes import Tokens, canonical_tokens

MIN_HOLDERS, MOSTLY = 10, 0.9
"""An attribute of at least this many products, with distinct values for this share of them, is an identifier (UPC)."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an attribute: its most frequent spelling, and the token rows that each express it."""

    text: str
    forms: frozenset[Tokens]


@dataclass(frozen=True, slots=True)
class Present:
    """Values of the products that count: their ascending numbers, numbers of holders, and a cache of values by key."""

    numbers: Integers
    holders: Integers
    values: dict[str, list[Value]]


@dataclass(frozen=True, slots=True)
class Questions:
    """Attributes and their values as one flat table: entry i is product `rows[i]` with value `numbers[i]`.

    `key_of` gives the place in `keys` of each value, `identifiers` the places of attributes that nobody writes about.
    """

    keys: tuple[str, ...]
    values: tuple[Value, ...]
    key_of: Integers
    rows: Integers
    numbers: Integers
    identifiers: Mask
    _known: dict[bytes, Present] = field(default_factory=dict, compare=False)

    def present(self, counting: Mask) -> Present:
        """The values of the products that count; cached for reviews with the same products."""
        mark = np.packbits(counting).tobytes()
        if mark not in self._known:
            numbers, holders = np.unique(self.numbers[counting[self.rows]], return_counts=True)
            self._known[mark] = Present(numbers, holders, {})
        return self._known[mark]

    def distinguishing(self, counting: Mask) -> list[str]:
        """Attributes with two or more values among the products that count: most frequent first, then by name."""
        found = self.present(counting)
        keys = self.key_of[found.numbers]
        different = np.bincount(keys, minlength=len(self.keys))
        holders = np.bincount(keys, weights=found.holders, minlength=len(self.keys))
        chosen = np.flatnonzero((different > 1) & ~self.identifiers)
        return [self.keys[n] for n in sorted(chosen, key=lambda n: (-holders[n], self.keys[n]))]

    def values_of(self, key: str, counting: Mask, most: int = 0) -> list[Value]:
        """The values of an attribute among the products that count, most frequent first; at most `most` above 0."""
        found = self.present(counting)
        if key not in found.values:
            mine = np.flatnonzero(self.key_of[found.numbers] == self.keys.index(key))
            order = sorted(mine, key=lambda n: (-found.holders[n], self.values[found.numbers[n]].text))
            found.values[key] = [self.values[found.numbers[n]] for n in order]
        return found.values[key][: most or None]


def make_questions(sheets: Sequence[Sheet]) -> Questions:
    """All attributes of the sheets that have a value."""
    spellings: dict[tuple[str, Tokens], Counter[str]] = defaultdict(Counter)
    holders: dict[tuple[str, Tokens], list[int]] = defaultdict(list)
    for row, sheet in enumerate(sheets):
        for key, value in sheet.rows:
            if tokens := answer_tokens(value):
                spellings[key, tokens][value.strip()] += 1
                holders[key, tokens].append(row)
    order = sorted(holders)
    keys = tuple(dict.fromkeys(key for key, _ in order))
    place = {key: n for n, key in enumerate(keys)}
    values = []
    for key, tokens in order:
        text = min(spellings[key, tokens].items(), key=lambda pair: (-pair[1], pair[0]))[0]
        values.append(Value(text, frozenset({tokens, *forms_of(text, key)})))
    key_of = np.array([place[key] for key, _ in order], dtype=np.int64)
    sizes = np.array([len(set(holders[value])) for value in order], dtype=np.int64)
    total, distinct = np.bincount(key_of, weights=sizes), np.bincount(key_of)
    return Questions(
        keys,
        tuple(values),
        key_of,
        np.array([row for value in order for row in sorted(set(holders[value]))], dtype=np.int64),
        np.repeat(np.arange(len(order)), sizes),
        (total >= MIN_HOLDERS) & (distinct > MOSTLY * total),
    )


def first_line(completion: str) -> str:
    """The first line of a completion that is not blank; empty without such a line."""
    return next((line.strip() for line in completion.splitlines() if line.strip()), "")


def match_answer(answer: str, values: Sequence[Value]) -> frozenset[Tokens]:
    """The forms of the first value in an answer, at equal places the longest; empty without a value.

    "Yes", "No" and bare counts are values too, since the question names the attribute.
    """
    tokens = canonical_tokens(answer)
    best: tuple[int, int, str] | None = None
    forms: frozenset[Tokens] = frozenset()
    for value in values:
        for form in value.forms:
            start = _find(tokens, form)
            rank = (start, -len(form), value.text)
            if start >= 0 and (best is None or rank < best):
                best, forms = rank, value.forms
    return forms


def _find(tokens: Tokens, form: Tokens) -> int:
    """The first place of `form` in `tokens`, -1 for none."""
    size = len(form)
    return next((n for n in range(len(tokens) - size + 1) if tokens[n : n + size] == form), -1)
