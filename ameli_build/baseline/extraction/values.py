"""String match: values of the knowledge base in a text or a line of OCR (section 4.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ameli_build.baseline.extraction.attributes import Sheet, forms_of
from ameli_build.core.arrays import Integers, Mask
from ameli_build.informativeness.attributes import Tokens

MIN_JOINED = 6
"""OCR drops spaces: a value of at least this many letters also matches inside a line without white space."""


@dataclass(frozen=True, slots=True)
class ValueIndex:
    """Values of the knowledge base: tokens -> attribute name -> rows of the products that have it.

    `joined` gives the values whose letters, in lower case and without spaces, are the same.
    """

    holders: Mapping[Tokens, Mapping[str, Integers]]
    joined: Mapping[str, tuple[Tokens, ...]]
    longest: int
    longest_joined: int
    _lengths: Mapping[str, tuple[int, ...]] = field(init=False, compare=False)
    """First token of a value -> numbers of tokens of such values."""

    def __post_init__(self) -> None:
        lengths: dict[str, set[int]] = defaultdict(set)
        for value in self.holders:
            lengths[value[0]].add(len(value))
        object.__setattr__(self, "_lengths", {token: tuple(sorted(some)) for token, some in lengths.items()})

    def match(self, tokens: Sequence[str], allowed: Mask) -> Iterator[tuple[str, Tokens]]:
        """(name, value) for each span of `tokens` that is a value of an allowed product.

        A value inside a longer value of the same attribute does not count: "black stainless steel" does not say
        "black". It counts if it is another form of the longer value ("GTX 1650").
        """
        for key, spans in self._spans(tokens, allowed).items():
            for start, end in spans:
                value = tuple(tokens[start:end])
                around = [(a, b) for a, b in spans if a <= start and end <= b and b - a > end - start]
                if all(self._same_value(key, tuple(tokens[a:b]), value) for a, b in around):
                    yield key, value

    def _spans(self, tokens: Sequence[str], allowed: Mask) -> Mapping[str, list[tuple[int, int]]]:
        """Attribute name -> start and end of each span that is one of its values."""
        spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for start, token in enumerate(tokens):
            ends = (start + length for length in self._lengths.get(token, ()))
            for end in (end for end in ends if end <= len(tokens)):
                for key, _ in self.named(tuple(tokens[start:end]), allowed):
                    spans[key].append((start, end))
        return spans

    def _same_value(self, key: str, value: Tokens, part: Tokens) -> bool:
        """True if each product with `value` has `part` too."""
        return bool(np.isin(self.holders[value][key], self.holders[part][key]).all())

    def match_joined(self, line: str, allowed: Mask) -> Iterator[tuple[str, Tokens]]:
        """(name, value) for each value whose letters equal a line without white space, or are inside it."""
        letters = "".join(line.lower().split())
        inside = {
            letters[start:end]
            for start in range(len(letters))
            for end in range(start + MIN_JOINED, min(start + self.longest_joined, len(letters)) + 1)
        }
        for spelling in sorted(inside | {letters}):
            for value in self.joined.get(spelling, ()):
                yield from self.named(value, allowed)

    def named(self, value: Tokens, allowed: Mask) -> Iterator[tuple[str, Tokens]]:
        """(name, value) for each attribute name under which an allowed product has `value`."""
        for key, products in self.holders.get(value, {}).items():
            if allowed[products].any():
                yield key, value


def index_values(sheets: Sequence[Sheet]) -> ValueIndex:
    """The values of all sheets, in all their forms."""
    rows: dict[Tokens, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, sheet in enumerate(sheets):
        for key, form in _forms(sheet.rows):
            rows[form][key].append(row)
    holders = {
        form: {key: np.array(some, dtype=np.int64) for key, some in sorted(keys.items())} for form, keys in rows.items()
    }
    joined: dict[str, list[Tokens]] = defaultdict(list)
    for form in sorted(holders):
        joined["".join(form).lower()].append(form)
    return ValueIndex(
        holders,
        {spelling: tuple(forms) for spelling, forms in joined.items()},
        max(map(len, holders), default=0),
        max(map(len, joined), default=0),
    )


def _forms(rows: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Tokens]]:
    return dict.fromkeys((key, form) for key, value in rows for form in forms_of(value, key))
