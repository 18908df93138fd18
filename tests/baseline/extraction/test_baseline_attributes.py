"""What a review states, whose values count, and which candidates that contradicts."""

import numpy as np

from ameli_build.baseline.data import KnowledgeBase
from ameli_build.baseline.extraction.attributes import Found, contradictions, make_sheets
from ameli_build.baseline.extraction.values import index_values
from ameli_build.informativeness.attributes import canonical_tokens
from ameli_build.records import Attribute


def base(*sheets: dict[str, str]) -> KnowledgeBase:
    """Products that have these attributes."""
    skus = tuple(str(n) for n in range(len(sheets)))
    attributes = tuple(tuple(Attribute("Specs", key, value) for key, value in sheet.items()) for sheet in sheets)
    return KnowledgeBase(skus, skus, (("Shop",),) * len(skus), ("",) * len(skus), attributes, (("a",),) * len(skus), {})


KB = base(
    {"Color": "Black", "Storage": "1000 gigabytes", "Wireless": "Yes"},
    {"Color": "Silver", "Storage": "256 gigabytes"},
    {"Color": "Gray", "Keyboard Color": "Black"},
    {"Finish": "Red"},
)
SHEETS = make_sheets(KB)
ALL = np.ones(4, dtype=bool)


def found(text: str, allowed: np.ndarray = ALL) -> Found:
    return Found.of(index_values(SHEETS).match(canonical_tokens(text), allowed))


def test_values_are_found_in_a_shoppers_spelling() -> None:
    assert found("The grey one, 1tb. Yes!").pairs() == [("Color", "gray"), ("Storage", "1000gb")]


def test_only_values_of_products_that_the_mention_can_denote_count() -> None:
    assert found("red or silver", np.array([True, True, True, False])).pairs() == [("Color", "silver")]


def test_a_candidate_with_the_name_and_another_value_is_contradicted() -> None:
    stated = [found("a silver thing"), found("black"), found("nothing of note")]
    candidates = np.array([[0, 1, 2, 3], [0, 1, 2, -1], [0, 1, 2, 3]])
    assert contradictions(stated, SHEETS, candidates).tolist() == [
        [True, False, True, False],  # the last one has no colour: it stays
        [False, True, False, False],  # the third one has black keys
        [False, False, False, False],
    ]


def test_two_stated_values_spare_both() -> None:
    both = found("silver, not black")
    assert [both.contradicts(sheet) for sheet in SHEETS] == [False, False, False, False]


def test_lines_that_lost_their_spaces() -> None:
    index = index_values(make_sheets(base({"Brand": "Norvex Pro", "Color": "Red"})))
    one = np.ones(1, dtype=bool)
    assert set(index.match_joined("NorvexPro14", one)) == {("Brand", ("norvex", "pro"))}
    assert set(index.match_joined("covered", one)) == set()
    assert set(index.match_joined("RED", one)) == {("Color", ("red",))}
