"""Words around a name that say that it is not the product under review: each row of the table by its own examples."""

from __future__ import annotations

import re

import pytest
from known_words import known_of

from ameli_build.mentions.context import ANOTHER, Context, Rule, refusal, rules

KNOWN = known_of("Norvik - Smart Phone Holder", "Phones")


def context_of(marked: str) -> Context:
    place = re.search(r"\[(.*)\]", marked)
    assert place is not None, marked
    text = marked.replace("[", "").replace("]", "")
    return Context(text, place.start(), place.end() - 2, " " not in place[1], False)


def refuses(rule: Rule, marked: str) -> bool:
    context = context_of(marked)
    return rule.refuses(context.before, context.words, context.after, None)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.examples[0][0])
def test_each_row_refuses_its_examples_and_no_others(rule: Rule) -> None:
    refused, accepted = rule.examples
    assert refused
    assert accepted
    assert [marked for marked in refused if not refuses(rule, marked)] == []
    assert [marked for marked in accepted if refuses(rule, marked)] == []
    assert all(refusal(context_of(marked), None) for marked in refused)


def test_what_one_row_refuses_is_told() -> None:
    assert refusal(context_of("much lighter than my old [laptop]"), None) == ANOTHER == "speaks of another one"
    assert refusal(context_of("a wide [range]"), None) == "stands in an idiom"
    assert refusal(context_of("two [vacuum] attachments"), None) == "is only said of what the next word names"
    assert refusal(context_of("the [camera] in my laptop"), None) == "is a part of another thing"


def test_a_host_that_is_the_product_itself_holds_no_part_of_another() -> None:
    assert not refusal(context_of("the [camera] in my phone"), KNOWN)
    assert refusal(context_of("the [camera] in my laptop"), KNOWN)


@pytest.mark.parametrize(
    "marked",
    [
        "This [router] covers our whole house",
        "My current [laptop] is this Vantor and it flies",
        "My daughter's [laptop] is this one",
        "The [TV] stands on its own",
        "My first [camera], and I love it",
        "Put this [speaker] in my kitchen",
        "better than this [laptop]",
        "this kind of [watch] never fails",
    ],
)
def test_the_product_itself(marked: str) -> None:
    assert not refusal(context_of(marked), None)
