"""Filter 6: the pattern has the verdict of better-profanity on each word, and never joins words."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from better_profanity import Profanity

from ameli_build.clean.profanity import (
    allowed_words,
    build_pattern,
    default_words,
    find_profanity,
    pattern_of,
    profanity,
)
from ameli_build.clean.settings import CleanSettings
from ameli_build.clean.verdicts import judge
from ameli_build.core.errors import UnusableInput
from ameli_build.core.records import joined_text_expr


@cache
def everything() -> str:
    """The pattern of the whole list, without allowed words."""
    return build_pattern(default_words())


@cache
def default() -> str:
    return pattern_of(CleanSettings())


def hits(texts: list[str], pattern: str) -> list[str | None]:
    table = pl.DataFrame({"review_id": [str(n) for n in range(len(texts))], "title": "", "text": texts})
    return find_profanity(table, pattern)["profanity"].to_list()


def hit(text: str, pattern: str | None = None) -> str | None:
    return hits([text], default() if pattern is None else pattern)[0]


def adversarial_words(rng: random.Random, size: int) -> list[str]:
    """Disguised listed words, also with a changed letter, and random words of letters and look-alikes."""
    library = Profanity()
    listed = [word for word in default_words() if library._count_non_allowed_characters(word) == 0]
    letters = "abcdefghijklmnopqrstuvwxyz@$*01345789'\"éÀſK\u0301\u212a\uff46"
    words = []
    for _ in range(size):
        word = list(rng.choice(listed).lower())
        kind = rng.randrange(5)
        if kind < 3:
            word = [rng.choice(library.CHARS_MAPPING.get(letter, (letter,))) for letter in word]
        if kind in (1, 3):
            place = rng.randrange(len(word))
            word[place : place + rng.randrange(2)] = rng.choice(letters)
        if kind == 4:
            word = [rng.choice(letters) for _ in range(rng.randrange(2, 7))]
        if rng.random() < 0.4:
            word = [letter.upper() if rng.random() < 0.5 else letter for letter in word]
        words.append("".join(word))
    return words


def test_every_word_gets_the_verdict_of_better_profanity() -> None:
    words = adversarial_words(random.Random(7), 2000)
    library = Profanity()
    expected = [library.contains_profanity(word) for word in words]
    assert 500 < sum(expected) < 1500
    found = hits(words, everything())
    assert [word for word, hit, bad in zip(words, found, expected, strict=True) if (hit is not None) != bad] == []


@pytest.mark.parametrize(
    "word", ["SHIT", "$h1t", "fUc\u212a", "fuc\u212a\u0301", "'shit'", "shit's", "ſhit", "5h*7", "fück"]
)
def test_odd_spellings_get_the_verdict_of_better_profanity(word: str) -> None:
    assert (hit(word, everything()) is not None) == Profanity().contains_profanity(word)


def test_phrases_get_the_verdict_of_better_profanity() -> None:
    rng, library = random.Random(5), Profanity()
    phrases = [word for word in default_words() if " " in word]
    assert len(phrases) > 20
    disguised = [
        "".join(rng.choice(library.CHARS_MAPPING.get(letter, (letter,))) for letter in phrase) for phrase in phrases
    ]
    shouted = [phrase.upper() for phrase in phrases]
    for spellings in (phrases, disguised, shouted):
        assert all(map(library.contains_profanity, spellings))
        assert hits([f"so {spelling}, really" for spelling in spellings], everything()) == spellings


def test_every_word_and_phrase_of_the_list_hits() -> None:
    words = default_words()
    assert hits([f"so {word}, really" for word in words], everything()) == words


def test_a_phrase_needs_its_space_and_words_are_never_joined() -> None:
    assert hit("got a hand job done") == "hand job"
    assert hit("a hand  job") is None
    assert hit("The pen is great") is None
    assert Profanity().contains_profanity("The pen is great")
    assert hit("as s, a ss") is None


def test_whole_words_hit_in_any_case_and_with_look_alikes() -> None:
    assert hit("What the SH1T!") == "SH1T"
    assert hit("shit") == "shit"
    assert hit("(shit)") == "shit"
    assert hit("line\nshit\nline") == "shit"
    assert hit("Scunthorpe classic assassin") is None


def test_the_title_is_searched() -> None:
    table = pl.DataFrame({"review_id": ["a"], "title": ["Crap"], "text": ["fine"], "sku": ["1"]})
    dropped = judge(find_profanity(table, default()), [profanity()])
    assert dropped.row(0)[3:6] == ("profanity", "Crap", "Crap")


@pytest.mark.parametrize(
    "text",
    [
        "LED strip lights",
        "the knob fell off",
        "God of War",
        "a fat battery",
        "it screwed in easily",
        "weed trimmer",
        "Kill switch",
        "pot and pan set",
        "stroke width",
        "a 5 gal tank",
        "Galaxy A55",
        "pot strip knob god",
    ],
)
def test_product_words_are_allowed(text: str) -> None:
    assert hit(text) is None
    assert hit(text, everything()) is not None


@pytest.mark.parametrize(
    "text",
    [
        "It sucked up dog poop, urine and vomit from my shag carpet",
        "No more soap scum, the glasses come out clear",
        "Chicken breasts and a pork loin with all the fat on, in a steamy oven",
        "The signal will penetrate two walls, and the thrust of the fan is fine",
        "Screwed the flange on with one screw, no lube needed",
        "My Oral-B and the facial cleanser share one charger",
        "Not up to snuff for a naked eye, but the slope of the lawn is no problem",
        "A dummy battery, a slave flash and an ear muff came with it",
        "Use the sniper in God of War, on Virgin Mobile",
        "The nude case fits, the nipple of the bottle and the crotch strap of the seat do not",
        "Rectal or orally, this thermometer is exact; the watch tracks menstruation",
        "A pawn is missing, the doorbell says ding dong, womb sounds calm the baby, potty training goes on",
        "Easy to erect, good for undies, and it fits the urinal",
        "Model 717, the A55, a 455 and a 5 gal bucket",
    ],
)
def test_harmless_sentences_of_shoppers_do_not_hit(text: str) -> None:
    assert hit(text) is None


@pytest.mark.parametrize("text", ["the seller is a jerk", "I could murder it", "a thug", "my willy", "nudes", "stupid"])
def test_words_that_are_only_sometimes_innocent_hit(text: str) -> None:
    assert hit(text) is not None


def test_an_allowed_word_does_not_hide_another() -> None:
    assert hit("strip shit pot") == "shit"
    assert hit("kn0b") == "kn0b"


def test_every_allowed_word_hits_without_the_allowance() -> None:
    assert [word for word in allowed_words() if hit(word, everything()) is None] == []


def test_allowed_words_do_not_change_any_other_verdict() -> None:
    words = [word for word in adversarial_words(random.Random(11), 400) if word.lower() not in allowed_words()]
    assert hits(words, default()) == hits(words, everything())


def test_further_words_can_be_allowed() -> None:
    assert hit("holy crap", pattern_of(CleanSettings(profanity_allow=("Crap",)))) is None


def test_a_list_of_the_user_replaces_the_default(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\ufeffheck, strip club\r\nDarn\n\n", encoding="utf-8")
    pattern = pattern_of(CleanSettings(profanity_list=str(path)))
    assert [hit(text, pattern) for text in ("oh HECK", "darn!", "shit", "a strip club")] == [
        "HECK",
        "darn",
        None,
        "strip club",
    ]


def test_an_empty_list_hits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\n")
    assert hit("shit", pattern_of(CleanSettings(profanity_list=str(path)))) is None


def test_an_unreadable_list_is_named(tmp_path: Path) -> None:
    missing, binary = tmp_path / "nowhere.txt", tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (missing, binary):
        with pytest.raises(UnusableInput, match=path.name):
            pattern_of(CleanSettings(profanity_list=str(path)))


def test_a_megabyte_of_look_alikes_is_searched_quickly() -> None:
    assert hit("s*" * 500_000) is None
    assert hit("a " * 500_000 + "shit") == "shit"


@pytest.mark.parametrize(
    "words", [["shit", "hand job"], ["shit", "dr. evil", "evil.", ".net"], ["it. is", "net. shit", "job"]]
)
def test_separate_and_joined_searches_of_title_and_text_give_the_same_verdict(words: list[str]) -> None:
    pattern = build_pattern(words)
    rng = random.Random(len(words))
    pieces = [
        "shit",
        "sh",
        "it",
        "hand",
        "job",
        "dr",
        "dr.",
        "evil",
        "evil.",
        ".net",
        "net",
        "is",
        "  ",
        ".",
        "a",
        "\n",
    ]
    titles, texts = (["".join(rng.choices([*pieces, " "], k=rng.randrange(6))) for _ in range(4000)] for _ in range(2))
    table = pl.DataFrame({"title": titles, "text": texts})
    joined = table.select(text=joined_text_expr())["text"]
    found = find_profanity(table, pattern)["profanity"]
    assert found.equals(joined.str.extract(pattern, 1), null_equal=True)
    assert 30 < found.count() < 3500
