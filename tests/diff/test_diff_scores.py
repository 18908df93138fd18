"""Scores of two baselines, and their paired differences on shared reviews."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ameli_build.core.arrays import Values
from ameli_build.core.not_run import NotRun
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.diff.judged import _linear
from ameli_build.diff.run import diff
from ameli_build.diff.scores import Score, compare_scores
from ameli_build.scores.metrics import estimate
from ameli_build.scores.tables import OURS, RANDOM, TUNED_PRIOR, read_scores
from tests.diff.diff_worlds import Worlds

KEEP = 4

pytestmark = pytest.mark.timeout(900)
"""The first test builds the snapshots."""


def scored(a: Snapshot, b: Snapshot) -> dict[tuple[str, str, str], Score]:
    (test,) = compare_scores(a, b)
    return {(score.table, score.metric, score.row): score for score in test.scores}


def golden(snapshot: Snapshot) -> dict[str, str]:
    return dict(pl.read_parquet(snapshot.dataset / "test.parquet").select("review_id", "sku").iter_rows())


def rows(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    return pl.read_parquet(snapshot.root / "baseline" / f"{name}.parquet").to_dicts()


def first(row: Mapping[str, Any], k: int) -> list[str]:
    """The first k products, as the file's description says."""
    if row["allowed"] is None:
        return list(row["skus"][:k])
    cut = list(zip(row["skus"], row["allowed"], strict=True))[: max(k, KEEP)]
    return ([sku for sku, good in cut if good] or [sku for sku, _ in cut])[:k]


def mean(values: list[float]) -> float:
    return 100 * sum(values) / len(values)


@pytest.mark.slow
def test_each_score_can_be_computed_from_the_predictions(worlds: Worlds) -> None:
    for snapshot in (worlds.month, worlds.stricter):
        found = scored(snapshot, snapshot)
        assert {table for table, _, _ in found} == {"Table 4", "Table 5", "attributes"}
        compared = [score for score in found.values() if score.metric != "recall" and score.row != "human"]
        assert len(compared) > 20
        for score in compared:
            assert score.shared == (score.a, score.b) == (score.a, score.a), score
            assert score.alike
        assert all(score.shared is None for score in found.values() if score not in compared)
        reported = read_scores(snapshot.root / "baseline" / "scores.json")
        assert found["Table 4", "recall@10", TUNED_PRIOR].a == reported.table4["test"][TUNED_PRIOR]["recall@10"]


def test_differences_on_the_shared_reviews(worlds: Worlds) -> None:
    found = scored(worlds.month, worlds.stricter)
    gold = golden(worlds.month)
    shared = gold.keys() & golden(worlds.stricter).keys()
    (test,) = compare_scores(worlds.month, worlds.stricter)
    assert test.reviews == (len(gold), len(golden(worlds.stricter)), len(shared))
    assert 0 < len(shared) < len(gold)
    assert any(row["allowed"] for row in rows(worlds.stricter, "retrieved"))
    for name in {row["row"] for row in rows(worlds.month, "retrieved")}:
        sides = []
        for snapshot in (worlds.month, worlds.stricter):
            mine = [row for row in rows(snapshot, "retrieved") if row["row"] == name and row["review_id"] in shared]
            sides.append(mean([float(gold[row["review_id"]] in first(row, 10)) for row in mine]))
        score = found["Table 4", "recall@10", name]
        assert score.shared == pytest.approx(sides, abs=0.01), name
        assert score.difference == pytest.approx(sides[1] - sides[0], abs=0.01)
        assert score.interval is not None
        assert score.difference is not None
        assert score.interval[0] <= score.difference <= score.interval[1]
    for metric, counts in (("end_to_end_f1", False), ("disambiguation_f1", True)):
        score, sides = found["Table 5", metric, OURS], []
        for snapshot in (worlds.month, worlds.stricter):
            runs: dict[int, list[float]] = {}
            for row in rows(snapshot, "predictions"):
                product = gold.get(row["review_id"])
                if row["review_id"] in shared and (not counts or product in row["candidates"]):
                    best = next(ranked["skus"] for ranked in row["ranked"] if ranked["method"] == OURS)[:1]
                    runs.setdefault(row["run"], []).append(float(best == [product]))
            sides.append(sum(map(mean, runs.values())) / len(runs))
        assert score.shared == pytest.approx(sides, abs=0.01), metric
    assert found["Table 5", "end_to_end_f1", RANDOM].difference is not None


def test_without_shared_reviews_nothing_is_paired(worlds: Worlds, tmp_path: Path) -> None:
    shutil.copytree(worlds.month.root, tmp_path / "other", ignore=shutil.ignore_patterns("images"))
    other = Snapshot(tmp_path / "other")
    for path in (
        other.dataset / "dev.parquet",
        other.dataset / "test.parquet",
        other.root / "baseline/predictions.parquet",
    ):
        write_table(path, pl.read_parquet(path).with_columns(pl.col("review_id") + "-other"))
    (test,) = compare_scores(worlds.month, other)
    assert test.reviews == (len(golden(worlds.month)),) * 2 + (0,)
    assert {(score.difference, score.interval, score.shared) for score in test.scores} == {(None, None, None)}
    assert all(score.a == score.b for score in test.scores)
    assert "no review in both" in str(diff(worlds.month, other))


def test_a_missing_baseline_is_named(worlds: Worlds) -> None:
    found = diff(worlds.month, worlds.next_month)
    assert isinstance(found.scores, NotRun)
    assert f"scores: not compared: {worlds.next_month.root}/baseline/scores.json: missing" in str(found)
    assert "run ameli baseline first" in str(found)


def test_predictions_of_another_build_are_not_compared(worlds: Worlds, tmp_path: Path) -> None:
    shutil.copytree(worlds.month.root, tmp_path / "other", ignore=shutil.ignore_patterns("images"))
    path = tmp_path / "other" / "dataset" / "test.parquet"
    write_table(path, pl.read_parquet(path).head(-1))
    found = diff(worlds.month, Snapshot(tmp_path / "other")).scores
    assert isinstance(found, NotRun)
    assert "other" in found.reason
    assert "another build" in found.reason


@pytest.mark.parametrize("seed", range(4))
def test_a_share_is_the_mean_of_its_linear_values(seed: int) -> None:
    chance = np.random.default_rng(seed)
    counted: Values = np.where(chance.random((3, 30)) < 0.6, chance.integers(1, 4, (3, 30)), 0).astype(np.float64)
    values: Values = np.where(chance.random((3, 30)) < 0.5, counted, 0.0)
    whole = (values.sum(axis=1) / counted.sum(axis=1)).mean()
    assert _linear(values, counted).mean() == pytest.approx(whole)
    assert _linear(values).mean() == pytest.approx(values.mean())


def test_linear_values_have_the_interval_of_the_share() -> None:
    chance = np.random.default_rng(5)
    counted = (chance.random((1, 400)) < 0.7).astype(float)
    values = counted * (chance.random((1, 400)) < 0.4)
    exact, linear = estimate(values, 2000, 1, counted), estimate(_linear(values, counted), 2000, 1)
    assert exact is not None
    assert linear is not None
    assert (linear.low, linear.high) == pytest.approx((exact.low, exact.high), abs=0.7)


def test_a_run_in_which_nothing_counts_is_omitted() -> None:
    counted, values = np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    assert _linear(values, counted).tolist() == [1.0, 0.0]
