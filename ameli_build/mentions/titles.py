"""Where a title or a category says what the product is: the noun chunk around its root word (section 3.3).

A title is a row of segments ("Brand - 14" Laptop - 16GB Memory - Silver"), one of which holds the product's noun.
What stands behind a preposition ("with", "for"), a comma or a plus is not part of the name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ameli_build.mentions.inflect import is_adjective, is_noun, noun_lemma
from ameli_build.mentions.words import WORD, word_set

if TYPE_CHECKING:
    from spacy.language import Language

Phrase = Sequence[str]
"""Words of a noun chunk up to its head, hyphenated compounds being one word each."""

_SEGMENT = re.compile(r"\s+[-–—|]+\s+|\s*[;:|]\s+")
_MARKS = re.compile(r"[®™©℠]|\([^)]*\)|\[[^\]]*\]")
_TAIL = re.compile(
    r",\s|\s\+\s|\s(?:(?i:with|w/\S*|for|in|featuring|including|includes|by|from|of|on|to|that|without|compatible"
    r"|designed|(?:built|made|powered)\s+(?:for|by|to|of|in))|plus)(?=\s|$)"
)
"""Where a name ends; "Plus" with a capital belongs to a model's name."""

_FOR = re.compile(r"\s(?:for|fits)\s+(?:most\s+|select\s+)?(.+)", re.IGNORECASE)

_MEASURE = re.compile(
    r"\d[\d.,/]*\s*-?\s*(?:[\"”″]|''|(?:cu\.?\s*ft\.?|cubic\s+f(?:ee|oo)t|inch(?:es)?|in\.|ft\.?|feet|mm|cm|gb|tb|mb|mp"
    r"|qt\.?|quarts?|oz\.?|lbs?\.?|gal\.?|gallons?|watts?|hz|mah|btu|cups?|slices?|packs?|pk|megapixels?)(?![a-z]))"
    r"(?:\s*x(?=\s*\d))?",
    re.IGNORECASE,
)
_COORDINATED = re.compile(r"\s*(?:&|/|,|\band\b|\+)\s*", re.IGNORECASE)
_DETERMINERS = word_set("all the a an other more shop new our")

_CONTAINERS = word_set("bundle combo kit pack package set")
"""Heads that only say that several things come together."""

_PURPOSES = word_set("accessory care cleaning gift maintenance power repair starter tool travel value")
"""What stands before such a head and is not in it: a "power pack" is no power."""

_KINDS_OF = {
    "band": word_set("tracker"),
    "camera": word_set("camcorder dslr slr webcam"),
    "computer": word_set("chromebook desktop laptop notebook tablet tower"),
    "drone": word_set("quadcopter"),
    "headphone": word_set("earbud headset"),
    "pc": word_set("desktop laptop notebook tablet tower"),
    "receiver": word_set("stereo"),
    "scooter": word_set("hoverboard"),
    "speaker": word_set("soundbar subwoofer"),
    "tv": word_set("hdtv"),
    "watch": word_set("smartwatch tracker"),
}
"""Nouns that stand in apposition before a more general one and name the product as well: "laptop computer"."""

_COORDINATE = 4
"""Words of a second name, its "and" included."""

_ALL_KINDS = frozenset().union(*_KINDS_OF.values())


def title_phrases(title: str, kinds: Sequence[Phrase], language: Language) -> list[Phrase]:
    """The title's noun chunk up to its root: of the segment that holds a head of the category's `kinds`, if one does.

    That head is the root where the category is a kind of thing ("Laptops"), else one beside spaCy's. Nouns in
    apposition or coordination head names of their own.
    """
    known = {lemma_of(phrase[-1], language) for phrase in kinds}
    plain = any(is_plural(phrase[-1], language) for phrase in kinds)
    phrases = [words for words in map(_clean_phrase, _in_likely_order(segments(title))) if words]
    found = _known_phrases(phrases, known, plain, language)
    if not found and phrases:
        found = [_up_to_root(phrases[0], language)]
    return [*found, *(other for phrase in found for other in _other_heads(phrase, known, language))]


@lru_cache(maxsize=1 << 12)
def category_phrases(category: str, language: Language) -> Sequence[Phrase]:
    """The noun chunks of a category; of coordinated ones ("Washers & Dryers") those whose head is a plural.

    What is coordinated with them modifies the head that follows: "Hair & Beard Trimmers" are hair trimmers too.
    """
    tail = _TAIL.search(category, 1)
    parts = _COORDINATED.split(category[: tail.start()] if tail else category)
    phrases = [words for words in map(_clean_phrase, parts) if words]
    if not phrases:
        return []
    if len(phrases) > 1 and lemma_of(phrases[-1][-1], language) not in _CONTAINERS:
        heads = [words for words in phrases if is_plural(words[-1], language)]
        fronts = [words for words in phrases if words not in heads]
        if phrases[-1] in heads:
            heads += [[*words, phrases[-1][-1]] for words in fronts]
        phrases = heads or phrases
    found = [_up_to_root(words, language) for words in phrases]
    return [*found, *(other for phrase in found for other in _other_heads(phrase, (), language))]


def segments(title: str) -> list[str]:
    """The parts of a title between dashes, without trademarks and brackets."""
    return [part.strip() for part in _SEGMENT.split(_MARKS.sub(" ", title)) if part.strip()]


def asides(title: str, phrases: Sequence[Phrase]) -> list[str]:
    """Modifiers between dashes of their own before the name: "LED", "Smart" of "Brand - LED - Smart - 4K TV"."""
    heads = {phrase[-1] for phrase in phrases}
    found: list[str] = []
    for segment in segments(title)[1:]:
        words = segment.split()
        if heads & set(words):
            return found
        found += words if len(words) == 1 else []
    return []


def purposes(title: str) -> list[Phrase]:
    """What a title says behind "for": a "Case for Apple iPhone X" is an iPhone case."""
    found = (_FOR.search(segment) for segment in segments(title)[:2])
    return [words for match in found if match and (words := _clean_phrase(match[1]))]


def is_plural(compound: str, language: Language) -> bool:
    """Whether a compound's last word is a plural."""
    words = WORD.findall(compound.lower())
    return bool(words) and noun_lemma(words[-1], language) != words[-1]


def lemma_of(compound: str, language: Language) -> str:
    """The lemma of a compound's last word, read as a noun."""
    words = WORD.findall(compound.lower())
    return noun_lemma(words[-1], language) if words else ""


def _known_phrases(phrases: Sequence[Phrase], known: Collection[str], plain: bool, language: Language) -> list[Phrase]:
    for words in phrases:
        places = [n for n, word in enumerate(words) if lemma_of(word, language) in known]
        if places:
            to_head = words[: places[-1] + 1]
            if plain:
                return [to_head, *_second_names(words, places[-1], language)]
            to_root = _up_to_root(words, language)
            return [to_head] if to_root[-1].isupper() else [to_head, to_root]
    return []


def _second_names(words: Phrase, head: int, language: Language) -> Iterator[Phrase]:
    """What names the thing again after its head: one noun in apposition ("Smart Lock Deadbolt"), or one after "and"."""
    rest = words[head + 1 :]
    if not rest or not _can_head(rest[-1], language) or lemma_of(rest[-1], language) in _CONTAINERS:
        return
    if len(rest) == 1 and is_noun(lemma_of(rest[0], language), language):
        yield words
    elif rest[0] in ("and", "&") and len(rest) <= _COORDINATE:
        yield rest[1:]


def _in_likely_order(parts: list[str]) -> list[str]:
    """Where the name stands: after the brand; of two segments, in the one that says more."""
    if len(parts) >= 3:
        return [parts[1], parts[0], *parts[2:]]
    return sorted(parts, key=lambda segment: -len(_clean_phrase(segment)))


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


def _up_to_root(words: Phrase, language: Language) -> Phrase:
    """The noun chunk around the root word: that which spaCy finds, or up to a later noun.

    A compound that the parser breaks is headed by its last noun, so nothing is parsed where a phrase ends in one.
    """
    from spacy.tokens import Doc

    if _can_head(words[-1], language):
        return words

    doc = Doc(language.vocab, words=[word.lower() for word in words])
    for name, pipe in language.pipeline:
        if name != "lemmatizer":
            doc = pipe(doc)
    root = next((token for token in doc if token.dep_ == "ROOT"), doc[-1])
    chunks = list(doc.noun_chunks)
    chunk = next((chunk for chunk in chunks if chunk.root.i == root.i), chunks[-1] if chunks else None)
    if chunk is None:
        return words
    places = range(chunk.end, len(doc))
    later = [n for n in places if doc[n].pos_ in ("NOUN", "PROPN") or _can_head(words[n], language)]
    if later:
        return words[: later[-1] + 1]
    return words[: chunk.root.i + 1]


def _can_head(compound: str, language: Language) -> bool:
    """Whether a word is a noun and nothing like an adjective ("activity trackers", not "speakers wireless")."""
    lemma = lemma_of(compound, language)
    return is_plural(compound, language) or (is_noun(lemma, language) and not is_adjective(lemma, language))


def _other_heads(phrase: Phrase, known: Collection[str], language: Language) -> Iterator[Phrase]:
    """Beginnings of a phrase that end in a noun beside the head: in apposition, in a package, or before an "and"."""
    head = lemma_of(phrase[-1], language)
    lemmas = [lemma_of(word, language) for word in phrase[:-1]]
    kinds = _ALL_KINDS if head in _CONTAINERS else _KINDS_OF.get(head, frozenset())
    places = {n for n, lemma in enumerate(lemmas) if lemma in kinds}
    if (
        head in _CONTAINERS
        and not places
        and lemmas
        and lemmas[-1] not in _PURPOSES
        and _can_head(phrase[-2], language)
    ):
        places.add(len(lemmas) - 1)
    places |= {n - 1 for n, word in enumerate(phrase[:-1]) if n and word in ("and", "&") and lemmas[n - 1] in known}
    for place in sorted(places):
        yield phrase[: place + 1]
