"""The verdict whether a review is about a product of the catalogue: thresholds and their calibration."""

from __future__ import annotations

from pathlib import Path

import pytest
from baseline_world import write_dataset

from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.single.linker import Linker
from ameli_build.single.verdict import _thresholds


@pytest.fixture(scope="module")
def linker(tmp_path_factory: pytest.TempPathFactory) -> Linker:
    root = write_dataset(tmp_path_factory.mktemp("verdict"), {"train": 1, "dev": 40, "test": 1})
    return Linker.open(Snapshot(root), load_settings("demo"))


@pytest.mark.parametrize(
    "text",
    [
        "This blender crushes ice in seconds. The glass jar is easy to clean.",
        "This treadmill folds up and the belt runs smoothly at every speed.",
        "A soft couch, and the fabric feels warm. My cat sleeps on this couch.",
    ],
)
def test_a_product_of_another_kind_is_not_in_this_catalogue(linker: Linker, text: str) -> None:
    verdict = linker.link(text).verdict
    assert verdict.text == "not in this catalogue"
    assert verdict.low is not None
    assert verdict.likeness < verdict.low


@pytest.mark.parametrize(
    "text", ["This laptop works. It has 1tb.", "My new notebook is red.", "The microwave is silver and works."]
)
def test_a_product_of_a_known_name_is_in_this_catalogue(linker: Linker, text: str) -> None:
    assert linker.link(text).verdict.text == "in this catalogue"


def test_the_verdict_on_a_review_without_a_name_is_unsure(linker: Linker) -> None:
    for text in ("I love it. So good, and so happy with it!", "Arrived on Monday, as promised.", "Five stars"):
        verdict = linker.link(text).verdict
        assert (verdict.text, verdict.low) == ("unsure", None)


def test_the_similarity_is_that_of_the_best_product_with_the_name(linker: Linker) -> None:
    answer = linker.link("This laptop works. The red one looks good.", top=16)
    assert answer.verdict.likeness == max(match.retrieval for match in answer.matches if match.prior)


def test_few_dev_reviews_are_no_calibration(tmp_path: Path) -> None:
    root = write_dataset(tmp_path, {"train": 1, "dev": 3, "test": 1}, limit=6)
    linker = Linker.open(Snapshot(root), load_settings("demo"))
    verdict = linker.link("This blender crushes ice.").verdict
    assert (verdict.text, verdict.low, verdict.high) == ("not calibrated", None, None)


def spread(low: float, high: float, count: int = 20) -> list[float]:
    return [low + (high - low) * n / (count - 1) for n in range(count)]


@pytest.mark.parametrize(
    ("unknown", "known", "low", "high"),
    [
        (spread(0.1, 0.3), spread(0.5, 0.9), 0.5, 0.5),  # nine of ten are right a little beyond the gap, too
        (spread(0.1, 0.6), spread(0.4, 0.9), 0.4, 0.6),
        (spread(0.1, 0.9), spread(0.1, 0.9), None, None),
        ([], spread(0.1, 0.9), None, -1.0),
        (spread(0.1, 0.9), [], 1.0, None),
    ],
)
def test_nine_of_ten_dev_reviews_are_right_on_each_side(
    unknown: list[float], known: list[float], low: float | None, high: float | None
) -> None:
    found = _thresholds(unknown, known)
    assert found is not None
    for name, wanted in (("low", low), ("high", high)):
        assert (found[name] is None) == (wanted is None)
        assert wanted is None or found[name] == pytest.approx(wanted, abs=0.2)
    if found["low"] is not None:
        below = [*(score < found["low"] for score in known)].count(True)
        assert below <= 0.1 * (below + sum(score < found["low"] for score in unknown)) + 1
    assert found["low"] is None or found["high"] is None or found["low"] <= found["high"]


def test_few_reviews_give_no_threshold() -> None:
    assert _thresholds([0.1] * 9, [0.9] * 9) is None
