"""Recall@K, micro F1 and intervals against values computed by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from ameli_build.scores.metrics import deviation, difference, estimate, hits, macro, positions, reciprocal_ranks

RANKED = np.array([[3, 1, 2], [0, 2, -1], [4, -1, -1]])
GOLD = np.array([1, 0, 9])


def test_positions_and_recall() -> None:
    assert positions(RANKED, GOLD).tolist() == [1, 0, -1]
    assert hits(RANKED, GOLD, 1).mean() == pytest.approx(1 / 3)
    assert hits(RANKED, GOLD, 2).mean() == pytest.approx(2 / 3)
    assert hits(RANKED, GOLD, 100).mean() == pytest.approx(2 / 3)


def test_reciprocal_ranks() -> None:
    assert reciprocal_ranks(RANKED, GOLD).tolist() == [0.5, 1.0, 0.0]
    assert reciprocal_ranks(np.zeros((2, 0), dtype=np.int64), GOLD[:2]).tolist() == [0.0, 0.0]


def test_padding_is_never_gold() -> None:
    assert positions(np.array([[-1, -1]]), np.array([-1])).tolist() == [-1]


def test_share_of_right_predictions_is_micro_f1() -> None:
    predicted, gold = np.array([1, 2, 3, 3, 0]), np.array([1, 2, 0, 3, 4])
    right = hits(predicted[:, None], gold, 1).mean()
    assert right == pytest.approx(f1_score(gold, predicted, average="micro"))


def test_interval_of_a_share() -> None:
    found = estimate(np.repeat([1.0, 0.0], 50), 2000, seed=1)
    assert found is not None
    assert (found.value, found.n) == (50.0, 100)
    # the normal approximation: 50 +- 1.96 * 5
    assert found.low == pytest.approx(40.2, abs=1.5)
    assert found.high == pytest.approx(59.8, abs=1.5)
    assert estimate(np.repeat([1.0, 0.0], 50), 2000, seed=1) == found


def test_the_estimate_of_no_values_is_none_and_not_zero() -> None:
    assert estimate(np.array([]), 100, seed=1) is None


def test_paired_difference_is_tighter_than_two_intervals() -> None:
    generator = np.random.default_rng(0)
    worse = (generator.random(400) < 0.5).astype(float)
    better = np.maximum(worse, (generator.random(400) < 0.1).astype(float))
    found = difference(better, worse, 1000, seed=1)
    single = estimate(worse, 1000, seed=1)
    assert found is not None
    assert single is not None
    assert found.low > 0
    assert found.high - found.low < single.high - single.low
    with pytest.raises(ValueError, match="different lengths"):
        difference(better, worse[:5], 10, seed=1)


def test_runs_are_averaged_and_their_deviation_is_given() -> None:
    values = np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]])
    found = estimate(values, 200, seed=1)
    assert found is not None
    assert (found.value, found.n) == (50.0, 4)
    assert found.deviation == pytest.approx(np.std([25, 75], ddof=1))
    assert estimate(values[:1], 200, seed=1).deviation is None  # type: ignore[union-attr]
    assert deviation(np.array([3.0])) is None


def test_only_counted_values_of_a_run_are_averaged() -> None:
    values = np.array([[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    counted = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    found = estimate(values, 200, seed=1, counted=counted)
    assert found is not None
    assert (found.value, found.n) == (75.0, 2)
    assert estimate(values, 200, seed=1, counted=counted * 0) is None
    single = estimate(values[0], 200, seed=1, counted=np.array([1.0, 1.0, 0.0]))
    assert single == estimate(np.array([1.0, 0.0]), 200, seed=1)


def test_macro_averages_weight_categories_equally() -> None:
    values = np.array([[1.0, 1.0, 1.0, 0.0]])
    groups = np.array([0, 0, 0, 2])
    assert macro(values, groups).tolist() == [0.5]
    assert macro(values, groups, np.array([[1.0, 1.0, 1.0, 0.0]])).tolist() == [1.0]
    assert np.isnan(macro(values, groups, values * 0)).all()
