"""Whole labelled reviews with their product's sheet: precision and recall of found pairs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ameli_build.informativeness.attributes import find_mentioned

Row = tuple[str, str]


def labelled(file: str) -> Iterator[tuple[list[Row], set[Row], str]]:
    """The reviews of a labelled file: the sheet, its stated part, the text."""
    for block in (Path(__file__).parent / file).read_text("utf-8").strip().split("\n\n"):
        if not block.startswith("#"):
            sheet, text = block.split("\n")
            rows = [(part.removeprefix("+").partition(": "), part[0] == "+") for part in sheet.split(" | ")]
            yield [(n, v) for (n, _, v), _ in rows], {(n, v) for (n, _, v), stated in rows if stated}, text


@pytest.mark.parametrize(
    ("file", "reviews", "scores"),
    [
        ("labelled_reviews.txt", 118, (404, 409, 414)),
        ("labelled_reviews_second.txt", 80, (291, 295, 297)),
        ("labelled_reviews_third.txt", 25, (96, 98, 96)),
    ],
)
def test_stated_values_of_whole_reviews(file: str, reviews: int, scores: tuple[int, int, int]) -> None:
    """The scores are the numbers of rightly found, found and stated pairs."""
    hits = found = due = read = 0
    for sheet, stated, text in labelled(file):
        said = set(find_mentioned(text, sheet))
        read, hits, found, due = read + 1, hits + len(said & stated), found + len(said), due + len(stated)
    assert read == reviews
    assert (hits, found, due) == scores
