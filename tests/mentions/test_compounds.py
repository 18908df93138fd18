"""Names that only modify the noun after them."""

from __future__ import annotations

import re

import pytest
from known_words import known_of

from ameli_build.mentions.phrases import modifies_another

KNOWN = known_of()


def modifies(marked: str) -> bool:
    place = re.search(r"\[(.*)\]", marked)
    assert place is not None
    text = marked.replace("[", "").replace("]", "")
    return modifies_another(text, place.start(), place.end() - 2, KNOWN)


@pytest.mark.parametrize(
    "marked",
    [
        "good [dishwasher] tablets and",
        "a [projector] screen too",
        "the [guitar] strings it came with",
        "the [blender] jar is glass",
        "a new [turntable] belt after a year",
        "Great [Laptop] Sleeve",
        "the [air conditioner] remote is tiny",
    ],
)
def test_a_name_before_another_noun_is_a_modifier(marked: str) -> None:
    assert modifies(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "the [projector] works",
        "the [TV] functions are many",
        "My 3 year old [tablet] review: still love it",
        "the [TV] looks great",
        "my [laptop] computer",
        "great [camera] performance",
        "the best [TV] money can buy",
        "ordered the [laptop] Friday",
        "nice [printer] buy it",
        "the [speaker] charges quickly",
        "the [headphones] sound clear",
        "the [router] covers our house",
        "so far the [tablet] does all",
        "the [laptop], battery and all",
        "the [laptop]",
    ],
)
def test_a_name_before_other_words_is_no_modifier(marked: str) -> None:
    assert not modifies(marked)
