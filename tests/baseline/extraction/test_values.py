"""String match of values in texts and in lines of OCR."""

import numpy as np
from sheets_made import base

from ameli_build.baseline.extraction.attributes import make_sheets
from ameli_build.baseline.extraction.extract import match_lines, match_text
from ameli_build.baseline.extraction.values import index_values


def test_the_longest_of_nested_values_is_matched() -> None:
    kb = base({"Color": "Black"}, {"Color": "Black Stainless Steel"}, {"Color": "Stainless Steel"}, {"Trim": "Black"})
    index, every = index_values(make_sheets(kb)), np.ones(4, dtype=bool)
    assert match_text(index, "It is black stainless steel", every).pairs() == [
        ("Color", "black stainless"),  # a form of the same value without the word steel
        ("Color", "black stainless steel"),
        ("Trim", "black"),
    ]
    assert match_text(index, "It is black stainless steel", every[:4] & [True, False, True, True]).pairs() == [
        ("Color", "black"),
        ("Color", "stainless steel"),
        ("Trim", "black"),
    ]
    assert ("Color", "black") in match_text(index, "black stainless steel and black", every).pairs()


def test_the_last_words_of_a_model_are_the_same_value() -> None:
    kb = base({"Graphics": "NVIDIA GeForce GTX 1650"}, {"Graphics": "GTX 1650"})
    sheets = make_sheets(kb)
    stated = match_text(index_values(sheets), "with the GeForce GTX 1650", np.ones(2, dtype=bool))
    assert [stated.signal(sheet, "Graphics") for sheet in sheets] == [1, 1]


def test_values_in_lines_without_spaces_are_matched() -> None:
    index = index_values(make_sheets(base({"Brand": "Norvex Pro", "Color": "Red"}, {"Brand": "Apple"})))
    every = np.ones(2, dtype=bool)
    assert set(index.match_joined("NorvexPro14", every)) == {("Brand", ("norvex", "pro"))}
    assert set(index.match_joined("covered", every)) == set()
    assert set(index.match_joined("RED", every)) == {("Color", ("red",))}
    assert match_lines(index, ["xx", "NORVEX PRO", "APPLE"], every).pairs() == [
        ("Brand", "Apple"),
        ("Brand", "norvex pro"),
    ]
    assert not match_lines(index, ["NORVEXPRO"], np.array([False, True])).values


def test_a_knowledge_base_without_attributes_matches_nothing() -> None:
    index = index_values(make_sheets(base({}, {})))
    assert not match_text(index, "black", np.ones(2, dtype=bool)).values
    assert not match_lines(index, ["black"], np.ones(2, dtype=bool)).values
