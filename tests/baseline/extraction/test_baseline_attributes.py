"""Attributes of products, statements of reviews, and contradictions between them."""

import numpy as np
import pytest
from sheets_made import base

from ameli_build.baseline.extraction.attributes import Found, contradictions, forms_of, make_sheets
from ameli_build.baseline.extraction.extract import match_text
from ameli_build.baseline.extraction.values import index_values

KB = base(
    {"Color": "Black", "Storage": "1000 gigabytes", "Touch Screen": "Yes"},
    {"Color": "Silver", "Storage": "256 gigabytes", "Touch Screen": "No"},
    {"Color": "Gray", "Keyboard Color": "Black"},
    {"Finish": "Red"},
)
SHEETS = make_sheets(KB)
ALL = np.ones(4, dtype=bool)


def found(text: str, allowed: np.ndarray = ALL) -> Found:
    return match_text(index_values(SHEETS), text, allowed)


def test_values_are_found_in_the_spelling_of_a_shopper() -> None:
    assert found("The grey one, 1tb. Yes!").pairs() == [("Color", "gray"), ("Storage", "1000gb")]


def test_only_values_of_products_allowed_by_the_mention_count() -> None:
    assert found("red or silver", np.array([True, True, True, False])).pairs() == [("Color", "silver")]


def test_a_candidate_with_another_value_of_an_attribute_is_contradicted() -> None:
    stated = [found("a silver thing"), found("black"), found("nothing of note")]
    candidates = np.array([[0, 1, 2, 3], [0, 1, 2, -1], [0, 1, 2, 3]])
    assert contradictions(stated, SHEETS, candidates).tolist() == [
        [True, False, True, False],  # the last candidate has no colour and is not contradicted
        [False, True, False, False],  # the third candidate has black keys
        [False, False, False, False],
    ]


def test_candidates_with_any_of_two_stated_values_are_not_contradicted() -> None:
    both = found("silver, not black")
    assert [both.contradicts(sheet) for sheet in SHEETS] == [False, False, False, False]


def test_the_name_of_an_attribute_states_yes_and_contradicts_no() -> None:
    touch = found("I wanted a touch screen")
    assert touch.pairs() == [("Touch Screen", "touch screen")]
    assert [touch.signal(sheet, "Touch Screen") for sheet in SHEETS] == [1, -1, 0, 0]


def test_an_answer_can_be_yes_no_or_a_bare_count() -> None:
    sheets = make_sheets(base({"Curved": "No", "Burners": "5"}, {"Curved": "Yes", "Burners": "4"}))
    answered = Found.of([("Curved", ("no",)), ("Burners", ("5",))])
    assert [[answered.signal(sheet, key) for key in ("Curved", "Burners")] for sheet in sheets] == [[1, 1], [-1, -1]]
    other = Found.of([("Curved", ("no",))])  # "no" is no value of anything else
    assert other.signal(make_sheets(base({"Curved": "Yes", "HDR": "No"}))[0], "Curved") == -1


@pytest.mark.parametrize(
    ("value", "key", "said", "unsaid"),
    [
        ("33 feet", "Range", ("10m",), ("33",)),
        ("Apple", "Brand", ("Apple",), ("apple",)),
        ("Focus Monitor (75Hz, HDMI)", "Product Name", ("focus", "monitor"), ("hdmi",)),
        ("Silver/Black", "Color", ("black", "and", "silver"), ("silver",)),
    ],
)
def test_values_have_several_forms(value: str, key: str, said: tuple[str, ...], unsaid: tuple[str, ...]) -> None:
    if key == "Range":
        said = tuple(forms_of("10 meters", "Range")[0])
    forms = forms_of(value, key)
    assert said in forms
    assert unsaid not in forms
