"""Product name candidates: the root word of a title and of a leaf category, and the noun chunk it heads (section 3.3).

The candidates are the spans of a noun chunk that end in its root word, up to a number of words. A shopper may leave
out inner modifiers ("wireless mouse" of "Wireless Laser Mouse"), or take them from the title and the noun from the
category.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ameli_build.mentions.inflect import is_listed, is_verb, noun_forms, noun_lemma
from ameli_build.mentions.titles import Phrase, asides, category_phrases, lemma_of, purposes, segments, title_phrases
from ameli_build.mentions.words import WORD, word_set

if TYPE_CHECKING:
    from spacy.language import Language

_LINE = re.compile(r"[A-Z]?[a-z]+[A-Z]\w*$")
"""Words with a capital inside ("MacBook", "iPhone"): a product line that is a name by itself."""

_NOT_A_LINE = word_set("wifi hifi macos trudepth trucolor ios ipados chromeos")
_EMPTY_HEADS = word_set(
    "accessory brand bundle care class collection deal edition essential gift item kit model more other pack package"
    " part piece product series set size style type"
)
"""Heads that name no product alone; longer spans that end in them do."""

_WORKS = word_set("app book film game movie music program software song subscription suite")
"""Heads of categories whose titles are names of works: their nouns are no kind of thing ("Office Home", "Tears of")."""

_FRONT, _BACK = 2, 3
"""Compounds before and after what is left out of a name."""

_NO_MODIFIER = word_set("a an and by for in of on or the to with x")


@dataclass(frozen=True, slots=True)
class Name:
    """One candidate: its words in lower case, the forms of its last word, and whether that is a verb too.

    `gapped`: the words do not stand side by side in title or category. `count` is how often noun chunks of the title
    and of the category say the name in any form; 1 for a gapped name, which neither says.
    """

    words: tuple[str, ...]
    heads: frozenset[str]
    verb: bool
    gapped: bool = False
    count: int = 1

    @property
    def keys(self) -> list[str]:
        """What is looked up in a review: the letters of each form without spaces or hyphens."""
        front = "".join(self.words[:-1])
        return [front + head for head in sorted(self.heads)]

    @property
    def key(self) -> str:
        """The key of the name as it stands in `words`."""
        return "".join(self.words)

    @property
    def text(self) -> str:
        """The name in plain words."""
        return " ".join(self.words)


def product_names(title: str, category: str, language: Language, max_words: int = 6) -> list[Name]:
    """Name candidates of a product from its title and its leaf category, longest first, then by their words.

    Gapped names come after all others.
    """
    kinds = category_phrases(category, language)
    titled = title_phrases(title, kinds, language)
    phrases = [*titled, *kinds]
    spans = Counter((*(_line_names(title) | _spans_of(titled, max_words)), *_spans_of(kinds, max_words)))
    heads = {lemma_of(phrase[-1], language) for phrase in kinds}
    plain = _named({words: n for words, n in spans.items() if _names_a_kind(words, kinds, heads, language)}, language)
    known = {name.words for name in plain}
    gaps = _gapped_spans(phrases, _fronts_of(title, phrases, language), max_words)
    gapped = _named(dict.fromkeys(gaps, 1), language, gapped=True)
    return [*plain, *(name for name in gapped if name.words not in known and name.words[-1:] in known)]


def _names_a_kind(words: tuple[str, ...], kinds: Sequence[Phrase], heads: set[str], language: Language) -> bool:
    """Whether a span can name the product; one word alone cannot where `kinds`, with `heads`, make it mean another."""
    if len(words) > 1:
        return True
    longer = [phrase for phrase in kinds if len(phrase) > 1]
    if any(_is_line(phrase[0]) for phrase in longer) and words[0] in {phrase[-1].lower() for phrase in longer}:
        return False  # a "MacBook Air" is no kind of air
    return not heads & _WORKS or noun_lemma(words[0], language) in heads


def _spans_of(phrases: Sequence[Phrase], max_words: int) -> set[tuple[str, ...]]:
    return {span for phrase in phrases for span in _spans_to_head(phrase, max_words)}


def _spans_to_head(phrase: Phrase, max_words: int) -> set[tuple[str, ...]]:
    """All spans of a phrase that end in its last word, a hyphenated compound never cut."""
    spans = set()
    words: tuple[str, ...] = ()
    for compound in reversed(phrase):
        words = (*_parts(compound), *words)
        if len(words) > max_words:
            break
        if not compound.isdigit():
            spans.add(words)
    return spans


def _gapped_spans(phrases: Sequence[Phrase], fronts: Iterable[tuple[str, ...]], max_words: int) -> set[tuple[str, ...]]:
    """One or two neighbouring modifiers, then up to three compounds that end in any phrase's head."""
    backs = {tuple(_parts(" ".join(phrase[-size:]))) for phrase in phrases for size in range(1, _BACK + 1)}
    pairs = ((front, back) for front in {_parts(" ".join(front)) for front in fronts} for back in backs)
    return {
        (*front, *back) for front, back in pairs if len(front) + len(back) <= max_words and not set(front) & set(back)
    }


def _fronts_of(title: str, phrases: Sequence[Phrase], language: Language) -> set[tuple[str, ...]]:
    """Runs of one or two modifiers of any phrase, those between a title's dashes, and what the product is for.

    Each side of a slash is a modifier too ("CD/DVD Receiver"). The first word of a title is none where the dictionary
    lacks it, as most brands; names whose words stand side by side keep it ("whirlpool microwave").
    """
    words = title.lower().split()
    brand = "" if not words or is_listed(words[0], language) else words[0]
    fronts: set[tuple[str, ...]] = {(word.lower(),) for word in asides(title, phrases)}
    runs = [[word.lower() for word in phrase[:-1]] for phrase in phrases]
    runs += [[noun_lemma(word.lower(), language) for word in words] for words in purposes(title)]
    fronts.update((part,) for words in runs for word in words if "/" in word for part in word.split("/"))
    for modifiers in runs:
        for start in range(len(modifiers)):
            for end in range(start + 1, min(start + _FRONT, len(modifiers)) + 1):
                fronts.add(tuple(modifiers[start:end]))
    return {front for front in fronts if all(word != brand and _modifies(word) for word in front)}


def _modifies(word: str) -> bool:
    return word not in _NO_MODIFIER and any(map(str.isalpha, word))


def _parts(compound: str) -> tuple[str, ...]:
    return tuple(WORD.findall(compound.lower()))


def _line_names(title: str) -> set[tuple[str, ...]]:
    """Names of a product line of up to three words at the start of a segment: "MacBook", "MacBook Air"."""
    spans = set()
    for segment in segments(title)[:2]:
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


def _is_line(word: str) -> bool:
    return bool(_LINE.match(word)) and word.lower() not in _NOT_A_LINE


def _named(spans: Mapping[tuple[str, ...], int], language: Language, *, gapped: bool = False) -> list[Name]:
    """Names of spans that are said so often, longest first, then by their words."""
    names: dict[tuple[str, ...], Name] = {}
    for span, count in spans.items():
        head = noun_lemma(span[-1], language)
        alone = len(span) == 1
        if alone and (head in _EMPTY_HEADS or len(head) < 2):
            continue
        words = (*span[:-1], head)
        said = count + names[words].count if words in names and not gapped else count
        names[words] = Name(words, noun_forms(head, language), alone and is_verb(head, language), gapped, said)
    return sorted(names.values(), key=lambda name: (-len(name.words), name.words))
