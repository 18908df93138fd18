"""The known words of a product in a test."""

from __future__ import annotations

from ameli_build.mentions.inflect import dictionary
from ameli_build.mentions.phrases import Known, own_words
from ameli_build.models.language import load_language


def known_of(title: str = "", leaf: str = "") -> Known:
    """Known words from the title, the category, and the tables of the bundled pipeline."""
    return Known(own_words(title, leaf), dictionary(load_language("bundled:en")))
