"""The nouns of a phrase that name its thing.

The last noun of a thing is the head. Other nouns name the same thing in apposition ("Laptop Computer"), joined by "and"
("Rice Cooker and Food Steamer"), before a container word for several things ("Canister Set"), or behind a head that
only gives the kind ("Phone Ringer").
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ameli_build.mentions.tables import all_names, name_table
from ameli_build.mentions.words import word_set

AND = ("and", "&", "/", "+")
SOFT = word_set("to of on in that made plus ,")
"""Small words that end a name if a thing precedes them: "Cable in White", but "HDMI to DVI Cable"."""

_COORDINATE = 4
"""Most words of a second name, with its "and"."""

_AGENTS = ("er", "or")
"""Endings of agent nouns, which no dictionary has in full: a "Range Expander"."""

_NUMBERS = word_set("1 2 3 4 one two three four")
Span = tuple[int, int]
"""Index of the first word of a name, and index after its last word."""


def heads_of(
    words: Sequence[str], lemmas: Sequence[str], own: frozenset[str], nouns: Collection[str], *, only_own: bool
) -> list[Span]:
    """The names of the thing in a phrase.

    Args:
        words: The phrase.
        lemmas: The singular of each word, in lower case.
        own: Letters of the product's names in its category.
        nouns: All nouns of the dictionary.
        only_own: Whether the head must be in `own`.

    Returns:
        Spans that end in a noun of the thing, the span of the phrase's head first; empty without such a noun.
    """
    places = _things(words, lemmas, own)
    heads = [n for n in places if not only_own or lemmas[n] in own]
    if not heads:
        return []
    head = heads[-1]
    later = _later_noun(words, lemmas, head, nouns)
    if later and (not only_own or lemmas[head + 1] not in name_table().things):
        return later
    others = (*_named_twice(words, lemmas, own, places, head), *_contents(words, lemmas, head))
    return [(0, head + 1), *others, *later]


def _things(words: Sequence[str], lemmas: Sequence[str], own: frozenset[str]) -> list[int]:
    """Indices of nouns of things, up to the first small word after such a noun."""
    table = name_table()
    places: list[int] = []
    for n, (word, lemma) in enumerate(zip(words, lemmas, strict=True)):
        if places and word.lower() in SOFT and word not in ("Plus", "PLUS"):
            break
        if _is_counted(words, lemmas, n):
            continue
        container = lemma in table.containers and [following.lower() for following in words[n + 1 : n + 2]] != ["of"]
        if container or lemma in own or lemma in table.things or _is_line_of(lemma, own):
            places.append(n)
    return places


def _is_counted(words: Sequence[str], lemmas: Sequence[str], place: int) -> bool:
    """Whether a word is counted as a part of a kit: a "DSLR Two Lens Kit" is a DSLR."""
    return place > 0 and words[place - 1].lower() in _NUMBERS and list(lemmas[place + 1 : place + 2]) == ["kit"]


def _is_line_of(lemma: str, own: frozenset[str]) -> bool:
    """Whether a product line is of the category's kind; any line is, if the category names no thing."""
    things = name_table().lines.get(lemma, frozenset())
    return bool(things) and (not own or any(own & all_names(thing) for thing in things))


def _named_twice(
    words: Sequence[str], lemmas: Sequence[str], own: frozenset[str], places: Sequence[int], head: int
) -> Iterator[Span]:
    """Other names of the thing, in apposition or joined by "and"."""
    alike = own | all_names(lemmas[head])
    contained = len(places) > 1 and lemmas[head] in name_table().containers
    last = places[-2] if contained else head  # a "Keyboard and Mouse Combo" is both
    for n in places:
        between = {word.lower() for word in words[head + 1 : n]}
        joined = n < head and words[n + 1].lower() in AND and (lemmas[n] in own or n + 2 == last)
        apposed = n == head - 1 and (lemmas[n] in alike or lemmas[head] in all_names(lemmas[n]))
        if joined or apposed:
            yield 0, n + 1
        elif n > head and between & {*AND} and n - head <= _COORDINATE:
            yield head + 2, n + 1
        elif n > head and n == places[-1]:
            yield 0, n + 1


def _later_noun(words: Sequence[str], lemmas: Sequence[str], head: int, nouns: Collection[str]) -> list[Span]:
    """The span up to another noun directly after the head, if it ends the phrase."""
    end = next((n for n in range(head + 1, len(words)) if words[n].lower() in SOFT), len(words))
    table = name_table()
    if end != head + 2 or lemmas[head] in table.lines:
        return []
    if lemmas[head + 1] not in nouns and not lemmas[head + 1].endswith(_AGENTS):
        return []
    idle = any(lemmas[head + 1] in words for words in (table.never, table.empty, table.containers))
    return [] if idle else [(0, end)]


def _contents(words: Sequence[str], lemmas: Sequence[str], head: int) -> Iterator[Span]:
    """The name before a container word, or the name that ends in the container word after the head."""
    table = name_table()
    last = next((n for n in range(head, len(words)) if lemmas[n] in table.containers), None)
    if last is None:
        return
    if last > head:
        yield 0, last + 1
        return
    front = [n for n in range(head) if words[n].lower() not in table.skipped and not _is_counted(words, lemmas, n)]
    front = [n for n in front if words[n].lower() not in _NUMBERS]
    if front and lemmas[front[-1]] in table.things:
        yield 0, front[-1] + 1
