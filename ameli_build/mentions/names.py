"""Product name candidates: the noun of a title and of a leaf category, and its noun chunk (section 3.3).

The candidates are the spans of a noun chunk that end in its noun, up to a number of words. A shopper may omit inner
modifiers ("wireless mouse" of "Wireless Laser Mouse"), combine modifiers of the title with the noun of the category,
use another everyday name ("television"), or use the name of a product line or a model alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ameli_build.mentions.inflect import dictionary, noun_forms, noun_lemma
from ameli_build.mentions.tables import all_names, idle_words, letters_of, name_table, other_names
from ameli_build.mentions.titles import (
    Phrase,
    asides,
    category_phrases,
    clean_words,
    front_words,
    is_plural,
    lemma_of,
    purposes,
    segments,
    title_phrases,
)
from ameli_build.mentions.words import WORD, word_set

if TYPE_CHECKING:
    from spacy.language import Language

Span = tuple[str, ...]

_MODEL = re.compile(r"(?:[a-z]{2,}\d|[a-z]+\d\d|\d+[a-z]+\d)[a-z\d]*$")
_NO_MODEL = re.compile(
    r"\d+(?:x\d|in\d)|(?:ddr|gddr|mp|usb|pc|cat|h|cl|rj|cr|aa|aaa|lr|rg|hdmi|type|gen|ver|v|windows|sata|uhs|class|wpa|ac|ax|mfi"
    r"|docsis|adsl|wifi|bt|ipx?|cd|iphone|ipad|ps)\d+[a-z]?$"
)
"""Words of letters and digits that name a model ("WRT54G"), except measures and standards."""

_LINE_MODEL = re.compile(r"[a-z]{1,3}\d{1,3}[a-z]?$|\d{1,3}[a-z]$")
_SUFFIXES = word_set("edge plus pro max mini ultra lite active")
"""A model after the name of a product line, and words that may follow it."""

_ASIDE = re.compile(r"\s-\s|[()\[\]]")
_FRONT, _BACK = 2, 3
"""Most compounds before and after the gap of a name."""

_NO_MODIFIER = word_set("a an and by for in of on or the to with x")


@dataclass(frozen=True, slots=True)
class Name:
    """A name candidate."""

    words: Span
    """Its words, in lower case."""
    heads: frozenset[str]
    """Forms of its last word."""
    verb: bool
    """Whether it is a single word that is a verb too."""
    gapped: bool = False
    """Whether its words are not adjacent in title or category."""
    count: int = 1
    """Number of its occurrences, in any form, in noun chunks of title and category; 1 if there are none."""
    titled: bool = False
    """Whether it ends in a noun of the title."""

    @property
    def keys(self) -> list[str]:
        """The letters of each form without spaces or hyphens, for the search in a review."""
        front = "".join(self.words[:-1])
        return [front + head for head in sorted(self.heads)]

    @property
    def key(self) -> str:
        """The key of `words`."""
        return "".join(self.words)

    @property
    def text(self) -> str:
        """The name in plain words."""
        return " ".join(self.words)


def product_names(title: str, category: str, language: Language, max_words: int = 6) -> list[Name]:
    """Name candidates of a product from its title and its leaf category.

    Args:
        title: The product's title.
        category: Its leaf category.
        language: The pipeline whose tables have nouns and lemmas.
        max_words: Most words of a name.

    Returns:
        The names, longest first, then by their words; names with a gap follow, in the order of their modifiers.
    """
    kinds = [phrase for phrase in category_phrases(category, language) if _names_a_thing(phrase, language)]
    work = _is_work(kinds, language)
    titled = _media(title) if work else title_phrases(title, kinds, language)
    alike = {lemma_of(phrase[-1], language) for phrase in titled}
    known = any(lemma in name_table().things or lemma in name_table().lines for lemma in alike)
    named = {name for lemma in alike for name in all_names(lemma)}
    agreed = [phrase for phrase in kinds if lemma_of(phrase[-1], language) in named]
    sure = len({lemma_of(phrase[-1], language) for phrase in kinds if is_plural(phrase[-1], language)}) == 1
    if not work and (agreed or (known and not sure)):
        kinds = agreed  # neither the hubs of "Cables & Hubs" nor a "Non-Touch Screen"
    titled = [phrase for phrase in titled if phrase[-1].lower() not in name_table().never]
    phrases = [*titled, *kinds]
    same = [phrase for phrase in kinds if lemma_of(phrase[-1], language) in alike]
    nouns = _everyday([*titled, *same] if known else phrases, language)
    spans = Counter((*_spans_of(titled, max_words), *_spans_of(kinds, max_words)))
    things = {end for phrase in phrases for end in _ends(phrase, language)} | set(map(letters_of, nouns))
    everyday = {_parts(noun) for noun in nouns}
    lines = {*_line_names(title, category, things)}
    more = {*lines, *everyday, *(() if work else _models(title))}
    spans.update(more - spans.keys())
    plain = _named(spans, alike, language)
    said = {name.words for name in plain}
    ends = {_parts(" ".join(phrase[-size:])) for phrase in phrases for size in range(1, _BACK + 1)}
    ends |= everyday | lines
    backs = [back for back in _named(dict.fromkeys(ends, 1), alike, language) if back.words[-1:] in said]
    gapped = _gapped(backs, _fronts_of(title, phrases, language), max_words)
    return [*plain, *(name for words, name in gapped.items() if words not in said)]


def _is_work(kinds: Sequence[Phrase], language: Language) -> bool:
    """Whether the title is the name of a work, such as a film, so that its nouns are no kinds of products."""
    return any(lemma_of(phrase[-1], language) in name_table().works for phrase in kinds)


def _media(title: str) -> list[Phrase]:
    """The medium of a work: "(Blu-ray Disc)", "- CD"."""
    first = [letters_of(part.split()[0]) for part in _ASIDE.split(title) if part.strip()]
    return [[word] for word in first if word in name_table().media]


def _names_a_thing(phrase: Phrase, language: Language) -> bool:
    """Whether a category's head can name a thing: not "Accessories", not "Secure Digital"."""
    lemma = lemma_of(phrase[-1], language)
    return lemma not in name_table().empty and lemma not in name_table().never


def _everyday(phrases: Sequence[Phrase], language: Language) -> set[str]:
    """Other everyday names of the things in the phrases, by the longest ending that the table has."""
    found: set[str] = set()
    every = [_ends(phrase, language) for phrase in phrases]
    named = {end for ends in every for end in ends}
    for ends in every:
        found |= next((names for end in ends if (names := other_names(end))), set())
        plain = ends[-1] in name_table().things  # a network "Switch" is no console
        things = [thing for thing in name_table().lines.get(ends[-1], ()) if not plain or letters_of(thing) in named]
        found |= {name for thing in things for name in _with_others(thing)}
    return found


def _ends(phrase: Phrase, language: Language) -> list[str]:
    """The letters of a phrase's last three words, last two words and last word, in the singular."""
    words = list(_parts(" ".join(phrase)))
    words[-1] = noun_lemma(words[-1], language)
    return ["".join(words[-size:]) for size in (3, 2, 1)]


def _with_others(name: str) -> set[str]:
    return {name} | other_names(letters_of(name))


def _spans_of(phrases: Sequence[Phrase], max_words: int) -> set[Span]:
    return {span for phrase in phrases for span in _spans_to_head(phrase, max_words)}


def _spans_to_head(phrase: Phrase, max_words: int) -> set[Span]:
    """All spans of a phrase that end in its last word; hyphenated compounds stay whole."""
    spans = set()
    words: Span = ()
    for compound in reversed(phrase):
        words = (*_parts(compound), *words)
        if len(words) > max_words or not WORD.search(compound):
            break
        if not compound.isdigit() and words[0] not in _NO_MODIFIER:
            spans.add(words)
    last = _parts(phrase[-1])[-1:]
    return spans | {last} if {*last} & name_table().things else spans  # a "Multi-Cooker" is a cooker


def _gapped(backs: Sequence[Name], fronts: Iterable[Span], max_words: int) -> dict[Span, Name]:
    """Names of one or two adjacent modifiers, then a name or its ending."""
    names = {}
    for front in sorted(fronts):
        for back in backs:
            if len(front) + len(back.words) <= max_words and not {*front} & {*back.words}:
                words = (*front, *back.words)
                names[words] = Name(words, back.heads, False, True, 1, back.titled)
    return names


def _fronts_of(title: str, phrases: Sequence[Phrase], language: Language) -> set[Span]:
    """One or two adjacent modifiers of any phrase, modifiers between a title's dashes, and the product's purpose.

    Each side of a slash is a modifier too ("CD/DVD Receiver"). The first word of a title is no modifier if it is not in
    the dictionary, as most brands; names without a gap keep it ("whirlpool microwave").
    """
    words = title.lower().split()
    brand = "" if not words or words[0] in dictionary(language).listed else words[0]
    fronts: set[Span] = {(word.lower(),) for word in asides(title, phrases)}
    runs = [[word.lower() for word in phrase[:-1]] for phrase in phrases]
    runs += [[noun_lemma(word.lower(), language) for word in words] for words in purposes(title)]
    fronts.update((part,) for words in runs for word in words if "/" in word for part in word.split("/"))
    for modifiers in runs:
        for start in range(len(modifiers)):
            for end in range(start + 1, min(start + _FRONT, len(modifiers)) + 1):
                fronts.add(tuple(modifiers[start:end]))
    fronts = {front for front in fronts if all(word != brand and _modifies(word) for word in front)}
    return {_parts(" ".join(front)) for front in fronts}


def _modifies(word: str) -> bool:
    return word not in _NO_MODIFIER and any(map(str.isalpha, word))


@lru_cache(maxsize=1 << 14)
def _parts(compound: str) -> Span:
    return tuple(WORD.findall(compound.lower()))


def _line_names(title: str, category: str, things: set[str]) -> Iterator[Span]:
    """Names of product lines in title and category before any "for", of a kind whose letters are in `things`."""
    table = name_table()
    for part in (*segments(title), category):
        words = front_words(part)
        for start in range(len(words)):
            for end in range(start + 1, min(start + 3, len(words)) + 1):
                span = _parts(" ".join(words[start:end]))
                if any(all_names(thing) & things for thing in table.lines.get("".join(span), ())):
                    yield span
                    yield from (_parts(name) for name in other_names("".join(span)))
                    yield from _models_of_line(span, [word.lower() for word in words[end : end + 2]])


def _models_of_line(line: Span, following: Sequence[str]) -> Iterator[Span]:
    """The model after the name of a line, with that name and alone: "Galaxy S7 edge" is the "S7 edge", the "S7"."""
    if not following or not any(map(str.isdigit, following[0])) or len(_parts(following[0])) > 1:
        return
    model = (following[0],)
    models = [model, (*model, *following[1:])] if {*following[1:]} & _SUFFIXES else [model]
    yield from ((*line, *name) for name in models)
    if _LINE_MODEL.match(model[0]) and not _NO_MODEL.match(model[0]) and model[0] not in name_table().never:
        yield from models


def _models(title: str) -> Iterator[Span]:
    """Model numbers before any "for", whole and by the part after a hyphen: "SRS-ZR7" is the "ZR7" too.

    Numbers at the end of a segment count only in the segment after the brand; elsewhere they belong to other things.
    """
    parts = segments(title)
    for part in parts:
        for word in front_words(part) if part in parts[:2][-1:] else clean_words(part):
            numbers = () if "/" in word else _parts(word)
            yield from ((model,) for model in {"".join(numbers[:2]), *numbers} if _is_model(model))


def _is_model(word: str) -> bool:
    return len(word) > 2 and bool(_MODEL.match(word)) and not _NO_MODEL.match(word)


def _named(spans: Mapping[Span, int], titled: Collection[str], language: Language) -> list[Name]:
    """Names of spans with their counts, longest first, then by their words; `titled` are the title's nouns."""
    things, idle = name_table().things, idle_words()
    names: dict[Span, Name] = {}
    for span, count in spans.items():
        head = noun_lemma(span[-1], language)
        alone = len(span) == 1
        short = len(head) < 3 and head not in things and not any(map(str.isdigit, head))
        if alone and (head in idle or short):
            continue
        words = (*span[:-1], head)
        said = count + names[words].count if words in names else count
        names[words] = Name(
            words, noun_forms(head, language), alone and head in dictionary(language).verbs, False, said, head in titled
        )
    return sorted(names.values(), key=lambda name: (-len(name.words), name.words))
