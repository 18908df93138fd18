"""Duplicate reviews."""

from __future__ import annotations

import polars as pl

from ameli_build.clean import duplicates
from ameli_build.clean.duplicates import duplicate
from ameli_build.clean.verdicts import judge

LONG = "This refrigerator keeps everything cold and never makes a sound."
EIGHT = "one two three four five six seven eight"
SEVEN = "one two three four five six seven"


def copies(*rows: tuple[str, str, str | None, str | None, str], title: str = "t") -> dict[str, str]:
    """The original of each copy, from rows of id, product, author, time and text."""
    schema = dict.fromkeys(("review_id", "sku", "author", "submitted_at", "text"), pl.String)
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(title=pl.lit(title))
    suspects = table.filter(duplicates.shared(duplicates.duplicate_keys(table)))
    originals = duplicates.copies(duplicates.identities(suspects))
    found = table.join(originals, on="review_id", how="left", maintain_order="left")
    assert found["review_id"].to_list() == table["review_id"].to_list()
    return dict(found.drop_nulls("duplicate_of").select("review_id", "duplicate_of").iter_rows())


def test_the_earliest_copy_of_a_text_is_kept() -> None:
    assert copies(
        ("a", "1", "x", "2024-03-02", LONG), ("b", "2", "y", "2024-03-01", LONG), ("c", "3", None, None, LONG)
    ) == {"a": "b", "c": "b"}


def test_of_equal_times_the_smallest_id_is_kept() -> None:
    assert copies(("b", "1", "x", "2024", LONG), ("a", "1", "x", "2024", LONG)) == {"b": "a"}


def test_white_space_and_composition_do_not_distinguish_texts() -> None:
    composed, decomposed = (
        "The caf\u00e9 machine is all that I hoped for",
        "The cafe\u0301 machine\n is all  that\u00a0I hoped for ",
    )
    assert copies(("a", "1", "x", "1", composed), ("b", "2", "y", "2", decomposed)) == {"b": "a"}


def test_case_distinguishes_texts() -> None:
    assert copies(("a", "1", "x", "1", LONG), ("b", "1", "x", "2", LONG.lower())) == {}


def test_short_texts_are_copies_only_with_the_same_product_and_author() -> None:
    first = ("a", "1", "x", "1", SEVEN)
    assert copies(first, ("b", "1", "x", "2", SEVEN)) == {"b": "a"}
    assert copies(first, ("b", "2", "x", "2", SEVEN)) == {}
    assert copies(first, ("b", "1", "y", "2", SEVEN)) == {}


def test_an_unknown_author_equals_no_author() -> None:
    assert copies(("a", "1", None, "1", SEVEN), ("b", "1", None, "2", SEVEN)) == {}


def test_eight_words_are_not_short() -> None:
    assert copies(("a", "1", "x", "1", EIGHT), ("b", "2", "y", "2", EIGHT)) == {"b": "a"}


def test_blank_texts_are_compared_by_their_titles() -> None:
    assert copies(("a", "1", "x", "1", ""), ("b", "1", "y", "2", " "), title=LONG) == {"b": "a"}


def test_the_detail_names_the_kept_copy() -> None:
    table = pl.DataFrame({"review_id": ["b"], "sku": ["1"], "duplicate_of": ["a"]})
    assert judge(table, [duplicate()]).row(0) == ("b", "1", "clean", "duplicate", "same text as review a", "a", "")


def test_skipped_folding_would_not_change_the_text() -> None:
    letters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code < 0xE000]
    texts = pl.Series(
        [
            form
            for letter in letters
            for form in (f"e{letter}o", f"{letter}{letter}", f"\u2019{letter}", f"{letter}\u0301")
        ]
    )
    found = duplicates.folded_text(pl.DataFrame({"title": texts, "text": texts}))
    expected = texts.str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    assert texts.filter(found != expected).to_list() == []
    assert texts.filter(texts != expected).len() > 1000
