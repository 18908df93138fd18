"""Names that only modify the noun after them."""

from __future__ import annotations

import re

import pytest

from ameli_build.mentions.compounds import modifies_another
from ameli_build.mentions.inflect import dictionary, only_nouns, plain_nouns, verbal_nouns
from ameli_build.mentions.modifiers import Known
from ameli_build.models.language import load_language

LANGUAGE = load_language("bundled:en")
WORDS = (plain_nouns(LANGUAGE), only_nouns(LANGUAGE), verbal_nouns(LANGUAGE), dictionary(LANGUAGE))


def modifies(marked: str) -> bool:
    place = re.search(r"\[(.*)\]", marked)
    assert place is not None
    text = marked.replace("[", "").replace("]", "")
    return modifies_another(text, place.start(), place.end() - 2, Known(frozenset(), *WORDS))


@pytest.mark.parametrize(
    "marked",
    [
        "good [dishwasher] tablets and",
        "a [projector] screen too",
        "the [guitar] strings it came with",
        "the [blender] jar is glass",
        "a new [turntable] belt after a year",
        "The [printer] technician came",
        "Great [Laptop] Sleeve",
        "[dishwasher] safe",
        "[laptop]-like",
        "the [air conditioner] remote is tiny",
    ],
)
def test_compounds(marked: str) -> None:
    assert modifies(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "the [projector] works",
        "the [TV] looks great",
        "does the [camera] zoom in",
        "my [laptop] computer",
        "the [vacuum] cleaner picks up",
        "great [camera] performance",
        "the best [TV] money can buy",
        "ordered the [laptop] Friday",
        "the best [laptop] Apple makes",
        "nice [printer] buy it",
        "the [speaker] charges quickly",
        "the [headphones] sound clear",
        "the [router] covers our house",
        "let the [dryer] run",
        "so far the [tablet] does all",
        "the [laptop], battery and all",
        "the [laptop]",
    ],
)
def test_names_that_stand_for_themselves(marked: str) -> None:
    assert not modifies(marked)
