"""The line about the cost of training the text module's encoder."""

from __future__ import annotations

import numpy as np

from ameli_build.baseline.linking.lists import training_cost
from ameli_build.baseline.linking.pairs import Layout
from ameli_build.core.settings import load_settings


def test_each_pair_of_a_review_is_counted_once() -> None:
    """Two reviews of two candidates: the candidates of the first share an attribute, the second has none."""
    slots = np.array([[[0, 1, 2], [3, 1, 4]], [[5, -1, 6], [7, -1, 8]]])
    layout = Layout(np.array([[0, 1], [2, 3]]), (), slots, np.zeros(slots.shape, dtype=np.float32))
    settings = load_settings("paper", ["models.device=cpu"])
    line = training_cost(settings, layout, runs=3)
    assert "all layers of its encoder learn" in line
    assert "2 reviews, 9 + 4 pairs of at most 512 tokens an epoch, 390 in all, on cpu; a GPU is advised" in line
