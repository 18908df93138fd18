"""Filters 1 to 3 (listed images, 500 tokens, only unhelpful votes), and the rows of their verdicts."""

from __future__ import annotations

import random
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ameli_build.clean import length
from ameli_build.clean.helpfulness import only_unhelpful
from ameli_build.clean.length import PartCounts, count_tokens, too_long
from ameli_build.clean.photos import n_photos, no_image
from ameli_build.clean.verdicts import first_failing, judge
from ameli_build.core.reasons import DROPPED
from ameli_build.models.tokens import load_counter


def reviews(**columns: list[object]) -> pl.DataFrame:
    size = len(next(iter(columns.values())))
    ids = [f"r{n}" for n in range(size)]
    return pl.DataFrame({"review_id": ids, "sku": ["1"] * size, **columns}, strict=False)


def test_a_review_without_listed_photo_is_dropped() -> None:
    table = reviews(images=[["a.jpg"], [], ["a.jpg", "b.jpg", "a.jpg"]]).with_columns(n_photos=n_photos())
    assert table["n_photos"].to_list() == [1, 0, 2]
    assert judge(table, [no_image()]).rows() == [("r1", "1", "clean", "no_image", "no photo listed", "0", "1")]


@pytest.mark.parametrize(
    ("helpful", "unhelpful", "leaves"), [(0, 0, False), (0, 1, True), (1, 9, False), (3, 0, False), (0, 12, True)]
)
def test_only_unhelpful_needs_unhelpful_votes_and_no_helpful_vote(helpful: int, unhelpful: int, leaves: bool) -> None:
    dropped = judge(reviews(helpful=[helpful], unhelpful=[unhelpful]), [only_unhelpful()])
    assert dropped["reason"].to_list() == (["only_unhelpful"] if leaves else [])
    if leaves:
        assert dropped.row(0)[4:] == (f"{unhelpful} unhelpful, 0 helpful", str(unhelpful), "0")


def test_a_review_of_500_tokens_is_kept_and_of_501_dropped() -> None:
    words = ["refrigerator"] * 500
    table = reviews(title=["", "", "refrigerator"], text=[" ".join(words), " ".join([*words, "!"]), " ".join(words)])
    counted = count_tokens(table, load_counter("bundled:minilm"), 500)
    assert counted["tokens"].to_list() == [500, 501, 502]  # the third has title, full stop and text
    dropped = judge(counted, [too_long(500)])
    assert dropped.select("review_id", "reason", "value", "threshold").rows() == [
        ("r1", "too_long", "501", "500"),
        ("r2", "too_long", "502", "500"),
    ]


def test_a_text_with_fewer_bytes_than_the_limit_of_tokens_is_not_tokenized() -> None:
    table = reviews(title=["", ""], text=["é" * 5, "é" * 5 + "x"])
    counted = count_tokens(table, load_counter("bundled:minilm"), 10)
    assert counted["bytes"].to_list() == [10, 11]
    assert counted["tokens"].null_count() == 1
    assert counted["tokens"][1] is not None


def test_counts_by_parts_equal_counts_of_the_whole_text() -> None:
    counter = load_counter("bundled:minilm")
    rng = random.Random(5)
    codes = [code for code in range(1, 0x3000) if chr(code).isprintable()] + [
        9,
        10,
        160,
        0x200B,
        0x1F600,
        0x4E00,
        0xAC01,
    ]
    texts = ["".join(rng.choices([*map(chr, rng.sample(codes, 20)), " ", "e", "s"], k=80)) for _ in range(400)]
    texts += [
        "  two  spaces ",
        "Don't re-fridge! \u0301 \u03a3\u03a3 \u03a3. [SEP]",
        " ",
        "x" * 300,
        "un" * 40,
        "fridge " * 200,
    ]
    counted = count_tokens(reviews(title=[""] * len(texts), text=texts), counter, 1)
    whole = [n if len(text.encode()) > 1 else None for text, n in zip(texts, counter(texts), strict=True)]
    assert counted["tokens"].to_list() == whole
    assert count_tokens(reviews(title=[""], text=[""]), counter, 1)["tokens"].to_list() == [None]


def test_counts_by_parts_are_right_for_every_class_of_characters() -> None:
    counter = load_counter("bundled:minilm")
    by_category: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        by_category.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    del by_category["Cs"]  # no text has halves of surrogate pairs
    assert len(by_category) == 29
    rng = random.Random(9)
    scripts = [chr(start + n) for start in range(0, 0x30000, 0x80) for n in rng.sample(range(0x80), 2)]
    named = list("\u4e00\uac01\u0301\u200b\u200d\ufeff\x00\x7f\xad\u2028\ufffd\u1e9e\u0130\ufb01\U0001f469")
    chosen = [c for letters in by_category.values() for c in rng.sample(letters, min(60, len(letters)))]
    letters = [*chosen, *(c for c in scripts if unicodedata.category(c) != "Cs"), *named]
    texts = [f"ab{c}cd {c} {c}{c}x Fridge{c} {c}7.5!" for c in letters]
    texts += ["".join(rng.choices([*letters[:2000], " ", "a", "E", "."], k=60)) for _ in range(300)]
    counted = count_tokens(reviews(title=[""] * len(texts), text=texts), counter, 1)
    assert counted["tokens"].to_list() == counter(texts)


def test_counts_by_parts_are_right_for_long_real_texts() -> None:
    counter = load_counter("bundled:minilm")
    root = Path(__file__).parents[2]
    texts = [(root / name).read_text() for name in ("README.md", "LICENSE", "pyproject.toml", "Makefile")]
    texts += [text.upper() for text in texts] + [text.replace(" ", "  ").replace("e", "\u00e9") for text in texts]
    counted = count_tokens(reviews(title=["Read me"] * len(texts), text=texts), counter, 500)
    assert counted["tokens"].to_list() == counter([f"Read me. {text}" for text in texts])


@pytest.mark.parametrize("others", [1 << 17, 4])  # all parts, or almost none
def test_remembered_parts_do_not_change_the_counts(monkeypatch: pytest.MonkeyPatch, others: int) -> None:
    monkeypatch.setattr(length, "PLACES", 16)  # the place of almost every part is taken
    monkeypatch.setattr(length, "OTHERS", others)
    monkeypatch.setattr(length, "CUT", 3)
    counter = load_counter("bundled:minilm")
    rng = random.Random(2)
    words = [
        "fridge",
        "Fridge,",
        "refrigeratory",
        "antidisestablishment",
        "5000btu",
        "(a/c)",
        "",
        "wi-fi",
        "caf\u00e9",
        "x" * 120,
    ]
    texts = [" ".join(rng.choices(words, k=40)) for _ in range(50)]
    parts = PartCounts(counter)
    for _ in range(2):
        counted = count_tokens(reviews(title=[""] * len(texts), text=texts), counter, 1, parts)
        assert counted["tokens"].to_list() == counter(texts)


def test_other_tokenizers_read_every_text_as_a_whole() -> None:
    counter = replace(load_counter("bundled:minilm"), at_most_one_a_byte=False, splits_at_spaces=False)
    counted = count_tokens(reviews(title=["", ""], text=["a fridge", ""]), counter, 500)
    assert counted["tokens"].to_list() == [2, 0]


def test_the_first_rule_that_fails_is_the_reason() -> None:
    table = reviews(images=[[], ["a"], []], helpful=[0, 0, 1], unhelpful=[4, 4, 0]).with_columns(n_photos=n_photos())
    dropped = judge(table, [no_image(), only_unhelpful()])
    assert dict(dropped.select("review_id", "reason").iter_rows()) == {
        "r0": "no_image",
        "r1": "only_unhelpful",
        "r2": "no_image",
    }
    assert dropped.schema == DROPPED
    assert table.select(rule=first_failing([no_image(), only_unhelpful()]))["rule"].to_list() == [0, 1, 0]


def test_a_rule_without_a_value_drops_nothing() -> None:
    table = reviews(helpful=[None], unhelpful=[3])
    assert judge(table, [only_unhelpful()]).is_empty()
