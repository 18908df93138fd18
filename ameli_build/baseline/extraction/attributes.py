"""The attributes that products have and reviews state, and the filter that they make (sections 4.2 and 4.4)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from ameli_build.baseline.data import KnowledgeBase
from ameli_build.core.arrays import Integers, Mask
from ameli_build.informativeness.attributes import Tokens, canonical_tokens, value_forms
from ameli_build.informativeness.spelling import BREAK
from ameli_build.informativeness.units import other_measures

_NAMES = frozenset({"product name", "product title", "name", "title"})
_IN_BRACKETS = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A product's attributes: `rows` as (name, value) in the sheet's order, and the token rows that express them.

    `values` are all that can answer to a name, "yes" and "5" too; `all_values` what tells something without its name.
    """

    rows: tuple[tuple[str, str], ...]
    values: Mapping[str, frozenset[Tokens]]
    all_values: frozenset[Tokens]


@dataclass(frozen=True, slots=True)
class Found:
    """Attributes that a review states: name -> values in canonical tokens."""

    values: Mapping[str, frozenset[Tokens]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, Tokens]]) -> Found:
        """From (name, value), names in order of the alphabet."""
        values: dict[str, set[Tokens]] = defaultdict(set)
        for key, value in pairs:
            values[key].add(value)
        return cls({key: frozenset(some) for key, some in sorted(values.items())})

    def signal(self, sheet: Sheet, key: str) -> float:
        """1 if the review states the product's value of `key`, -1 if it states another value, 0 if it states none.

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
        telling: set[Tokens] = set()
        for key, value in rows:
            forms = forms_of(value, key)
            telling.update(forms)
            values[key].update(forms, [answer_tokens(value)])
        frozen = {key: frozenset(filter(None, some)) for key, some in values.items()}
        sheets.append(Sheet(rows, {key: some for key, some in frozen.items() if some}, frozenset(telling)))
    return tuple(sheets)


@lru_cache(maxsize=1 << 18)
def forms_of(value: str, key: str) -> tuple[Tokens, ...]:
    """The token rows of which any says an attribute's value (`value_forms`), measures also in other units.

    A product's name is one value, whatever stands in its brackets: "HDMI" is no name.
    """
    if key.lower() in _NAMES:
        value = _IN_BRACKETS.sub(" ", value).replace(",", " ")
    forms = value_forms(value, key)
    return tuple(
        dict.fromkeys([*forms, *((one,) for form in forms if len(form) == 1 for one in other_measures(*form))])
    )


def answer_tokens(value: str) -> Tokens:
    """A value as an answer to its attribute's name: all its tokens, in one clause."""
    return tuple(token for token in canonical_tokens(value) if token != BREAK)


def contradictions(found: Sequence[Found], sheets: Sequence[Sheet], candidates: Integers) -> Mask:
    """Which candidates have an attribute that their review states with another value; shape of `candidates`."""
    mask = np.zeros(candidates.shape, dtype=np.bool_)
    for n, row in enumerate(candidates):
        for c, product in enumerate(row):
            mask[n, c] = product >= 0 and found[n].contradicts(sheets[product])
    return mask
