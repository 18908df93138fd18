"""Verbs and adjectives that are spelled like a name."""

from __future__ import annotations

import pytest
from known_words import known_of

from ameli_build.mentions.phrases import is_adjective_here, is_verb_here

KNOWN = known_of("Tick - Kids Watch", "Watches")


def cut(marked: str) -> tuple[str, str, str]:
    before, _, rest = marked.partition("[")
    word, _, after = rest.partition("]")
    return before, word, after


@pytest.mark.parametrize(
    ("marked", "verb"),
    [
        ("I [vacuum] daily", True),
        ("It [locks] itself", True),
        ("it lets me [monitor] my heart", True),
        ("scan and [print] my photos", True),
        ("[Watch] the videos first", True),
        ("easily [switch] it off", True),
        ("The [lock] jams", False),
        ("two [locks] and a key", False),
        ("the iron and [vacuum] both died", False),
        ("the kids [watch] from Tick", False),
        ("[Vacuum] works great", False),
    ],
)
def test_verbs(marked: str, verb: bool) -> None:
    assert is_verb_here(*cut(marked)) is verb


@pytest.mark.parametrize(
    ("marked", "adjective"),
    [
        ("it is [light]", True),
        ("it stays much [cooler]", True),
        ("the clothes are [drier]", True),
        ("a [light] for the desk", False),
        ("my [cooler]", False),
        ("what I need is [freezer]", False),
    ],
)
def test_adjectives(marked: str, adjective: bool) -> None:
    before, word, _ = cut(marked)
    assert is_adjective_here(before, word, KNOWN) is adjective
