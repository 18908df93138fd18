"""Where a review names its product: n-grams that are, by surface or by lemma, a name candidate (section 3.3).

Hyphens and spaces do not matter ("over the range microwave", "sound bar"), nor do possessives ("the laptop's lid": the
mention is "laptop"). Of nested spans the longest is the mention. A span does not count where the words around it say
that it is not the product under review (`context.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ameli_build.clean.personal import in_mask
from ameli_build.mentions.context import Context, refusal
from ameli_build.mentions.phrases import Known
from ameli_build.mentions.words import WORD

_GLUE = re.compile(r"[\s\-‐‑–'’/]*$")
"""What may stand between two words of one name."""

_APOSTROPHES = ("'", "’")
_THIS = re.compile(r"\bthis\s+$", re.IGNORECASE)

_Words = Sequence[tuple[int, int, str]]
"""Start, end and lower-case letters of each word of a review."""


@dataclass(frozen=True, slots=True)
class Occurrence:
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
    starts: frozenset[str]
    titled: frozenset[str] = frozenset()


def lookup_of(keys: Mapping[str, bool], names: Mapping[str, str] | None = None, titled: Iterable[str] = ()) -> Lookup:
    """A lookup of the `Name.keys`, each with a flag that tells whether it is a verb too; `names` as `Name.key`."""
    starts = frozenset(start for key in keys for start in (key[:1], key[:2]))
    return Lookup(keys, names or {}, starts, frozenset(titled))


def find_occurrences(text: str, lookup: Lookup, max_words: int = 6, known: Known | None = None) -> list[Occurrence]:
    """Places in `text` that name the product; see `find_places`."""
    return [place for place in find_places(text, lookup, max_words, known) if not place.refusal]


def find_places(
    text: str, lookup: Lookup, max_words: int = 6, known: Known | None = None, *, careful: bool = True
) -> list[Occurrence]:
    """Places in `text` whose letters are a name, whether they name the product or something else.

    Args:
        text: A review.
        lookup: The names of its product.
        max_words: The longest span, in words.
        known: The product's own words, and the nouns by which another product's modifiers are recognised.
        careful: Whether the words around a place are looked at; if not, none is refused.

    Returns:
        The places in order, none inside another.
    """
    found: list[Occurrence] = []
    for start, end, key, alone in find_spans(text, lookup, max_words):
        context = Context(text, start, end, alone, alone and lookup.verbs[key])
        refused = refusal(context, known) if careful else ""
        this = bool(_THIS.search(text[max(0, start - 12) : start]))
        found.append(Occurrence(start, end, lookup.names.get(key, key), this, refused, key in lookup.titled))
    return found


def quoted(text: str, place: Occurrence) -> str:
    """An occurrence with up to two words before it and one behind it: what a refusal looked at."""
    before = re.search(r"(?:[^\s.!?;,]+\s+){0,2}$", text[: place.start])
    behind = re.match(r"(?:[ -][^\s.!?;,:]+)?", text[place.end :])
    return (before[0] if before else "") + text[place.start : place.end] + (behind[0] if behind else "")


def find_spans(text: str, lookup: Lookup, max_words: int = 6) -> list[tuple[int, int, str, bool]]:
    """(start, end, key, whether it is one word) of every place whose letters are a key, whatever stands around it."""
    words = [(match.start(), match.end(), match.group().lower()) for match in WORD.finditer(text)]
    words = [word for word in words if not (word[2] == "s" and text[word[0] - 1 : word[0]] in _APOSTROPHES)]
    found: list[tuple[int, int, str, bool]] = []
    for first, (start, _, word) in enumerate(words):
        if word[:2] not in lookup.starts:  # most words begin no name
            continue
        last, key = _longest_from(text, words, first, lookup.verbs, max_words)
        if last is None or (found and words[last][1] <= found[-1][1]) or in_mask(text, start, words[last][1]):
            continue
        found.append((start, words[last][1], key, first == last))
    return found


def _longest_from(
    text: str, words: _Words, first: int, keys: Collection[str], max_words: int
) -> tuple[int | None, str]:
    """The last word of the longest span from `first` that is a key, with that key."""
    letters = words[first][2]
    best: tuple[int | None, str] = (first, letters) if letters in keys else (None, "")
    for place in range(first + 1, min(first + max_words, len(words))):
        if not _is_glued(text, words[place - 1], words[place]):
            break
        letters += words[place][2]
        if letters in keys:
            best = (place, letters)
    return best


def _is_glued(text: str, left: tuple[int, int, str], right: tuple[int, int, str]) -> bool:
    """Whether two words can be of one name; single letters also with a full stop between them ("T.V.")."""
    between = text[left[1] : right[0]]
    return between == " " or bool(_GLUE.match(between)) or (between == "." and len(left[2]) == len(right[2]) == 1)
