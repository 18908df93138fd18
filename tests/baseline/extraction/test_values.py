"""String match of values in texts and in lines of OCR."""

import numpy as np
from sheets_made import base

from ameli_build.baseline.extraction.attributes import make_sheets
from ameli_build.baseline.extraction.extract import match_lines, match_text
from ameli_build.baseline.extraction.values import index_values


def test_the_longest_of_values_within_each_other() -> None:
    kb = base({"Color": "Black"}, {"Color": "Black Stainless Steel"}, {"Color": "Stainless Steel"}, {"Trim": "Black"})
    index, every = index_values(make_sheets(kb)), np.ones(4, dtype=bool)
    assert match_text(index, "It is black stainless steel", every).pairs() == [
        ("Color", "black stainless"),  # a form of the same value, where people leave out the steel
        ("Color", "black stainless steel"),
        ("Trim", "black"),
    ]
    assert match_text(index, "It is black stainless steel", every[:4] & [True, False, True, True]).pairs() == [
        ("Color", "black"),
        ("Color", "stainless steel"),
        ("Trim", "black"),
    ]
    assert ("Color", "black") in match_text(index, "black stainless steel and black", every).pairs()


def test_a_model_by_its_last_words_is_the_same_value() -> None:
    kb = base({"Graphics": "NVIDIA GeForce GTX 1650"}, {"Graphics": "GTX 1650"})
    sheets = make_sheets(kb)
    stated = match_text(index_values(sheets), "with the GeForce GTX 1650", np.ones(2, dtype=bool))
    assert [stated.signal(sheet, "Graphics") for sheet in sheets] == [1, 1]


def test_lines_that_lost_their_spaces() -> None:
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


def test_a_knowledge_base_without_attributes() -> None:
    index = index_values(make_sheets(base({}, {})))
    assert not match_text(index, "black", np.ones(2, dtype=bool)).values
    assert not match_lines(index, ["black"], np.ones(2, dtype=bool)).values
