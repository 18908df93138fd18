"""Attribute values in a shopper's words, and words that are no value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ameli_build.informativeness.attributes import canonical_tokens, count_mentioned, mentions_value, value_forms


def said(text: str, value: str) -> bool:
    return mentions_value(canonical_tokens(text), value_forms(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("with a 1tb drive", "1000 gigabytes"),
        ("one terabyte is plenty", "1000 gigabytes"),
        ("1,000 GB", "1 terabyte"),
        ("16 gigs of memory", "16 gigabytes"),
        ('the 14" screen', "14 inches"),
        ("a 14-inch screen", "14 inches"),
        ("14.0 in. wide", "14 inches"),
        ("the 13.3\u201d one", "13.3 inches"),
        ("grey looks good", "Gray"),
        ("4K picture", "3840 x 2160"),
        ("4K picture", "3840 x 2160 (4K)"),
        ("fast wifi", "Wi-Fi"),
        ("27.4 cu. ft. of room", "27.4 cubic feet"),
        ("the usb-c port", "HDMI, USB-C"),
        ("STAINLESS STEEL door", "Stainless Steel"),
        ("five cups", "5 cups"),
        ("lasts 2 hours", "120 minutes"),
        ("model WX200 is fine", "WX200"),
    ],
)
def test_the_same_value_in_other_words(text: str, value: str) -> None:
    assert said(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes, it works, no doubt", "Yes"),
        ("no other", "No"),
        ("true love, none other", "Other"),
        ("I have 2 of them", "2"),
        ("plan B", "B"),
        ("a redder shade", "Red"),
        ("2 in the house", "2 inches"),
        ("a 2-in-1", "2 inches"),
        ("16 gigabytes", "1 gigabyte"),
        ("116 gb", "16 gigabytes"),
        ("stainless. Unlike steel", "Stainless Steel"),
        ("after 1 year", "1 year"),
        ("", "Black"),
        ("black", ""),
    ],
)
def test_what_is_no_value(text: str, value: str) -> None:
    assert not said(text, value)


def test_a_value_under_two_names_counts_once() -> None:
    values = ["14 inches", "Gray", '14"', "true", "16 gigabytes", "Grey"]
    assert count_mentioned('A gray 14" laptop, 16gb', values) == 3
    assert count_mentioned("", values) == 0


@given(st.text(max_size=80))
def test_any_text_is_cut_and_mentions_itself(text: str) -> None:
    tokens = canonical_tokens(text)
    assert all(tokens)
    assert all(mentions_value(tokens, (form,)) for form in value_forms(text)[:1])
