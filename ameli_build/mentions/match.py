"""Where a review names its product: n-grams that are, by surface or by lemma, a name candidate (section 3.3).

Hyphens and spaces do not matter ("over the range microwave", "sound bar"), nor do possessives ("the laptop's lid": the
mention is "laptop"). Of nested spans the longest is the mention. A span does not count where the words around it say
that it is not the product under review (`context.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ameli_build.mentions.context import refusal
from ameli_build.mentions.phrases import Known
from ameli_build.wording.masks import in_mask

_WORD = re.compile(r"(?!(?<=['’])[sS](?![^\W_]))[^\W_]+")
"""A word that is no possessive's "s"."""

_GLUE = re.compile(r"[\s\-‐‑–'’/]*")
"""What may stand between two words of one name."""

_THIS = re.compile(r"\bthis\s+$", re.IGNORECASE)


class Occurrence(NamedTuple):
    """One place where a review names its product, in code points.

    `key` is the same for all forms of one name; `this`: it stands after the word "this". `refusal` says what it is
    where it does not name the product; `titled`: the name ends in a noun of the title.
    """

    start: int
    end: int
    key: str
    this: bool
    refusal: str = ""
    titled: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is looked up: the keys of names, by `verbs` whether each is a verb too, and the letters they start with.

    `names` gives the key of a name's form in the dictionary for those of its other forms; `titled` are the keys of
    names that end in a noun of the title.
    """

    verbs: Mapping[str, bool]
    names: Mapping[str, str]
    titled: frozenset[str]
    starts: frozenset[str]


def lookup_of(keys: Mapping[str, bool], names: Mapping[str, str] | None = None, titled: Iterable[str] = ()) -> Lookup:
    """A lookup of the `Name.keys`, each with a flag that tells whether it is a verb too; `names` as `Name.key`."""
    starts = {key[:2] for key in keys}
    return Lookup(keys, names or {}, frozenset(titled), frozenset(starts | {start[:1] for start in starts}))


def find_occurrences(text: str, lookup: Lookup, max_words: int = 6, known: Known | None = None) -> list[Occurrence]:
    """Places in `text` that name the product; see `find_places`."""
    return [place for place in find_places(text, lookup, known, max_words=max_words) if not place.refusal]


def find_places(
    text: str, lookup: Lookup, known: Known | None = None, *, max_words: int = 6, careful: bool = True
) -> list[Occurrence]:
    """Places in `text` whose letters are a name, whether they name the product or something else.

    Args:
        text: A review.
        lookup: The names of its product.
        known: The product's own words, and the nouns by which another product's modifiers are recognised.
        max_words: The longest span, in words.
        careful: Whether the words around a place are looked at; if not, none is refused.

    Returns:
        The places in order, none inside another.
    """
    found: list[Occurrence] = []
    for start, end, key, alone in find_spans(text, lookup, max_words):
        refused = refusal(text, start, end, known, verb=alone and lookup.verbs[key]) if careful else ""
        this = bool(_THIS.search(text, max(0, start - 12), start))
        found.append(Occurrence(start, end, lookup.names.get(key, key), this, refused, key in lookup.titled))
    return found


def quoted(text: str, place: Occurrence) -> str:
    """An occurrence with up to two words before it and one behind it: what a refusal looked at."""
    before = re.search(r"(?:[^\s.!?;,]+\s+){0,2}$", text[: place.start])
    behind = re.match(r"(?:[ -][^\s.!?;,:]+)?", text[place.end :])
    return (before[0] if before else "") + text[place.start : place.end] + (behind[0] if behind else "")


def find_spans(text: str, lookup: Lookup, max_words: int = 6) -> list[tuple[int, int, str, bool]]:
    """(start, end, key, whether it is one word) of every place whose letters are a key, whatever stands around it."""
    words = list(_WORD.finditer(text))
    found: list[tuple[int, int, str, bool]] = []
    reached = 0
    for first, word in enumerate(words):
        if word[0][:2].lower() in lookup.starts:  # most words begin no name
            end, key, alone = _longest(text, words[first : first + max_words], lookup.verbs)
            if end > reached and not in_mask(text, word.start(), end):
                found.append((word.start(), end, key, alone))
                reached = end
    return found


def _longest(text: str, words: Sequence[re.Match[str]], keys: Collection[str]) -> tuple[int, str, bool]:
    """The end of the longest run of words from the first on that is a key, the key, and whether it is one word."""
    letters, best = "", (0, "", True)
    for place, word in enumerate(words):
        if place and not _is_glued(text, words[place - 1], word):
            break
        letters += word[0].lower()
        if letters in keys:
            best = (word.end(), letters, not place)
    return best


def _is_glued(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    """Whether two words can be of one name; single letters also with a full stop between them ("T.V.")."""
    between = text[left.end() : right.start()]
    return between == " " or bool(_GLUE.fullmatch(between)) or (between == "." and len(left[0]) == len(right[0]) == 1)
