"""Filters 1 to 3 and how verdicts become rows: images listed, 500 tokens, only unhelpful."""

from __future__ import annotations

import polars as pl
import pytest

from ameli_build.clean.helpfulness import only_unhelpful
from ameli_build.clean.length import count_tokens, too_long
from ameli_build.clean.photos import n_photos, no_image
from ameli_build.clean.verdicts import judge, staying
from ameli_build.models.tokens import load_counter
from ameli_build.reasons import DROPPED


def reviews(**columns: list[object]) -> pl.DataFrame:
    size = len(next(iter(columns.values())))
    ids = [f"r{n}" for n in range(size)]
    return pl.DataFrame({"review_id": ids, "sku": ["1"] * size, **columns}, strict=False)


def test_no_listed_photo_leaves_and_a_listed_one_stays() -> None:
    table = reviews(images=[["a.jpg"], [], ["a.jpg", "b.jpg", "a.jpg"]]).with_columns(n_photos=n_photos())
    assert table["n_photos"].to_list() == [1, 0, 2]
    assert judge(table, [no_image()]).rows() == [("r1", "1", "clean", "no_image", "no photo listed", "0", "1")]


@pytest.mark.parametrize(
    ("helpful", "unhelpful", "leaves"), [(0, 0, False), (0, 1, True), (1, 9, False), (3, 0, False), (0, 12, True)]
)
def test_only_unhelpful_means_votes_and_none_for_helpful(helpful: int, unhelpful: int, leaves: bool) -> None:
    dropped = judge(reviews(helpful=[helpful], unhelpful=[unhelpful]), [only_unhelpful()])
    assert dropped["reason"].to_list() == (["only_unhelpful"] if leaves else [])
    if leaves:
        assert dropped.row(0)[4:] == (f"{unhelpful} unhelpful, 0 helpful", str(unhelpful), "0")


def test_500_tokens_stay_and_501_leave() -> None:
    words = ["refrigerator"] * 500
    table = reviews(title=["", "", "refrigerator"], text=[" ".join(words), " ".join([*words, "!"]), " ".join(words)])
    counted = count_tokens(table, load_counter("bundled:minilm"), 500)
    assert counted["tokens"].to_list() == [500, 501, 502]  # the third: title, full stop, text
    dropped = judge(counted, [too_long(500)])
    assert dropped.select("review_id", "reason", "value", "threshold").rows() == [
        ("r1", "too_long", "501", "500"),
        ("r2", "too_long", "502", "500"),
    ]


def test_a_text_of_at_most_as_many_bytes_is_not_tokenized() -> None:
    table = reviews(title=["", ""], text=["é" * 5, "é" * 5 + "x"])
    counted = count_tokens(table, load_counter("bundled:minilm"), 10)
    assert counted["bytes"].to_list() == [10, 11]
    assert counted["tokens"].null_count() == 1
    assert counted["tokens"][1] is not None


def test_the_first_rule_that_fails_is_the_reason() -> None:
    table = reviews(images=[[], ["a"], []], helpful=[0, 0, 1], unhelpful=[4, 4, 0]).with_columns(n_photos=n_photos())
    dropped = judge(table, [no_image(), only_unhelpful()])
    assert dict(dropped.select("review_id", "reason").iter_rows()) == {
        "r0": "no_image",
        "r1": "only_unhelpful",
        "r2": "no_image",
    }
    assert dropped.schema == DROPPED
    assert staying(table, dropped).is_empty()


def test_a_rule_that_did_not_look_lets_pass() -> None:
    table = reviews(helpful=[None], unhelpful=[3])
    assert judge(table, [only_unhelpful()]).is_empty()
