"""What the words around a name are known as, for a product of a test."""

from __future__ import annotations

from ameli_build.mentions.inflect import dictionary, only_nouns, plain_nouns, verbal_nouns
from ameli_build.mentions.phrases import Known, own_words
from ameli_build.models.language import load_language


def known_of(title: str = "", leaf: str = "") -> Known:
    """By the tables of the bundled pipeline."""
    words = load_language("bundled:en")
    return Known(own_words(title, leaf), plain_nouns(words), only_nouns(words), verbal_nouns(words), dictionary(words))
