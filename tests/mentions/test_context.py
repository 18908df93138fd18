"""Words around a name that exclude the product under review: each row of the table on its own examples."""

from __future__ import annotations

import re

import pytest
from known_words import known_of

from ameli_build.mentions.context import ANOTHER, Rule, refusal, rules, sentence_around

KNOWN = known_of("Norvik - Smart Phone Holder", "Phones")


def place_of(marked: str) -> tuple[str, int, int]:
    place = re.search(r"\[(.*)\]", marked)
    assert place is not None, marked
    return marked.replace("[", "").replace("]", ""), place.start(), place.end() - 2


def refuses(rule: Rule, marked: str, verb: bool = True) -> bool:
    text, start, end = place_of(marked)
    before, after = sentence_around(text, start, end)
    return rule.refuses(before, text[start:end], after, verb, None)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.examples[0][0])
def test_each_rule_refuses_its_examples_and_no_others(rule: Rule) -> None:
    refused, accepted = rule.examples
    assert refused
    assert accepted
    assert [marked for marked in refused if not refuses(rule, marked)] == []
    assert [marked for marked in accepted if refuses(rule, marked)] == []
    assert all(refusal(*place_of(marked), None, verb=True) for marked in refused)


def test_a_refusal_has_its_reason() -> None:
    assert refusal(*place_of("much lighter than my old [laptop]"), None) == ANOTHER == "speaks of another one"
    assert refusal(*place_of("a wide [range]"), None) == "stands in an idiom"
    assert refusal(*place_of("two [vacuum] attachments"), None) == "is only said of what the next word names"
    assert refusal(*place_of("the [camera] in my laptop"), None) == "is a part of another thing"


def test_a_part_of_the_product_itself_is_not_refused() -> None:
    assert not refusal(*place_of("the [camera] in my phone"), KNOWN)
    assert refusal(*place_of("the [camera] in my laptop"), KNOWN)


def test_a_year_in_the_title_is_not_refused() -> None:
    marked = place_of("my 2019 [laptop] arrived")
    assert refusal(*marked, KNOWN)
    assert not refusal(*marked, known_of("Kestrel - Laptop (2019) - Gray", "Laptops"))


@pytest.mark.parametrize(
    ("marked", "another"),
    [
        ("My nephew's [laptop] for high school", False),
        ("Our daughter's [laptop] arrived on her birthday", False),
        ("My dad's [laptop], and he really likes it", False),
        ("My wife's [laptop] for her birthday", False),
        ("My nephew's [laptop] is half as fast", True),
        ("lighter than my nephew's [laptop] for high school", True),
        ("I borrowed my dad's [laptop]. He likes it", True),
    ],
)
def test_a_gift_is_the_product(marked: str, another: bool) -> None:
    assert bool(refusal(*place_of(marked), known_of("Kestrel - Laptop", "Laptops"))) is another


def test_rules_about_verbs_apply_only_to_names_that_are_verbs() -> None:
    (rule,) = [rule for rule in rules() if rule.verb]
    assert refuses(rule, "I [vacuum] daily")
    assert not refuses(rule, "I [laptop] daily", verb=False)


@pytest.mark.parametrize(
    "marked",
    [
        "This [router] covers our whole house",
        "The [TV] stands on its own",
        "My first [camera], and I love it",
        "Put this [speaker] in my kitchen",
        "better than this [laptop]",
        "this kind of [watch] never fails",
        "this little [speaker] fills the room",
        "my little [blender]",
        "A handy little [dryer] for the cabin",
    ],
)
def test_mentions_of_the_product_itself_are_not_refused(marked: str) -> None:
    assert not refusal(*place_of(marked), None)
