"""A review seen twice."""

from __future__ import annotations

import polars as pl

from ameli_build.clean import duplicates
from ameli_build.clean.duplicates import duplicate
from ameli_build.clean.verdicts import judge

LONG = "This refrigerator keeps everything cold and never makes a sound."
EIGHT = "one two three four five six seven eight"
SEVEN = "one two three four five six seven"


def copies(*rows: tuple[str, str, str | None, str | None, str], title: str = "t") -> dict[str, str]:
    """Copies and what they copy, from rows of id, product, author, time and text."""
    schema = dict.fromkeys(("review_id", "sku", "author", "submitted_at", "text"), pl.String)
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(title=pl.lit(title))
    suspects = table.filter(duplicates.shared(duplicates.duplicate_keys(table)))
    told = duplicates.copies(duplicates.identities(suspects))
    found = table.join(told, on="review_id", how="left", maintain_order="left")
    assert found["review_id"].to_list() == table["review_id"].to_list()
    return dict(found.drop_nulls("duplicate_of").select("review_id", "duplicate_of").iter_rows())


def test_the_earliest_copy_of_a_text_stays() -> None:
    assert copies(
        ("a", "1", "x", "2024-03-02", LONG), ("b", "2", "y", "2024-03-01", LONG), ("c", "3", None, None, LONG)
    ) == {"a": "b", "c": "b"}


def test_of_equal_times_the_smallest_id_stays() -> None:
    assert copies(("b", "1", "x", "2024", LONG), ("a", "1", "x", "2024", LONG)) == {"b": "a"}


def test_white_space_and_composition_do_not_tell_texts_apart() -> None:
    composed, decomposed = (
        "The caf\u00e9 machine is all that I hoped for",
        "The cafe\u0301 machine\n is all  that\u00a0I hoped for ",
    )
    assert copies(("a", "1", "x", "1", composed), ("b", "2", "y", "2", decomposed)) == {"b": "a"}


def test_case_tells_texts_apart() -> None:
    assert copies(("a", "1", "x", "1", LONG), ("b", "1", "x", "2", LONG.lower())) == {}


def test_short_texts_are_copies_only_with_product_and_author() -> None:
    first = ("a", "1", "x", "1", SEVEN)
    assert copies(first, ("b", "1", "x", "2", SEVEN)) == {"b": "a"}
    assert copies(first, ("b", "2", "x", "2", SEVEN)) == {}
    assert copies(first, ("b", "1", "y", "2", SEVEN)) == {}


def test_an_unknown_author_agrees_with_nobody() -> None:
    assert copies(("a", "1", None, "1", SEVEN), ("b", "1", None, "2", SEVEN)) == {}


def test_eight_words_are_not_short() -> None:
    assert copies(("a", "1", "x", "1", EIGHT), ("b", "2", "y", "2", EIGHT)) == {"b": "a"}


def test_blank_texts_are_told_apart_by_their_titles() -> None:
    assert copies(("a", "1", "x", "1", ""), ("b", "1", "y", "2", " "), title=LONG) == {"b": "a"}


def test_the_detail_names_the_copy_that_stays() -> None:
    table = pl.DataFrame({"review_id": ["b"], "sku": ["1"], "duplicate_of": ["a"]})
    assert judge(table, [duplicate()]).row(0) == ("b", "1", "clean", "duplicate", "same text as review a", "a", "")


def test_folding_that_is_left_out_would_change_nothing() -> None:
    letters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code < 0xE000]
    texts = pl.Series([form for one in letters for form in (f"e{one}o", f"{one}{one}", f"\u2019{one}", f"{one}\u0301")])
    found = duplicates.folded_text(pl.DataFrame({"title": texts, "text": texts}))
    expected = texts.str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    assert texts.filter(found != expected).to_list() == []
    assert texts.filter(texts != expected).len() > 1000
