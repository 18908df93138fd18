"""Statements of a review about something other than its product."""

import pytest

from ameli_build.informativeness.asides import without_questions
from ameli_build.informativeness.attributes import Text, mentions_value


def said(text: str, name: str, value: str) -> bool:
    return mentions_value(Text.of(text), value, name)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("My old one had 8GB and crawled", "Memory", "8 gigabytes"),
        ("my wife's previous laptop came with bluetooth", "Bluetooth Enabled", "Yes"),
        ("our last TV was only 720p", "Resolution", "720p"),
        ("my previous had a touch screen and a DVD drive", "DVD Drive", "Yes"),
        ("my buddy's black one has an LED flashlight", "LED Flashlight", "Yes"),
        ("I'd prefer a HEPA filter", "HEPA Filter", "Yes"),
        ("it stands next to our black fridge", "Color", "Black"),
        ("I had a Sonos before", "Brand", "Sonos"),
        ("louder than my friend's Bose", "Brand", "Bose"),
        ("sharper than the 1080p set", "Resolution", "1080p"),
        ("I upgraded from 256 GB", "Storage", "256 gigabytes"),
        ("compared to a Samsung it is dim", "Brand", "Samsung"),
        ("I wish it had bluetooth", "Bluetooth Enabled", "Yes"),
        ("wish they made it in white", "Color", "White"),
        ("I should have bought the 512GB", "Storage", "512 gigabytes"),
        ("would have liked a headphone jack", "Headphone Jack", "Yes"),
        ("if only there were a remote", "Remote Control", "Yes"),
        ("a touch screen would be nice", "Touch Screen", "Yes"),
        ("bluetooth would have been great", "Bluetooth Enabled", "No"),
        ("the red one was sold out", "Color", "Red"),
        ("Is it waterproof?", "Waterproof", "Yes"),
        ("Nice. Does it have 16GB?", "Memory", "16 gigabytes"),
        ("Does anyone know if it has wifi?", "Wi-Fi", "Yes"),
        ("not sure whether it has NFC", "NFC", "Yes"),
        ("I had to buy a remote", "Remote Control Included", "Yes"),
        ("had it for about 18 months", "Recommended Age", "18 months"),
        ("I waited 10 hours", "Battery Life", "10 hours"),
        ("three years from now", "Warranty", "3 years"),
        ("it matches my white walls", "Color", "White"),
        ("lost in my black couch, hidden behind my black sofa", "Color", "Black"),
        ("the screen went black", "Color", "Black"),
        ("out of the blue", "Color", "Blue"),
        ("it prints black and white photos", "Color", "White"),
        ("keep the receipt just in case", "Case Included", "Yes"),
        ("in my case it was late", "Case Included", "Yes"),
        ("my cable bill is lower", "Cable Included", "Yes"),
        ("a strong plastic smell", "Material", "Plastic"),
    ],
)
def test_statements_about_something_else_do_not_count(text: str, name: str, value: str) -> None:
    assert not said(text, name, value)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("My old one had 4GB but this has 8GB", "Memory", "8 gigabytes"),
        ("my old one died and I bought 8GB", "Memory", "8 gigabytes"),
        ("my old one died. 8GB is plenty", "Memory", "8 gigabytes"),
        ("more than 10 hours of play", "Battery Life", "10 hours"),
        ("no less than 16 GB", "Memory", "16 gigabytes"),
        ("I upgraded to 256 GB", "Storage", "256 gigabytes"),
        ("I wish the bluetooth was stronger", "Bluetooth Enabled", "Yes"),
        ("I wish it was cheaper, but it is white", "Color", "White"),
        ("Does it have NFC? Yes!", "NFC", "Yes"),
        ("16 GB for this price?", "Memory", "16 gigabytes"),
        ("Is it loud? It has 600 watts.", "Power", "600 watts"),
        ("plays for 10 hours", "Battery Life", "10 hours"),
        ("they last 10 hours", "Battery Life", "10 hours"),
        ("it can be used for 10 hours", "Battery Life", "10 hours"),
        ("lasts 10 hours now", "Battery Life", "10 hours"),
        ("I had bluetooth set up in a minute", "Bluetooth Enabled", "Yes"),
        ("I had the remote programmed at once", "Remote Control", "Yes"),
        ("the case is soft", "Case Included", "Yes"),
        ("the plastic is thick", "Material", "Plastic"),
        ("goes with my black one", "Color", "Black"),
        ("the white one is lovely", "Color", "White"),
    ],
)
def test_statements_about_the_product_count(text: str, name: str, value: str) -> None:
    assert said(text, name, value)


@pytest.mark.parametrize("text", ["Is it? " * 20_000, "does it " * 20_000, "?" * 100_000, "is it\n" * 20_000 + "?"])
def test_questions_are_found_in_linear_time(text: str) -> None:
    assert len(without_questions(text)) <= len(text)


@pytest.mark.parametrize("words", ["my old x ", "wish it had had had ", "no no no ", "than the the the "])
def test_places_are_judged_in_linear_time(words: str) -> None:
    assert said(f"{words * 10_000} 8 gb | a cable, 8 gb", "Memory", "8 gigabytes")
