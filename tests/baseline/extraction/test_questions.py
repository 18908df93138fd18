"""The attributes that are asked for, and the values found in answers."""

import numpy as np
import pytest
from sheets_made import base

from ameli_build.baseline.extraction.attributes import make_sheets
from ameli_build.baseline.extraction.questions import Questions, first_line, make_questions, match_answer


def questions() -> Questions:
    """Twelve laptops; the first four differ in colour, size and touch screen."""
    shared = {"Brand": "Norvex", "Warranty": "1 year"}
    return make_questions(
        make_sheets(
            base(
                *(
                    {
                        **shared,
                        "Color": ("Black", "Silver", "Silver ", "silver")[n % 4],
                        "UPC": f"71555831108{n:02d}",
                        **({"Touch Screen": ("Yes", "No")[n % 2]} if n < 4 else {}),
                        **({"Screen Size": f"{13 + n % 3} inches"} if n < 8 else {}),
                    }
                    for n in range(12)
                )
            )
        )
    )


EVERY = np.ones(12, dtype=bool)
FEW = np.arange(12) < 3


def test_distinguishing_attributes_are_asked_for_in_order_of_frequency() -> None:
    asked = questions()
    assert asked.distinguishing(EVERY) == ["Color", "Screen Size", "Touch Screen"]  # reviewers never write a UPC
    assert asked.distinguishing(FEW) == ["Color", "Screen Size", "Touch Screen"]
    assert asked.distinguishing(np.arange(12) == 3) == []
    assert asked.distinguishing(np.isin(np.arange(12), [1, 2])) == ["Screen Size", "Touch Screen"]
    assert asked.distinguishing(np.zeros(12, dtype=bool)) == []


def test_values_of_the_allowed_products_have_one_spelling() -> None:
    asked = questions()
    assert [value.text for value in asked.values_of("Color", EVERY)] == ["Silver", "Black"]
    assert [value.text for value in asked.values_of("Color", EVERY, most=1)] == ["Silver"]
    assert [value.text for value in asked.values_of("Screen Size", FEW)] == ["13 inches", "14 inches", "15 inches"]


@pytest.mark.parametrize(
    ("completion", "line"),
    [(" Silver\nBrand: X", "Silver"), ("\n\n  Silver", "Silver"), ("", ""), (" \n ", ""), ("a\rb", "a")],
)
def test_the_first_line_that_is_not_blank(completion: str, line: str) -> None:
    assert first_line(completion) == line


@pytest.mark.parametrize(
    ("key", "answer", "stated"),
    [
        ("Color", "The color is SILVER, not black.", {("silver",)}),
        ("Color", "gold", set()),
        ("Color", "", set()),
        ("Screen Size", '14" and 13 inch', {("14in",), ("355.6mm",), ("35.56mm",)}),
        ("Touch Screen", "Yes, it has", {("yes",), ("touch", "screen")}),
        ("Touch Screen", "no", {("no",)}),
    ],
)
def test_only_known_values_are_found_in_an_answer(key: str, answer: str, stated: set[tuple[str, ...]]) -> None:
    forms = match_answer(answer, questions().values_of(key, EVERY))
    assert bool(forms) == bool(stated)
    assert forms <= stated or min(stated) in forms


def test_the_longest_of_overlapping_values_is_found() -> None:
    asked = make_questions(make_sheets(base({"Color": "Black"}, {"Color": "Black Stainless Steel"})))
    forms = match_answer("black stainless steel", asked.values_of("Color", np.ones(2, dtype=bool)))
    assert ("black", "stainless", "steel") in forms
    assert ("black",) not in forms
