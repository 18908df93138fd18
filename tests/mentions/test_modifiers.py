"""Whose thing a noun phrase is about, and of which kind."""

from __future__ import annotations

import pytest

from ameli_build.mentions.inflect import dictionary, only_nouns, plain_nouns, verbal_nouns
from ameli_build.mentions.modifiers import Known, is_of_another, own_words
from ameli_build.models.language import load_language

LANGUAGE = load_language("bundled:en")
KNOWN = Known(
    own_words("Norvik - Gas Wi-Fi Range - Black", "Gas Ranges"),
    plain_nouns(LANGUAGE),
    only_nouns(LANGUAGE),
    verbal_nouns(LANGUAGE),
    dictionary(LANGUAGE),
)


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("my ", False),
        ("my gas ", False),
        ("my new gas ", False),
        ("my heavy ", False),
        ("my bathroom ", False),
        ("my restaurant ", True),
        ("my big restaurant ", True),
        ("this restaurant ", False),
        ("a great restaurant ", False),
        ("it is a restaurant ", False),
        ("I bought a restaurant ", True),
        ("my Dornell ", True),
        ("my Norvik ", False),
        ("my DORNELL ", True),
        ("My sister's ", True),
        ("my sister’s new ", False),
        ("the world's best ", False),
        ("Norvik's ", False),
        ("our electric ", True),
        ("an electric ", True),
        ("electric ", True),
        ("this electric ", False),
        ("the 30 inch ", False),
        ("the 30 gallon ", False),
        ("the wifi ", False),
        ("a cheap, restaurant, ", False),
        ("", False),
    ],
)
def test_modifiers(text: str, another: bool) -> None:
    assert is_of_another(text, len(text), KNOWN) is another


def test_own_words_know_plurals_and_compounds() -> None:
    assert {"over", "range", "overtherange", "microwave", "microwaves"} <= own_words("Over-the-Range", "Microwaves")
