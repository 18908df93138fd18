"""The words of a title or a category up to the noun of the product (section 3.3).

A title is a row of segments ("Brand - 14" Laptop - 16GB Memory - Silver"), one of which contains the product's noun:
the last noun of a thing before "with", "for" and the like. `names.toml` lists such nouns; nouns of the product's
category count too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ameli_build.mentions.heads import AND, heads_of
from ameli_build.mentions.inflect import dictionary, noun_lemma
from ameli_build.mentions.tables import all_names, name_table
from ameli_build.mentions.words import WORD, word_set

if TYPE_CHECKING:
    from spacy.language import Language

Phrase = Sequence[str]
"""Words of a noun chunk up to its head; a hyphenated compound is one word."""

_SEGMENT = re.compile(r"\s+[-–—|]+\s+|\s*[;:|]\s+")
_MARKS = re.compile(r"[®™©℠]|\([^)]*\)|\[[^\]]*\]")
_HARD = word_set("with w for featuring including includes by from without compatible designed fits")
"""Small words that end a name."""

_MEASURE = re.compile(
    r"(?:with\s+\d+\s*GB\s+Memory(?=\s+[A-Z]))|\d[\d.,/]*\s*-?\s*(?:[\"”″]|''|(?:cu\.?\s*ft\.?|cubic\s+f(?:ee|oo)t|inch(?:es)?|in\.|ft\.?|feet|mm|cm|gb|tb|mb|mp"
    r"|qt\.?|quarts?|oz\.?|ounces?|lbs?\.?|gal\.?|gallons?|watts?|hz|mah|btu|cups?|slices?|packs?|pk|pieces?|pc"
    r"|megapixels?)(?![a-z]))(?:\s*x(?=\s*\d))?",
    re.IGNORECASE,
)
_COORDINATED = re.compile(r"\s*(?:&|/|,|\band\b|\+)\s*", re.IGNORECASE)
_DETERMINERS = word_set("all the a an other more shop new our")
_FOR = re.compile(r"\s(?:for|fits)\s+(?:most\s+|select\s+)?(.+)", re.IGNORECASE)


def title_phrases(title: str, kinds: Sequence[Phrase], language: Language) -> list[Phrase]:
    """The title's words up to the noun of the thing, and up to other nouns of the same thing.

    Args:
        title: The title of a product.
        kinds: Phrases of its category, whose heads decide between segments and between nouns.
        language: The pipeline whose tables have nouns.

    Returns:
        Phrases whose last words are nouns of the thing, the noun of the title first; empty if there is none.
    """
    heads = {lemma_of(phrase[-1], language) for phrase in kinds}
    own = frozenset(letters for head in heads for letters in all_names(head))
    nouns = dictionary(language).nouns
    brand, *others = segments(title) or ("",)
    parts = [words for words in map(clean_words, (*others, brand)) if words]
    trusted = own if any(is_plural(phrase[-1], language) for phrase in kinds) else frozenset()
    for only_own, kind in ((True, own), (False, trusted)):
        for words in parts:
            found = heads_of(words, [lemma_of(word, language) for word in words], kind, nouns, only_own=only_own)
            if found:
                return [words[start:end] for start, end in found]
    likely = parts[0] if len(parts) >= 3 else max(parts, key=len, default=())
    while len(likely) > 1 and likely[-1].lower() in name_table().never:  # a colour behind a noun of no table
        likely = likely[:-1]
    one_word = len(likely) == 1 and len(parts) > 1
    return [likely] if likely and not (kinds and one_word) else []


@lru_cache(maxsize=1 << 12)
def clean_words(segment: str) -> tuple[str, ...]:
    """`front_words` without trailing model numbers."""
    words = front_words(segment)
    end = len(words)
    while end and (any(map(str.isdigit, words[end - 1])) or not WORD.search(words[end - 1])):
        end -= 1
    return words[:end]


@lru_cache(maxsize=1 << 12)
def front_words(segment: str) -> tuple[str, ...]:
    """A segment's words before any "with" or "for", without measures and determiners."""
    spaced = _MEASURE.sub(" ", segment).replace(", ", " , ")
    words = [word.strip(".'\"”″!?*:") for word in spaced.split()]
    words = [word for word in words if WORD.search(word) or word in (*AND, ",")]
    while words and (words[0].lower() in _DETERMINERS or not WORD.search(words[0])):
        words.pop(0)
    end = next((n for n, word in enumerate(words) if n and _is_hard(word)), len(words))
    return tuple(words[:end])


@lru_cache(maxsize=1 << 12)
def category_phrases(category: str, language: Language) -> Sequence[Phrase]:
    """The noun chunks of a category that name things; both parts of "Washers & Dryers".

    Words before "and" and a plural modify the plural: "Hair & Beard Trimmers" are hair trimmers too.
    """
    words = clean_words(category)
    phrases = [part.split() for part in _COORDINATED.split(" ".join(words)) if WORD.search(part)]
    if phrases and is_plural(phrases[-1][-1], language):
        heads = [phrase for phrase in phrases if is_plural(phrase[-1], language)]
        return [*heads, *([*phrase, phrases[-1][-1]] for phrase in phrases if phrase not in heads)]
    return [phrase for phrase in phrases if _is_head(phrase, language)]


@lru_cache(maxsize=1 << 10)
def segments(title: str) -> tuple[str, ...]:
    """The parts of a title between dashes, without trademarks and brackets."""
    return tuple(part.strip() for part in _SEGMENT.split(_MARKS.sub(" ", title)) if part.strip())


def asides(title: str, phrases: Sequence[Phrase]) -> list[str]:
    """Single words between dashes before the name: "LED" and "Smart" of "Brand - LED - Smart - 4K TV"."""
    heads = {phrase[-1] for phrase in phrases}
    found: list[str] = []
    for segment in segments(title)[1:]:
        words = segment.split()
        if heads & set(words):
            return found
        found += words if len(words) == 1 else []
    return []


def purposes(title: str) -> list[Phrase]:
    """The words of a title after "for": a "Case for Apple iPhone X" is an iPhone case."""
    found = (_FOR.search(segment) for segment in segments(title)[:2])
    return [words for match in found if match and (words := clean_words(match[1]))]


def is_plural(compound: str, language: Language) -> bool:
    """Whether a compound's last word is a plural."""
    words = WORD.findall(compound.lower())
    return bool(words) and noun_lemma(words[-1], language) != words[-1]


def lemma_of(compound: str, language: Language) -> str:
    """The noun lemma of a compound's last word; "windows" is the name of a system."""
    words = WORD.findall(compound.lower())
    if not words or words[-1] in name_table().never:
        return words[-1] if words else ""
    return noun_lemma(words[-1], language)


def _is_head(phrase: Phrase, language: Language) -> bool:
    lemma = lemma_of(phrase[-1], language)
    return lemma in name_table().things or lemma in name_table().lines or is_plural(phrase[-1], language)


def _is_hard(word: str) -> bool:
    return word.lower() in _HARD or word.lower().startswith("w/")
