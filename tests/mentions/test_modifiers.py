"""Noun phrases about the product itself or about another thing."""

from __future__ import annotations

import pytest
from known_words import known_of

from ameli_build.mentions.phrases import is_of_another, own_words

KNOWN = known_of("Norvik - Gas Wi-Fi Range - Black", "Gas Ranges")


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
        ("I bought a restaurant ", True),
        ("my Dornell ", True),
        ("my Norvik ", False),
        ("my DORNELL ", True),
        ("My sister's ", True),
        ("Norvik's ", False),
        ("our electric ", True),
        ("an electric ", True),
        ("electric ", True),
        ("this electric ", False),
        ("the 30 inch ", False),
        ("the wifi ", False),
        ("a cheap, restaurant, ", False),
        ("", False),
    ],
)
def test_modifiers_exclude_another_thing(text: str, another: bool) -> None:
    assert is_of_another(text, len(text), KNOWN) is another


def test_own_words_include_plurals_and_compounds() -> None:
    assert {"over", "range", "overtherange", "microwave", "microwaves"} <= own_words("Over-the-Range", "Microwaves")
