"""Reviews of best sellers that say "laptop", "macbook", "console" or "ps5": all get their mention."""

from __future__ import annotations

import re
from pathlib import Path

from labelled import Labelled
from test_labelled import _judge

FILE = Path(__file__).parent / "best_sellers.txt"


def read_best_sellers() -> list[Labelled]:
    found: list[Labelled] = []
    product, title, category = 0, "", ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            product, (title, _, category) = product + 1, line[2:].partition(" > ")
        elif line and not line.startswith("#"):
            text = re.sub(r"[\[\]]", "", line)
            marks = enumerate(re.finditer(r"\[([^\]]*)\]", line))
            places = frozenset((mark.start() - 2 * n, mark.end() - 2 * (n + 1)) for n, mark in marks)
            found.append(Labelled(product, title, (category,), "", text, places))
    return found


def test_reviews_of_best_sellers_get_their_mentions(tmp_path: Path) -> None:
    judged = _judge(tmp_path, read_best_sellers())
    wrong = [review.text for review, right in judged if not right]
    assert len(judged) >= 75
    assert wrong == []
