"""The mention of a review whose product is unknown, by a search for the names of all products (section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ameli_build.baseline.retrieval.prior import form_of
from ameli_build.core.arrays import Floats, Integers
from ameli_build.mentions.choose import choose_mention, wording
from ameli_build.mentions.match import Occurrence, find_occurrences, find_spans, lookup_of
from ameli_build.mentions.words import WORD
from ameli_build.single.answer import Named
from ameli_build.single.index import Index

FOUND = "found in the text"


@dataclass(frozen=True, slots=True)
class Places:
    """Places in a text that name products, and the rows of the products by the letters of each name."""

    occurrences: tuple[Occurrence, ...]
    rows: Mapping[str, Integers]


def find_places(index: Index, text: str, max_words: int) -> Places:
    """All places where `text` names a product of the catalogue and is probably about it."""
    known = index.names_among(_spans(text, max_words))
    lookup = lookup_of({key: verb for key, (verb, _) in known.items()})
    found = find_occurrences(text, lookup, max_words)
    return Places(tuple(found), {key: rows for key, (_, rows) in known.items()})


def choose(text: str, places: Places, likeness: Floats) -> tuple[Named, Integers]:
    """The mention and the rows of its products: the words whose products are most similar to the review.

    `likeness` is the similarity of each product to the review, shape (products,). Ties go to the longer words.
    """
    scores: dict[str, float] = {}
    for place in places.occurrences:
        scores[wording(text, place)] = round(float(likeness[places.rows[place.key]].max()), 4)
    mention = choose_mention(text, places.occurrences, scores)
    if mention is None:
        return Named("", 0, 0, "none", 0), np.zeros(0, dtype=np.int64)
    rows = places.rows[form_of(mention.text)]
    return Named(mention.text, mention.start, mention.end, FOUND, len(rows)), rows


def given(index: Index, mention: str, max_words: int) -> tuple[Named, Integers]:
    """The user's mention, and the rows of the products with the longest name in it."""
    known = index.names_among([form_of(mention), *_spans(mention, max_words)])
    exact = known.get(form_of(mention))
    if exact is not None:
        return Named(mention, 0, 0, "given", len(exact[1])), exact[1]
    spans = find_spans(mention, lookup_of({key: verb for key, (verb, _) in known.items()}), max_words)
    if not spans:
        return Named(mention, 0, 0, "given", 0), np.zeros(0, dtype=np.int64)
    start, end, key, _ = max(spans, key=lambda span: (len(span[2]), span[1]))
    rows = known[key][1]
    return Named(mention[start:end], 0, 0, "given", len(rows)), rows


def _spans(text: str, max_words: int) -> set[str]:
    """The letters of all sequences of up to `max_words` words."""
    words = [word.lower() for word in WORD.findall(text)]
    without_possessives = [word for word in words if word != "s"]
    return {
        "".join(sequence[start:end])
        for sequence in (words, without_possessives)
        for start in range(len(sequence))
        for end in range(start + 1, min(start + max_words, len(sequence)) + 1)
    }
