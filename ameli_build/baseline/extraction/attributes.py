"""The attributes that products have and reviews state, and the filter that they make (sections 4.2 and 4.4)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from ameli_build.core.arrays import Integers, Mask
from ameli_build.datasets.data import KnowledgeBase
from ameli_build.informativeness.attributes import Tokens, canonical_tokens, value_forms
from ameli_build.informativeness.spelling import BREAK
from ameli_build.informativeness.units import other_measures

_NAMES = frozenset({"product name", "product title", "name", "title"})
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_LIST = re.compile(r"[,;]\s")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A product's attributes: `rows` as (name, value) in the sheet's order, and the token rows that express them.

    `values` has all possible answers to a name, also "yes" and "5"; `all_values` the values that mean something without
    their names.
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
        """From pairs (name, value); names are sorted."""
        values: dict[str, set[Tokens]] = defaultdict(set)
        for key, value in pairs:
            values[key].add(value)
        return cls({key: frozenset(stated) for key, stated in sorted(values.items())})

    def signal(self, sheet: Sheet, key: str) -> float:
        """1 if the review states the product's value of `key`, -1 if it states another value, 0 if it states none.

        Also 0 if the product has the stated value under another name: "black" may be the finish.
        """
        stated = self.values.get(key)
        if not stated or key not in sheet.values:
            return 0.0
        if stated & sheet.values[key]:
            return 1.0
        return 0.0 if stated & sheet.all_values else -1.0

    def contradicts(self, sheet: Sheet) -> bool:
        """True if the review states another value of one of the product's attributes."""
        return any(self.signal(sheet, key) < 0 for key in self.values)

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values in plain words, sorted."""
        return sorted((key, " ".join(tokens)) for key, values in self.values.items() for tokens in values)


def make_sheets(kb: KnowledgeBase) -> tuple[Sheet, ...]:
    """The sheet of each product; a row that repeats in another group counts once."""
    sheets = []
    for attributes in kb.attributes:
        rows = tuple(dict.fromkeys((attribute.name, attribute.value) for attribute in attributes))
        values: dict[str, set[Tokens]] = defaultdict(set)
        everything: set[Tokens] = set()
        for key, value in rows:
            forms = forms_of(value, key)
            everything.update(forms)
            values[key].update(forms, [answer_tokens(value)])
        real = {key: frozenset(filter(None, tokens)) for key, tokens in values.items()}
        sheets.append(Sheet(rows, {key: tokens for key, tokens in real.items() if tokens}, frozenset(everything)))
    return tuple(sheets)


@lru_cache(maxsize=1 << 18)
def forms_of(value: str, key: str) -> tuple[Tokens, ...]:
    """The token rows that each express an attribute's value (`value_forms`), with measures in other units too.

    Brackets in a product's name are ignored: "HDMI" is no name.
    """
    if key.lower() in _NAMES:
        value = _IN_BRACKETS.sub(" ", value).replace(",", " ")
    forms = value_forms(value, key)
    return tuple(
        dict.fromkeys([*forms, *((unit,) for form in forms if len(form) == 1 for unit in other_measures(*form))])
    )


def answer_tokens(value: str) -> Tokens:
    """A value as an answer to its attribute's name: all its tokens, in one clause."""
    return tuple(token for token in canonical_tokens(value) if token != BREAK)


def contradictions(found: Sequence[Found], sheets: Sequence[Sheet], candidates: Integers) -> Mask:
    """True for candidates with an attribute for which their review states another value; shape of `candidates`."""
    mask = np.zeros(candidates.shape, dtype=np.bool_)
    for n, c in np.argwhere(candidates >= 0):
        mask[n, c] = found[n].contradicts(sheets[candidates[n, c]])
    return mask


def listed_names(sheets: Sequence[Sheet]) -> frozenset[str]:
    """Attributes that can have several values at once: in two rows of a sheet, or in a row with a comma (ports)."""
    several: set[str] = set()
    for sheet in sheets:
        names = [key for key, _ in sheet.rows]
        several.update(key for key in names if names.count(key) > 1)
        several.update(key for key, value in sheet.rows if _LIST.search(value))
    return frozenset(several)


def fuse(found: Sequence[Found], listed: frozenset[str]) -> Found:
    """The union of the attributes by several extractors, from the most trusted to the least.

    Of an attribute with a single value, later values count only if they agree with the first.
    """
    values: dict[str, frozenset[Tokens]] = {}
    for extracted in found:
        for key, stated in extracted.values.items():
            known = values.get(key, frozenset())
            if not known or key in listed or known & stated:
                values[key] = known | stated
    return Found(dict(sorted(values.items())))
