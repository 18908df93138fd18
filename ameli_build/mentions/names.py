"""Product name candidates: the root word of a title and of a leaf category, and the noun chunk it heads (section 3.3).

A title is a row of segments ("Brand - 14" Laptop - 16GB Memory - Silver"), one of which holds the product's noun. The
candidates are all spans of that segment's noun chunk that end in its root word, up to a number of words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ameli_build.mentions.inflect import is_verb, noun_forms, noun_lemma
from ameli_build.mentions.words import word_set

if TYPE_CHECKING:
    from spacy.language import Language

WORD = re.compile(r"[^\W_]+")
"""What counts as a word, in names and in reviews: hyphens and apostrophes separate."""

_SEGMENT = re.compile(r"\s+[-–—|]+\s+|\s*[;:|]\s+")
_MARKS = re.compile(r"[®™©℠]|\([^)]*\)|\[[^\]]*\]")
_TAIL = re.compile(
    r",\s|\s(?:(?i:with|w/|for|in|featuring|including|includes|by|from|of|on|to|that|without|compatible|designed"
    r"|(?:built|made|powered)\s+(?:for|by|to|of|in))|plus)(?=\s|$)"
)
"""Where a name ends: at a comma or a preposition; "Plus" with a capital belongs to a model's name."""

_MEASURE = re.compile(
    r"\d[\d.,/]*\s*-?\s*(?:[\"”″]|''|(?:cu\.?\s*ft\.?|cubic\s+f(?:ee|oo)t|inch(?:es)?|in\.|ft\.?|feet|mm|cm|gb|tb|mb|mp"
    r"|qt\.?|quarts?|oz\.?|lbs?\.?|gal\.?|gallons?|watts?|hz|mah|btu|cups?|slices?|packs?|pk|megapixels?)(?![a-z]))",
    re.IGNORECASE,
)
_COORDINATED = re.compile(r"\s*(?:&|/|,|\band\b|\+)\s*", re.IGNORECASE)
_LINE = re.compile(r"[A-Z]?[a-z]+[A-Z]\w*$")
"""Words with a capital inside ("MacBook", "iPhone"): a product line that is a name by itself."""

_NOT_A_LINE = word_set("wifi hifi macos trudepth trucolor ios ipados chromeos")
_DETERMINERS = word_set("all the a an other more shop new our")
_EMPTY_HEADS = word_set(
    "accessory brand bundle care class collection deal edition essential gift item kit model more other pack package"
    " part piece product series set size style type"
)
"""Heads that name no product alone; longer spans that end in them do."""


@dataclass(frozen=True, slots=True)
class Name:
    """One candidate: its words in lower case, the forms of its last word, and whether that is a verb too."""

    words: tuple[str, ...]
    heads: frozenset[str]
    verb: bool

    @property
    def keys(self) -> list[str]:
        """What is looked up in a review: the letters of each form without spaces or hyphens."""
        front = "".join(self.words[:-1])
        return [front + head for head in sorted(self.heads)]

    @property
    def text(self) -> str:
        """The name in plain words."""
        return " ".join(self.words)


def product_names(title: str, category: str, language: Language, max_words: int = 6) -> list[Name]:
    """Name candidates of a product from its title and its leaf category, longest first, then by their words."""
    kinds = _category_phrases(category, language)
    plain = any(_is_plural(phrase[-1], language) for phrase in kinds)
    spans = _line_names(title)
    for phrase in _title_phrases(title, {_lemma_of(phrase[-1], language) for phrase in kinds}, plain, language):
        spans |= _spans_to_head(phrase, max_words)
    for phrase in kinds:
        spans |= _spans_to_head(phrase, max_words)
    if any(_is_line(phrase[0]) for phrase in kinds if len(phrase) > 1):  # a "MacBook Air" is no kind of air
        spans -= {(phrase[-1].lower(),) for phrase in kinds if len(phrase) > 1}
    return sorted(_named(spans, language), key=lambda name: (-len(name.words), name.words))


def _title_phrases(title: str, known: set[str], plain: bool, language: Language) -> list[list[str]]:
    """The words of the title's noun chunk up to its root: of the segment that holds a category's head, if one does.

    That head is the root where the category is a kind of thing (`plain`: "Laptops"), else one beside spaCy's.
    """
    phrases = [words for words in map(_clean_phrase, _in_likely_order(_segments(title))) if words]
    for words in phrases:
        places = [n for n, word in enumerate(words) if _lemma_of(word, language) in known]
        if places:
            to_head = words[: places[-1] + 1]
            if plain:
                return [to_head]
            to_root = _up_to_root(words, language)
            return [to_head] if to_root[-1].isupper() else [to_head, to_root]
    return [_up_to_root(phrases[0], language)] if phrases else []


def _segments(title: str) -> list[str]:
    return [part.strip() for part in _SEGMENT.split(_MARKS.sub(" ", title)) if part.strip()]


def _in_likely_order(segments: list[str]) -> list[str]:
    """Where the name stands: after the brand; of two segments, in the one that says more."""
    if len(segments) >= 3:
        return [segments[1], segments[0], *segments[2:]]
    return sorted(segments, key=lambda segment: -len(_clean_phrase(segment)))


def _clean_phrase(segment: str) -> list[str]:
    """A segment's words before any "with" or "for", without measures and without trailing model numbers."""
    tail = _TAIL.search(segment, 1)
    phrase = _MEASURE.sub(" ", segment[: tail.start()] if tail else segment)
    words = [word.strip(".,'\"”″!?*") for word in phrase.split()]
    words = [word for word in words if WORD.search(word)]
    while words and words[0].lower() in _DETERMINERS:
        words.pop(0)
    while words and any(letter.isdigit() for letter in words[-1]):
        words.pop()
    return words


def _category_phrases(category: str, language: Language) -> list[list[str]]:
    """The noun chunks of a category; of coordinated ones ("Washers & Dryers") those whose head is a plural."""
    tail = _TAIL.search(category, 1)
    parts = _COORDINATED.split(category[: tail.start()] if tail else category)
    phrases = [words for words in map(_clean_phrase, parts) if words]
    if len(phrases) > 1:
        phrases = [words for words in phrases if _is_plural(words[-1], language)] or phrases
    return [_up_to_root(words, language) for words in phrases]


def _up_to_root(words: list[str], language: Language) -> list[str]:
    """The noun chunk that spaCy finds around the root word, hyphenated compounds being one token each."""
    from spacy.tokens import Doc

    doc = language(Doc(language.vocab, words=[word.lower() for word in words]))
    root = next((token for token in doc if token.dep_ == "ROOT"), doc[-1])
    chunks = list(doc.noun_chunks)
    chunk = next((chunk for chunk in chunks if chunk.root.i == root.i), chunks[-1] if chunks else None)
    if chunk is None or any(token.pos_ in ("NOUN", "PROPN") for token in doc[chunk.end :]):
        return words  # a compound that the parser broke: its last word heads it
    return words[: chunk.root.i + 1]


def _spans_to_head(phrase: Sequence[str], max_words: int) -> set[tuple[str, ...]]:
    """All spans of a phrase that end in its last word, a hyphenated compound never cut."""
    spans = set()
    words: tuple[str, ...] = ()
    for compound in reversed(phrase):
        words = (*WORD.findall(compound.lower()), *words)
        if len(words) > max_words:
            break
        spans.add(words)
    return spans


def _line_names(title: str) -> set[tuple[str, ...]]:
    """Names of a product line of up to three words at the start of a segment: "MacBook", "MacBook Air"."""
    spans = set()
    for segment in _segments(title)[:2]:
        words = segment.split()
        place = next((n for n, word in enumerate(words[:2]) if _is_line(word)), None)
        if place is None:
            continue
        name: tuple[str, ...] = ()
        for word in words[place : place + 3]:
            if not word.isalpha() or (name and not word[0].isupper()):
                break
            name = (*name, word.lower())
            spans.add(name)
    return spans


def _is_plural(compound: str, language: Language) -> bool:
    lemma: str = _lemma_of(compound, language)
    return lemma != str(WORD.findall(compound.lower())[-1])


def _is_line(word: str) -> bool:
    return bool(_LINE.match(word)) and word.lower() not in _NOT_A_LINE


def _lemma_of(compound: str, language: Language) -> str:
    words = WORD.findall(compound.lower())
    return noun_lemma(words[-1], language) if words else ""


def _named(spans: set[tuple[str, ...]], language: Language) -> list[Name]:
    names: dict[tuple[str, ...], Name] = {}
    for span in sorted(spans):
        head = noun_lemma(span[-1], language)
        alone = len(span) == 1
        if span[0].isdigit() or (alone and (head in _EMPTY_HEADS or len(head) < 2)):
            continue
        words = (*span[:-1], head)
        names[words] = Name(words, noun_forms(head, language), alone and is_verb(head, language))
    return list(names.values())
