"""The search finds the same result as a trial of every combination."""

from itertools import product

import numpy as np
import pytest

from ameli_build.core.settings import InformativenessSettings
from ameli_build.core.statistics import wilson_lower_bound
from ameli_build.informativeness.compare import compare
from ameli_build.informativeness.search import informative, search_thresholds, threshold_grid

RANDOM = np.random.default_rng(5)
POINTS = np.column_stack([RANDOM.integers(0, 4, 60), np.round(RANDOM.random((60, 3)), 2)]).astype(float)
TRUE = (POINTS[:, 0] > 1) | (POINTS[:, 1] > 0.8) | (RANDOM.random(60) < 0.1)


@pytest.mark.parametrize("needed", [1, 2, 4])
@pytest.mark.parametrize("min_precision", [0.5, 0.9])
def test_the_search_equals_a_trial_of_all_combinations(needed: int, min_precision: float) -> None:
    coarse = POINTS[::4], TRUE[::4]
    found = search_thresholds(*coarse, needed, min_precision)
    grids = [threshold_grid(coarse[0][:, n], whole=n == 0) for n in range(4)]
    best = -1.0
    for thresholds in product(*grids):
        said = informative(coarse[0], thresholds, needed)
        if said.any() and coarse[1][said].mean() >= min_precision:
            best = max(best, float(coarse[1][said].sum() / coarse[1].sum()))
    assert found.recall == pytest.approx(best)
    said = informative(coarse[0], found.thresholds, needed)
    assert found.precision == pytest.approx(coarse[1][said].mean())


def test_logits_have_thresholds_of_either_sign() -> None:
    """Reviews above -2 are informative: a grid that ends at 1, or begins at 0, cannot separate them."""
    points = POINTS.copy()
    points[:, 2] = np.round(RANDOM.uniform(-11, 9, len(points)), 4)
    true = points[:, 2] > -2
    grid = threshold_grid(points[:, 2], whole=False)
    assert grid[0] < -9
    assert grid[-1] == 9.0
    found = search_thresholds(points, true, 1, 0.85)
    assert -4 < found.thresholds[2] < 0
    assert found.precision >= 0.85
    assert found.recall > 0.9
    assert threshold_grid(points[:, 1], whole=False)[-1] == 1.0


def test_the_best_f1_is_chosen_if_no_rule_is_precise_enough() -> None:
    points = np.zeros((20, 4))
    true = np.arange(20) < 10
    found = search_thresholds(points, true, 1, 0.85)
    assert found.precision < 0.85


def test_the_comparison_has_every_method_twice_and_is_reproducible() -> None:
    rows = compare(POINTS, TRUE, 1, InformativenessSettings(), seed=13)
    assert len(rows) == 10
    assert rows == compare(POINTS, TRUE, 1, InformativenessSettings(), seed=13)
    assert {row.tested for row in rows} == {"70/30", "cross-validation"}
    assert max(row.accuracy for row in rows) > 0.7


def test_confidence_prefers_the_surer_of_two_almost_equal_thresholds() -> None:
    """The sure search gives up one informative review to avoid fourteen others; the plain search does not."""
    points = np.zeros((200, 4))
    points[:100, 0] = 2
    points[99, 0] = 1
    points[100:114, 0] = 1
    true = np.arange(200) < 100
    plain = search_thresholds(points, true, 1, 0.85)
    sure = search_thresholds(points, true, 1, 0.85, confidence=0.95)
    assert (plain.thresholds[0], plain.recall) == (0.0, 1.0)
    assert (sure.thresholds[0], sure.precision, sure.recall) == (1.0, 1.0, 0.99)


def test_the_wilson_bound_against_a_known_value() -> None:
    """Nine of ten at 97.5 %: 0.596, as in a textbook."""
    assert float(wilson_lower_bound(0.9, 10, 0.975)) == pytest.approx(0.5958, abs=1e-3)
    assert float(wilson_lower_bound(0.9, 10, 0.5)) == pytest.approx(0.9)
