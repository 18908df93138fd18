"""Words around a name that say that it is not the product under review."""

from __future__ import annotations

import re

import pytest

from ameli_build.mentions.context import Context, is_something_else


def is_other(marked: str) -> bool:
    place = re.search(r"\[(.*)\]", marked)
    assert place is not None
    text = marked.replace("[", "").replace("]", "")
    return is_something_else(Context(text, place.start(), place.end() - 2, " " not in place[1], False), None)


@pytest.mark.parametrize(
    "marked",
    [
        "the [dryer] cord",
        "two [vacuum] attachments",
        "a [mouse] pad it came with",
        "[dishwasher] safe",
        "The [camera] in my phone is worse",
        "the [keyboard] on my laptop",
        "Our [air conditioner] broke in July so I grabbed one",
        "my [laptop] that finally died",
        "a [cooler] from another brand",
        "I had a [headset] before",
        "I had two [headsets] before",
        "I went through three [coffee makers] before",
        "I threw out my [hair dryer]",
        "My first [laptop] lasted a year",
        "my old [laptop]",
        "Much faster than my original [laptop]",
        "It replaced our 15 year old [washer]",
        "My current [laptop] is slower",
        "Our fourteen year old [dishwasher] leaked, and this was in stock",
        "My 3-year-old [tablet] finally died",
        "the [modem] I rented",
        "the [modem] it replaced",
        "than the [laptop] my sister uses",
        "the [laptop] my sister uses",
        "the [treadmill] at my gym",
        "the [charger] that came with my phone",
        "I gave my [deep fryer] to Goodwill",
        "My [suitcase] lost a wheel in Rome, so I got this one",
        "as loud as our [dryer]",
        "went from a [laptop]",
        "My neighbor has a portable [heater]",
        "not a fan of [TV] shows",
        "on a [scale] of 1 to 10",
    ],
)
def test_something_else(marked: str) -> None:
    assert is_other(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "This [router] covers our whole house",
        "went from gas to [electric cooktop]",
        "as soon as my [laptop] arrived",
        "My current [laptop] is this Vantor and it flies",
        "The original [laptop] arrived broken",
        "My 3 year old [tablet] review: still love it",
        "the [laptop] that came with my order",
        "My daughter's [laptop] is this one",
        "it is the [laptop] my sister uses",
        "the [laptop] I had ordered",
        "the [dryer] we replaced it with",
        "My [laptop] is fast, so I recommend this",
        "These [routers] cover the house",
        "The [TV] stands on its own",
        "My [laptop] broke after two weeks",
        "My first [camera], and I love it",
        "I have broken many [tripods]",
        "Put this [speaker] in my kitchen",
        "better than this [laptop]",
        "a [range] from the store",
    ],
)
def test_the_product_itself(marked: str) -> None:
    assert not is_other(marked)
