"""The step at which a miss lost the gold product."""

import polars as pl

from ameli_build.baseline.predictions.reading import PREDICTIONS
from ameli_build.core.not_run import NotRun
from ameli_build.report.judging import Judgement, Lost, by_category, judge
from ameli_build.scores.tables import NO_ATTRIBUTE, NO_IMAGE, OURS, V2TEL
from tests.report.report_world import row

GOLD = {"a": "p1", "b": "p1", "c": "p1", "d": "p1"}


def judged(*rows: dict[str, object]) -> Judgement:
    found = judge(pl.DataFrame(rows, schema=PREDICTIONS), GOLD)
    assert isinstance(found, Judgement)
    return found


def test_each_way_to_lose_the_gold_product() -> None:
    judgement = judged(
        row("a", ["p1", "p2"], ["p1", "p2"], 0.9),
        row("b", ["p2", "p3"], ["p2", "p3"], 0.7),
        row("c", ["p1", "p2"], ["p2", "p1"], 0.8, against="p1"),
        row("d", ["p1", "p2"], ["p2", "p1"], 0.95),
    )
    assert [review.lost for review in judgement.reviews] == [None, Lost.NOT_RETRIEVED, Lost.DROPPED, Lost.OUTRANKED]
    assert [miss.row["review_id"] for miss in judgement.misses()] == ["d", "c", "b"]
    assert [miss.rank for miss in judgement.misses()] == [2, 2, None]
    assert [(step.lost, step.remaining) for step in judgement.steps()] == [(1, 3), (1, 2), (1, 1)]


def test_an_undone_filter_loses_no_product() -> None:
    prediction = row("a", ["p1", "p2"], ["p2", "p1"], 0.9)
    assert judged({**prediction, "contradicted": [True, True]}).reviews[0].lost is Lost.OUTRANKED


def test_the_first_run_is_shown_and_the_others_are_counted() -> None:
    judgement = judged(row("a", ["p1", "p2"], ["p2", "p1"], 0.9), row("a", ["p1", "p2"], ["p1", "p2"], 0.9, run=1))
    assert (judgement.runs, len(judgement.reviews)) == (2, 1)
    assert (judgement.reviews[0].predicted, judgement.reviews[0].wrong_runs) == ("p2", 1)


def test_the_fullest_linker_that_ran_is_judged() -> None:
    prediction = row("a", ["p1", "p2"], ["p2", "p1"], 0.9)
    assert judged({**prediction, "ranked": [{"method": NO_IMAGE, "skus": ["p2", "p1"]}]}).score == "text"
    assert judged(prediction).method == OURS
    for ranked in ([], [{"method": V2TEL, "skus": ["p2", "p1"]}], [{"method": NO_ATTRIBUTE, "skus": ["p2", "p1"]}]):
        found = judge(pl.DataFrame([{**prediction, "ranked": ranked}], schema=PREDICTIONS), GOLD)
        assert found == NotRun("no linker ran whose scores are in the predictions: see Table 5")


def test_categories_by_misses() -> None:
    judgement = judged(row("a", ["p1"], ["p1"], 0.9), row("b", ["p1", "p2"], ["p2", "p1"], 0.9))
    (kind,) = by_category(judgement.reviews, {"p1": ["Shop", "Laptops"]})
    assert (kind.leaf, kind.reviews, kind.right) == ("Laptops", 2, 1)
