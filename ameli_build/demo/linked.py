"""Evaluation of `ameli link` on test reviews of the demo's world."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from ameli_build.core.records import joined_text
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.scoreboard import MENTION_TARGET, Row, accepts, share_row
from ameli_build.demo.truth import read_truth
from ameli_build.single.answer import Answer
from ameli_build.single.linker import Linker

REVIEWS = 40
"""Number of linked test reviews, chosen by a hash of their id."""

FIRST_TARGET, TOP_TARGET = 0.5, 0.85


def link_rows(snapshot: Snapshot, settings: Settings) -> list[Row]:
    """Compare mentions and links of test reviews with the truth; builds the index. The caller holds the lock.

    OCR is off, because it would take longer than everything else.
    """
    truths = {truth["review_id"]: truth for truth in read_truth(snapshot.root / "truth")}
    reviews = _sample(pl.read_parquet(snapshot.dataset / "test.parquet"))
    linker = Linker.open(snapshot, settings, locked=True)
    answers = [
        linker.link(
            joined_text(review["title"], review["text"]),
            [snapshot.dataset / path for path in review["images"][:1]],
            ocr=False,
        )
        for review in reviews
    ]
    return _rows(reviews, answers, truths)


def _sample(table: pl.DataFrame) -> list[dict[str, Any]]:
    rows = sorted(table.to_dicts(), key=lambda row: hashlib.sha256(row["review_id"].encode()).digest())
    return rows[:REVIEWS]


def _rows(
    reviews: Sequence[Mapping[str, Any]], answers: Sequence[Answer], truths: Mapping[str, Mapping[str, Any]]
) -> list[Row]:
    named, first, among = 0, 0, 0
    for review, answer in zip(reviews, answers, strict=True):
        truth, found = truths[review["review_id"]], answer.mention
        text = joined_text(review["title"], review["text"])
        named += accepts(truth["mention"], text, found.text, found.start, found.end)
        skus = [match.sku for match in answer.matches]
        first += skus[:1] == [truth["sku"]]
        among += truth["sku"] in skus[:10]
    count = len(reviews)
    return [
        share_row(f"ameli link: {name}, {count} test reviews, product unknown, without OCR", right, count, target)
        for name, right, target in (
            ("mentions", named, MENTION_TARGET),
            ("recall@1", first, FIRST_TARGET),
            ("recall@10", among, TOP_TARGET),
        )
    ]
