"""The right predictions on the page: their choice, their order, and the product shown with each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ameli_build.baseline.predictions.reading import PREDICTIONS
from ameli_build.core.snapshot import Snapshot
from ameli_build.report.hits import Hit, show_hits
from ameli_build.report.inputs import Inputs
from ameli_build.report.judging import Judgement, judge
from tests.report.charts_world import charted_snapshot, others
from tests.report.report_world import row

GOLD = "p4"


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return charted_snapshot(tmp_path / "snapshot")


def hits(snapshot: Snapshot, rows: list[Any], most: int = 9, seed: int = 1) -> list[Hit]:
    """The hits of predictions for reviews of p4, which are copies of r4."""
    path = snapshot.dataset / "test.parquet"
    first, *_ = pl.read_parquet(path).to_dicts()
    schema = pl.read_parquet_schema(path)
    path.unlink()
    pl.DataFrame([{**first, "review_id": prediction["review_id"]} for prediction in rows], schema=schema).write_parquet(
        path
    )
    judgement = judge(pl.DataFrame(rows, schema=PREDICTIONS), {prediction["review_id"]: GOLD for prediction in rows})
    assert isinstance(judgement, Judgement)
    return show_hits(Inputs.read(snapshot), judgement, most, seed)


def right(review: str, first: str, *chosen: str) -> Any:
    """A right prediction; `first` is retrieved first, `chosen` are the products of the two simpler rows."""
    candidates = [first, *({"p1", GOLD, "p2"} - {first})]
    return others(row(review, candidates, [GOLD, "p2", "p1"], 0.7), *chosen)


def test_the_hardest_hits_come_first(snapshot: Snapshot) -> None:
    rows = [
        right("easy", GOLD, GOLD, GOLD),
        right("hard", "p1", "p2", "p2"),
        right("middle", GOLD, GOLD, "p2"),
        others(row("wrong", [GOLD, "p1"], ["p1", GOLD], 0.9), "p1", "p1"),
    ]
    found = hits(snapshot, rows)
    assert [hit.card.review_id for hit in found] == ["hard", "middle", "easy"]
    words = ["3 of 3 other rows wrong", "1 of 3 other rows wrong", "all other rows right"]
    assert [hit.card.how for hit in found] == words
    assert [hit.title for hit in found] == ["Retrieved first", "Chosen by V2TEL", "Ranked second"]
    assert [hit.card.predicted.sku for hit in found if hit.card.predicted] == ["p1", "p2", "p2"]
    assert found[0].wrong == ("retrieval", "V2TEL", "AMELINK_w/o_Attribute")
    assert {hit.card.gold.sku for hit in found} == {GOLD}
    assert [hit.card.confidence for hit in found] == pytest.approx([0.7] * 3)


def test_ties_are_drawn_by_the_seed_alone(snapshot: Snapshot) -> None:
    rows = [right(f"r{n}", "p1", GOLD, GOLD) for n in range(12)]
    order = {seed: [hit.card.review_id for hit in hits(snapshot, rows, 5, seed)] for seed in (1, 2, 3)}
    again = [hit.card.review_id for hit in hits(snapshot, rows[::-1], 5, 1)]
    assert again == order[1]
    assert len({tuple(found) for found in order.values()}) == 3


def test_a_single_candidate_has_no_other_product(snapshot: Snapshot) -> None:
    (hit,) = hits(snapshot, [row("one", [GOLD], [GOLD], 0.7)])
    assert (hit.card.predicted, hit.title, hit.wrong) == (None, "Ranked second", ())


def test_no_hit_is_shown_if_none_is_requested_or_right(snapshot: Snapshot) -> None:
    assert hits(snapshot, [right("one", "p1", GOLD, GOLD)], most=0) == []
    assert hits(snapshot, [row("two", [GOLD, "p1"], ["p1", GOLD], 0.9)]) == []


def test_cards_of_right_predictions_have_no_kind_of_loss(snapshot: Snapshot) -> None:
    (hit,) = hits(snapshot, [right("one", "p1", GOLD, GOLD)])
    assert (hit.card.lost, hit.card.wrong_runs) == ("", 0)
