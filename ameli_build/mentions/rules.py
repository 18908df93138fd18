"""The three rules for names, by the setting `mentions.rule`: this project's, the paper's, and its authors' code.

`paper` uses the root word of a title and of a leaf category, and its noun chunk, as spaCy parses them. `authors` uses
every span of that chunk that ends in the root, and only the middle part of a title. Neither checks the words around a
name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ameli_build.mentions.inflect import dictionary, noun_forms, noun_lemma
from ameli_build.mentions.names import Name, product_names
from ameli_build.mentions.words import WORD
from ameli_build.shops import DEFAULT, shop_named

if TYPE_CHECKING:
    from spacy.language import Language

CAREFUL, PAPER, AUTHORS = "careful", "paper", "authors"


def names_by(
    rule: str, title: str, category: str, language: Language, max_words: int = 6, shop: str = DEFAULT
) -> list[Name]:
    """Name candidates of a product.

    Args:
        rule: "careful", "paper" or "authors".
        title: The product's title.
        category: Its leaf category.
        language: The pipeline that parses them.
        max_words: Most words of a name.
        shop: Name of the shop, which determines the form of titles.

    Returns:
        The names, longest first, then by their words.
    """
    if rule == CAREFUL:
        return product_names(title, category, language, max_words)
    texts = (title if rule == PAPER else shop_named(shop).name_in_title(title), category)
    spans = [span for text in texts for span in _chunk_spans(text, language, every=rule == AUTHORS)]
    names = {}
    for span in spans:
        if 0 < len(span) <= max_words:
            head = noun_lemma(span[-1], language)
            words = (*span[:-1], head)
            verb = len(span) == 1 and head in dictionary(language).verbs
            names[words] = Name(words, noun_forms(head, language) | {span[-1]}, verb, count=spans.count(span))
    return sorted(names.values(), key=lambda name: (-len(name.words), name.words))


def _chunk_spans(text: str, language: Language, *, every: bool) -> Iterator[tuple[str, ...]]:
    """The root word, and its noun chunk up to the root; with `every`, all spans of the chunk that end in the root."""
    doc = language(text)
    root = next((token for token in doc if token.dep_ == "ROOT" and WORD.search(token.text)), None)
    if root is None:
        return
    chunk = next((chunk for chunk in doc.noun_chunks if chunk.root.i == root.i), doc[root.i : root.i + 1])
    starts = range(chunk.start, root.i + 1) if every else (chunk.start, root.i)
    yield from dict.fromkeys(tuple(WORD.findall(doc[start : root.i + 1].text.lower())) for start in starts)
