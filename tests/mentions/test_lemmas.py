"""A look-up of the inflected forms of heads finds the same places as `noun_lemma` of every word of every review.

So the expansion of heads loses no form compared with lemmatised reviews. The test does not compare the lemmas with
those of a tagger: both sides read every word as a noun, with the same function.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import pytest
from labelled import read_labelled

from ameli_build.core.records import joined_text
from ameli_build.demo.catalogue import make_world
from ameli_build.mentions.inflect import noun_lemma
from ameli_build.mentions.match import find_spans, lookup_of
from ameli_build.mentions.names import Name, product_names
from ameli_build.mentions.words import WORD
from ameli_build.models.language import load_language

LANGUAGE = load_language("bundled:en")
REVIEWS = 2000
_GLUE = re.compile(r"[\s\-‐‑–'’/]*")

Text = tuple[str, str, str]
"""Title and leaf category of a product, and a text about it."""


@pytest.fixture(scope="module")
def texts() -> list[Text]:
    """The labelled reviews, and reviews of the demo's world up to 2,000 in all."""
    found = [(review.title, review.path[-1], review.text) for review in read_labelled()]
    world = make_world(seed=13, products=160)
    products = {product.sku: (product.name, product.category_path[-1][1]) for product in world.products}
    generated = [
        (*products[review.sku], joined_text(review.title, review.text))
        for review in world.reviews
        if review.sku in products
    ]
    return [*found, *generated][:REVIEWS]


def lemmatised_spans(text: str, names: Collection[str], max_words: int = 6) -> list[tuple[int, int]]:
    """The reference: lemmas of all words as nouns, and the longest span per place that is a name, none nested."""
    words = [match for match in WORD.finditer(text) if not re.search(r"['’]s$", text[: match.end()], re.IGNORECASE)]
    lemmas = [noun_lemma.__wrapped__(match.group().lower(), LANGUAGE) for match in words]
    found: list[tuple[int, int]] = []
    for first in range(len(words)):
        letters, best = "", 0
        for place in range(first, min(first + max_words, len(words))):
            between = text[words[place - 1].end() : words[place].start()] if place > first else ""
            single = place > first and len(words[place - 1].group()) == len(words[place].group()) == 1
            if not _GLUE.fullmatch(between) and not (single and between == "."):
                break
            if letters + lemmas[place] in names:
                best = words[place].end()
            letters += words[place].group().lower()
        if best and not (found and best <= found[-1][1]):
            found.append((words[first].start(), best))
    return found


@pytest.mark.slow
def test_forms_find_the_same_places_as_lemmas(texts: list[Text]) -> None:
    assert len(texts) == REVIEWS
    known: dict[tuple[str, str], list[Name]] = {}
    places = 0
    for title, leaf, text in texts:
        if (title, leaf) not in known:
            known[title, leaf] = product_names(title, leaf, LANGUAGE)
        names = known[title, leaf]
        by_form = [
            place[:2] for place in find_spans(text, lookup_of({key: name.verb for name in names for key in name.keys}))
        ]
        assert by_form == lemmatised_spans(text, {"".join(name.words) for name in names}), text
        places += len(by_form)
    assert places > REVIEWS / 2
