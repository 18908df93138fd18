"""Learning curves: lines, chosen epochs and words."""

from __future__ import annotations

from typing import Any

import pytest

from ameli_build.report.curves import trainings
from tests.report.charts_world import CURVES


def points(path: str) -> list[tuple[float, float]]:
    """The points of a path."""
    return [tuple(map(float, part.split())) for part in path.replace("h0", "").replace("M", "L").split("L")[1:]]  # type: ignore[misc]


def test_lines_have_a_point_for_each_epoch_and_a_dot_at_the_chosen_epoch() -> None:
    adapters, module = trainings(CURVES)
    loss, dev = adapters.panels
    assert (loss.title, loss.low, loss.high) == ("loss", 1.5, 3.1)
    assert (dev.title, dev.low, dev.high) == ("MRR on dev, %", 10.0, 50.0)
    assert points(dev.lines[0].path) == [(0, 62.5), (33.33, 50), (66.67, 0), (100, 25)]
    assert dev.lines[0].chosen == "M66.67 0.00h0"
    assert points(loss.lines[0].path) == [(33.33, 6.25), (66.67, 68.75), (100, 100)]
    assert loss.lines[1].chosen == ""  # the untrained state has no loss
    assert [panel.title for panel in module.panels] == ["loss"]
    assert module.panels[0].lines[0].path == "M33.33 0.00h0M100.00 100.00h0"  # a gap where the loss was not finite


def test_words_state_the_start_the_choice_and_its_score() -> None:
    adapters, module = trainings(CURVES)
    assert adapters.words == (
        "Seed 13: loss 3.000 in the first epoch, 1.500 in the last; MRR on dev 25.0 % before training; "
        "chosen: epoch 2 of 3 with 50.0 %",
        "Seed 14: loss 3.100 in the first epoch, 2.200 in the last; MRR on dev 30.0 % before training; "
        "chosen: epoch 0 of 3 with 30.0 %",
    )
    assert module.words == ("Seed 13: loss 1.000 in the first epoch, 0.500 in the last; chosen: epoch 3 of 3",)


@pytest.mark.parametrize(
    ("loss", "dev", "paths"),
    [
        ([None, 2.0], [None, 0.5], ["M100.00 50.00h0", "M100.00 50.00h0"]),
        ([None, None], [0.5, 0.5], ["M0.00 50.00h0L100.00 50.00"]),
        ([None], [None], []),
    ],
)
def test_trainings_of_one_epoch_or_of_none(loss: Any, dev: Any, paths: list[str]) -> None:
    (training,) = trainings({"text module": [{"seed": 1, "epoch": len(loss) - 1, "loss": loss, "dev": dev}]})
    assert [line.path for panel in training.panels for line in panel.lines] == paths
    assert training.words[0].startswith("Seed 1: ")


def test_no_curves() -> None:
    assert trainings(None) == trainings({}) == []
