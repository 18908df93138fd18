"""Accuracy on `labelled.txt`: the stage runs on a snapshot of these reviews."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from labelled import Labelled, read_labelled

from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.statistics import Share
from ameli_build.mentions.stage import STAGE

DEVELOPMENT_FLOOR, HELD_OUT_FLOOR = 155, 155
"""Right answers of 156 each, as measured; a change of the rules may not lose any."""

FRESH_FLOOR = 119
"""Of 120 reviews, unknown to the first rules; later rules were made with them in view."""

THIRD = "labelled_third.txt"
THIRD_FLOOR = 149
"""Of 150 reviews that were written without a look at any rule; 141 before today's rules, which were made with them
in view. The numbers to quote are those on real reviews (README)."""

Half = tuple[list[Labelled], list[bool]]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Labelled, bool]]:
    """Each labelled review, and whether its mention is right: one of its places, or absent if it has no place."""
    return _judge(tmp_path_factory.mktemp("labelled"), read_labelled())


def _judge(root: Path, labelled: list[Labelled]) -> list[tuple[Labelled, bool]]:
    snapshot = _snapshot_of(root, labelled)
    assert run_stage(STAGE, snapshot, load_settings("demo"))
    columns = ("review_id", "mention_start", "mention_end")
    found = {row[0]: row[1:] for row in snapshot.read("mentions/mentions").select(columns).iter_rows()}
    return [
        (review, found[key] in review.places if key in found else not review.places)
        for key, review in ((f"r{number:03}", review) for number, review in enumerate(labelled))
    ]


def _snapshot_of(root: Path, labelled: list[Labelled]) -> Snapshot:
    products = {f"p{review.product:02}": (review.title, list(review.path)) for review in labelled}
    snapshot = Snapshot(root)
    write_table(
        snapshot.table_path("clean/products"),
        pl.DataFrame(
            [(sku, title, path) for sku, (title, path) in products.items()], ["sku", "name", "categories"], orient="row"
        ),
    )
    rows = [(f"r{n:03}", f"p{review.product:02}", "", review.text) for n, review in enumerate(labelled)]
    write_table(
        snapshot.table_path("clean/reviews"), pl.DataFrame(rows, ["review_id", "sku", "title", "text"], orient="row")
    )
    return snapshot


def test_the_set_has_its_stated_size() -> None:
    labelled = read_labelled()
    assert len(labelled) == 312
    assert len({review.path[-1] for review in labelled}) >= 30
    assert sum(review.development for review in labelled) == 156
    assert all(review.text[start:end].strip() for review in labelled for start, end in review.places)


@pytest.mark.parametrize(
    ("half", "floor"), [("development", DEVELOPMENT_FLOOR), ("held out", HELD_OUT_FLOOR)], ids=["development", "held"]
)
def test_accuracy_on_each_half_of_the_set(judged: list[tuple[Labelled, bool]], half: str, floor: int) -> None:
    verdicts = [right for review, right in judged if review.development == (half == "development")]
    right, count = sum(verdicts), len(verdicts)
    share = Share.of(right, count)
    print(f"{half}: {right} of {count} right: {right / count:.1%} (95 % interval {share.low:.1%} to {share.high:.1%})")
    assert right >= floor


@pytest.mark.parametrize(
    ("file", "floor"), [("labelled_fresh.txt", FRESH_FLOOR), (THIRD, THIRD_FLOOR)], ids=["fresh", "third"]
)
def test_accuracy_on_further_sets(tmp_path: Path, file: str, floor: int) -> None:
    judged = _judge(tmp_path, read_labelled(file))
    right, count = sum(verdict for _, verdict in judged), len(judged)
    share = Share.of(right, count)
    print(f"{file}: {right} of {count} right: {right / count:.1%} (95 % interval {share.low:.1%} to {share.high:.1%})")
    assert right >= floor


def test_wilson_interval() -> None:
    share = Share.of(8, 10)
    assert (round(share.low, 3), round(share.high, 3)) == (0.490, 0.943)
