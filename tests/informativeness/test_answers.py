"""Features that a sheet answers with "Yes" or "No", and numbers that are read as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ameli_build.core.records import joined_text
from ameli_build.informativeness.answers import _other_words, denied, feature_forms
from ameli_build.informativeness.attributes import Text, find_mentioned, mentions_value

REAL = Path(__file__).parents[3] / "shared" / "real-reviews" / "attributes.jsonl"


@pytest.mark.parametrize(
    ("text", "name", "value", "said"),
    [
        ("it is water proof", "Water Resistant", "Yes", True),
        ("the fingerprint sensor is quick", "Fingerprint Reader", "Yes", True),
        ("it is rechargeable", "Rechargeable Battery", "Yes", True),
        ("works with the remote", "Remote Control Included", "Yes", True),
        ("it does not have bluetooth", "Bluetooth Enabled", "No", True),
        ("it does not have bluetooth", "Bluetooth Enabled", "Yes", False),
        ("doesn't come with a touch screen", "Touch Screen", "No", True),
        ("no touchscreen", "Touch Screen", "No", True),
        ("no touchscreen", "Touch Screen", "Yes", False),
        ("not waterproof at all", "Waterproof", "No", True),
        ("no problem with bluetooth", "Bluetooth Enabled", "Yes", True),
        ("no problem with bluetooth", "Bluetooth Enabled", "No", False),
        ("with or without bluetooth", "Bluetooth Enabled", "Yes", True),
        ("the bluetooth works", "Bluetooth Enabled", "No", False),
        ("nothing of it", "Bluetooth Enabled", "No", False),
        ("the HDR pops", "High Dynamic Range (HDR)", "Yes", True),
        ("no active noise cancelling", "Noise Cancelling (Active)", "No", True),
        ("sweat proof", "Sweat Resistant", "Yes", True),
        ("shockproof case", "Shock Resistant", "Yes", True),
        ("not dust resistant", "Dustproof", "No", True),
        ("carplay is a must", "Apple CarPlay", "Yes", True),
        ("parts are dishwasher safe", "Dishwasher Safe Parts", "Yes", True),
        ("the keyboard isn't backlit", "Backlit Keyboard", "No", True),
        ("it does not do color printing", "Color Printing", "No", True),
        ("batteries not included", "Batteries Included", "No", True),
        ("the remote is missing", "Remote Control", "No", True),
        ("they removed the headphone jack", "Headphone Jack", "No", True),
        ("no longer has a headphone jack", "Headphone Jack", "No", True),
        ("lack of bluetooth", "Bluetooth Enabled", "No", True),
        ("I don't use the bluetooth", "Bluetooth Enabled", "No", False),
        ("I never needed the remote", "Remote Control", "No", False),
        ("two usb port", "USB Port(s)", "Yes", True),
    ],
)
def test_features_are_stated_or_denied(text: str, name: str, value: str, said: bool) -> None:
    assert mentions_value(Text.of(text), value, name) is said


@pytest.mark.parametrize("name", _other_words())
def test_each_other_word_states_the_feature(name: str) -> None:
    for words in _other_words()[name]:
        assert mentions_value(Text.of(f"I like the {words} of it"), "Yes", name), words
        assert mentions_value(Text.of(f"It does not have a {words} at all"), "No", name), words


def test_the_sheets_own_words_come_first() -> None:
    assert feature_forms("Bluetooth Enabled") == [("bluetooth",)]
    assert feature_forms("Water Resistant")[0] == ("water", "resistant")


def test_each_place_has_its_own_verdict() -> None:
    assert denied(" no remote but a second remote ", " remote ") == [True, False]


@pytest.mark.parametrize(
    ("text", "value", "name", "said"),
    [
        ("a 10'6\" cord", "126 inches", "", True),
        ("a 10'6\" cord", "6 inches", "", False),
        ("a 6' cord", "6 feet", "", True),
        ('the 15,6" screen', "15.6 inches", "", True),
        ('the 15,6" screen', "156 inches", "", False),
        ("1\u20442 inch", "0.5 inches", "", True),
        ("1\u20442 inch", "2 inches", "", False),
        ("1 000 GB of it", "1000 gigabytes", "", True),
        ("it holds 2 000 GB", "2 terabytes", "", True),
        ("of 12 345 000 GB", "345000 gigabytes", "", False),
        ("8 GiB of memory", "8 gigabytes", "", True),
        ("on 24/7 hours a day", "7 hours", "", False),
        ("512 Gb/s", "512 gigabytes", "", False),
        ("512 GB/s", "512 gigabytes", "", False),
        ("10 Gb/s", "10 gigabits per second", "", True),
        ("10 GB/s", "10 gigabits per second", "", False),
        ("a 6.5 speaker", "6.5 inches", "Speaker Size", True),
        ("5 1/4 speakers", "5.25 inches", "Speaker Size", True),
        ("6-1/2 speaker", "6.5 inches", "Speaker Size", True),
        ("1/4 speakers", "5.25 inches", "Speaker Size", False),
        ("6.5 stars", "6.5 inches", "Speaker Size", False),
        ("2.1 ch sound", "2.1", "Number Of Channels", True),
        ("a 7.1.2 ch system", "7.1", "Number Of Channels", False),
        ("3 pre outs", "3", "Number Of Pre-Outs", True),
        ("fast wifi6", "Wi-Fi 6", "", True),
        ("usb3.0 port", "USB 3.0", "", True),
        ("the i7-1165G7 flies", "Intel Core i7-1165G7", "", True),
        ("my 3060ti", "NVIDIA GeForce RTX 3060 Ti", "", True),
        ("8G ram", "8 gigabytes", "", True),
        ("8G network", "8 gigabytes", "", False),
        ("27 ft\u00b3", "27 cubic feet", "", True),
        ("1 aux input", "1", "Number Of Auxiliary Inputs", True),
    ],
)
def test_only_whole_numbers_are_read(text: str, value: str, name: str, said: bool) -> None:
    assert mentions_value(Text.of(text), value, name) is said


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        ("a 12'4\" rug", "148 inches", ["4 inches"]),
        ("7' 11\" curtains", "95 inches", ["11 inches"]),
        ("it is 11\u20323\u2033 wide", "135 inches", ["3 inches"]),
        ("a 27,5 inch monitor", "27.5 inches", ["5 inches", "275 inches"]),
        ("it weighs 2,3 kg", "2.3 kilograms", ["3 kilograms", "23 kilograms"]),
        ("of 0,75 liter", "0.75 liters", ["75 liters"]),
        ("2 3\u20448 inches", "2.375 inches", ["8 inches", "3 inches"]),
        ("a 3\u20444 inch drill", "0.75 inches", ["4 inches"]),
        ("20 000 BTU", "20000 BTU", ["20 BTU"]),
        ("a 12 345 mAh bank", "12345 milliampere hours", ["345 milliampere hours"]),
        ("a 1 500 watt heater", "1500 watts", ["500 watts"]),
        ("2\u202f400 watts", "2400 watts", ["400 watts"]),
        ("3\u00a0200 lumens", "3200 lumens", ["200 lumens"]),
        ("1'500 lumens", "1500 lumens", ["500 lumens"]),
        ("64GiB of memory", "64 gigabytes", []),
        ("480 Mb/s of speed", "480 megabits per second", ["480 megabytes"]),
        ("40 Gbit/s ports", "40 gigabits per second", ["40 gigabytes"]),
        ("7000 MB/s reads", "", ["7000 megabytes", "7 gigabytes"]),
        ("open 24/7, hours vary", "", ["7 hours", "24 hours"]),
        ("version 1.5.2 gb", "", ["2 gigabytes", "5.2 gigabytes"]),
        ("1,000,000 hours", "1000000 hours", ["000 hours", "0 hours"]),
    ],
)
def test_no_part_of_a_longer_number_is_read(text: str, whole: str, parts: list[str]) -> None:
    assert not whole or mentions_value(Text.of(text), whole, "")
    assert [part for part in parts if mentions_value(Text.of(text), part, "")] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 500 GB drives", "500 gigabytes"),
        ("the 16 512 GB model", "512 gigabytes"),
        ("110 220 volts", "220 volts"),
        ("10 12 inch bolts", "12 inches"),
    ],
)
def test_two_adjacent_numbers_are_not_joined(text: str, value: str) -> None:
    assert mentions_value(Text.of(text), value, "")


def test_found_values_have_their_names_in_the_order_of_the_sheet() -> None:
    sheet = [("Color", "Gray"), ("Memory", "16 gigabytes"), ("Bluetooth", "No"), ("RAM", "16GB"), ("Brand", "Norvik")]
    found = find_mentioned("No bluetooth, but 16 gigs, and it is grey", sheet)
    assert found == [("Color", "Gray"), ("Memory", "16 gigabytes"), ("Bluetooth", "No")]


@pytest.mark.skipif(not REAL.is_file(), reason="no real reviews next to this repository")
def test_precision_and_recall_on_real_reviews() -> None:
    hits = found = due = 0
    for row in map(json.loads, REAL.read_text(encoding="utf-8").splitlines()):
        sheet = [(name, value) for name, value in row["specs"]]
        said = set(find_mentioned(joined_text(row["review_title"], row["review"]), sheet))
        stated = {tuple(pair) for pair in (*row["stated"], *row["yesno"])}
        hits, due = hits + len(said & stated), due + len(stated)
        found += len(said - {tuple(pair) for pair in row["optional"]} | (said & stated))
    assert hits / found >= 0.96
    assert hits / due >= 0.92
