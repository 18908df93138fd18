"""The places where a review names its product: n-grams that equal a name by surface or by lemma (section 3.3).

Hyphens and spaces do not matter ("over the range microwave", "sound bar"), nor do possessives ("the laptop's lid": the
mention is "laptop"). Among nested spans, the longest counts. A span is refused if the words around it show that it does
not mean the product under review (`context.py`).
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
"""A word, but not the "s" of a possessive."""

_GLUE = re.compile(r"[\s\-‐‑–'’/]*")
"""Characters between two words of a name."""

_THIS = re.compile(r"\bthis\s+$", re.IGNORECASE)


class Occurrence(NamedTuple):
    """A place in a review with the name of its product."""

    start: int
    """In code points."""
    end: int
    """In code points."""
    key: str
    """Equal for all forms of a name."""
    this: bool
    """Whether it follows the word "this"."""
    refusal: str = ""
    """The reason why it does not mean the product; "" if it does."""
    titled: bool = False
    """Whether the name ends in a noun of the title."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The names to find in a review."""

    verbs: Mapping[str, bool]
    """Whether a name is a verb too, by each of its keys (`Name.keys`)."""
    names: Mapping[str, str]
    """`Name.key` by each of its keys."""
    titled: frozenset[str]
    """Keys of names that end in a noun of the title."""
    starts: frozenset[str]
    """The first one and two letters of all keys."""


def lookup_of(keys: Mapping[str, bool], names: Mapping[str, str] | None = None, titled: Iterable[str] = ()) -> Lookup:
    """A lookup of `Name.keys`, each with whether it is a verb too; `names` and `titled` as in `Lookup`."""
    starts = {key[:2] for key in keys}
    return Lookup(keys, names or {}, frozenset(titled), frozenset(starts | {start[:1] for start in starts}))


def find_occurrences(text: str, lookup: Lookup, max_words: int = 6, known: Known | None = None) -> list[Occurrence]:
    """Places in `text` that name the product; see `find_places`."""
    return [place for place in find_places(text, lookup, known, max_words=max_words) if not place.refusal]


def find_places(
    text: str, lookup: Lookup, known: Known | None = None, *, max_words: int = 6, careful: bool = True
) -> list[Occurrence]:
    """Places in `text` whose letters are a name, whether they mean the product or not.

    Args:
        text: A review.
        lookup: The names of its product.
        known: The product's own words, and the nouns that reveal the modifiers of another product.
        max_words: Most words of a name.
        careful: Whether to check the words around a place; if not, none is refused.

    Returns:
        The places in order, without overlaps.
    """
    found: list[Occurrence] = []
    for start, end, key, alone in find_spans(text, lookup, max_words):
        refused = refusal(text, start, end, known, verb=alone and lookup.verbs[key]) if careful else ""
        this = bool(_THIS.search(text, max(0, start - 12), start))
        found.append(Occurrence(start, end, lookup.names.get(key, key), this, refused, key in lookup.titled))
    return found


def quoted(text: str, place: Occurrence) -> str:
    """An occurrence with up to two words before it and a word after it, to show the reason of a refusal."""
    before = re.search(r"(?:[^\s.!?;,]+\s+){0,2}$", text[: place.start])
    behind = re.match(r"(?:[ -][^\s.!?;,:]+)?", text[place.end :])
    return (before[0] if before else "") + text[place.start : place.end] + (behind[0] if behind else "")


def find_spans(text: str, lookup: Lookup, max_words: int = 6) -> list[tuple[int, int, str, bool]]:
    """(start, end, key, whether it is a single word) of each place whose letters are a key."""
    words = list(_WORD.finditer(text))
    found: list[tuple[int, int, str, bool]] = []
    reached = 0
    for first, word in enumerate(words):
        if word[0][:2].lower() in lookup.starts:  # false for most words
            end, key, alone = _longest(text, words[first : first + max_words], lookup.verbs)
            if end > reached and not in_mask(text, word.start(), end):
                found.append((word.start(), end, key, alone))
                reached = end
    return found


def _longest(text: str, words: Sequence[re.Match[str]], keys: Collection[str]) -> tuple[int, str, bool]:
    """The end of the longest key that begins at the first word, the key, and whether it is a single word."""
    letters, best = "", (0, "", True)
    for place, word in enumerate(words):
        if place and not _is_glued(text, words[place - 1], word):
            break
        letters += word[0].lower()
        if letters in keys:
            best = (word.end(), letters, not place)
    return best


def _is_glued(text: str, left: re.Match[str], right: re.Match[str]) -> bool:
    """Whether two words can belong to the same name; single letters may have a full stop between them ("T.V.")."""
    between = text[left.end() : right.start()]
    return between == " " or bool(_GLUE.fullmatch(between)) or (between == "." and len(left[0]) == len(right[0]) == 1)
