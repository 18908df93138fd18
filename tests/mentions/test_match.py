"""Places where a review names its product, and places where the same words mean another thing."""

import pytest

from ameli_build.mentions.match import find_occurrences, lookup_of

KEYS = {"laptop": False, "laptops": False, "gaminglaptop": False, "vacuum": True, "soundbar": False}
LOOKUP = lookup_of(KEYS)


def found(text: str, max_words: int = 6) -> list[str]:
    return [text[place.start : place.end] for place in find_occurrences(text, LOOKUP, max_words)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A gaming laptop.", ["gaming laptop"]),
        ("GAMING-LAPTOP and laptops", ["GAMING-LAPTOP", "laptops"]),
        ("the laptop's lid, the laptops\u2019 lids", ["laptop", "laptops"]),
        ("a sound bar / soundbar", ["sound bar", "soundbar"]),
        ("gaming. Laptop", ["Laptop"]),
        ("laptopping", []),
        ("", []),
        ("\U0001f600 laptop \U0001f600", ["laptop"]),
        ("my laptop sleeve, my laptop-bag", []),
        ("laptop-like", []),
        ("better than my old laptop", []),
        ("better than other laptops, rather than a laptop", []),
        ("more than just a laptop", ["laptop"]),
        ("Old. Laptop", ["Laptop"]),
        ("I vacuum, you can vacuum, to vacuum", []),
        ("the vacuum works", ["vacuum"]),
    ],
)
def test_occurrences_of_names_are_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_offsets_count_code_points_and_this_is_recognised() -> None:
    text = "\U0001f600\U0001f600 this laptop, the laptop"
    places = find_occurrences(text, LOOKUP)
    assert [(place.start, place.this) for place in places] == [(8, True), (20, False)]


def test_the_number_of_words_is_limited() -> None:
    assert found("gaming laptop", max_words=1) == ["laptop"]
