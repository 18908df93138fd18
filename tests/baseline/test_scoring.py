"""The expected scores of a random choice."""

import numpy as np
import pytest

from ameli_build.baseline.scoring import chance


def test_chance_is_the_mean_over_all_orders() -> None:
    candidates = np.array([[1, 2, 3, 4], [1, 2, -1, -1], [1, 2, -1, -1], [-1, -1, -1, -1]])
    found = chance([candidates], np.array([3, 2, 9, 9]))
    assert found["recall@1"].tolist() == [[0.25, 0.5, 0.0, 0.0]]
    assert found["mrr"][0] == pytest.approx([(1 + 1 / 2 + 1 / 3 + 1 / 4) / 4, 0.75, 0.0, 0.0])
