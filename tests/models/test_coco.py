"""The COCO detector: known prompts, and the handling of the network's output. The weights: tests/real."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ameli_build.core.errors import UnusableInput
from ameli_build.models import Box, coco, sources
from ameli_build.models.coco import _COCO, CocoDetector, coco_class
from ameli_build.models.detect import load_detector, uses_prompt
from ameli_build.models.packaged import Installed
from ameli_build.models.saliency import SaliencyDetector

LAPTOP, MOUSE, MICROWAVE, FRIDGE = 73, 74, 78, 82


@pytest.mark.parametrize(
    ("prompt", "number"),
    [
        ('Acme - 14" Touch-Screen Laptop', LAPTOP),
        ("PC Laptops", LAPTOP),
        ("laptop mouse", MOUSE),
        ("mice", MOUSE),
        ("Over-the-Range Microwaves", MICROWAVE),
        ("microwave oven", MICROWAVE),
        ("All Refrigerators", FRIDGE),
        ("mini fridge", FRIDGE),
        ("All Unlocked Cell Phones", 77),
        ("smartphone", 77),
        ("All Flat-Screen TVs", 72),
        ("toothbrushes", 90),
        ("hair dryer", 89),
        ("wine glasses", 46),
        ("dishwasher", None),
        ("capable", None),
        ("", None),
        ('14.5"', None),
    ],
)
def test_a_prompt_is_mapped_to_a_class_of_coco_or_to_none(prompt: str, number: int | None) -> None:
    assert coco_class(prompt) == number


def test_every_class_is_found_by_its_own_name() -> None:
    assert len(_COCO) == 80
    assert all(coco_class(name) == number for number, name in _COCO.items())


@dataclass(frozen=True, slots=True)
class Network:
    """Returns the same rows for every picture: picture, class, score, left, top, right, bottom."""

    rows: list[list[float]]
    seen: list[tuple[int, ...]] = field(default_factory=list)

    def setInput(self, blob: Any) -> None:  # noqa: N802 (OpenCV's name)
        self.seen.append(blob.shape)

    def forward(self) -> Any:
        return np.array(self.rows, dtype=np.float32)[None, None]


def detector(rows: list[list[float]], threshold: float = 0.3) -> tuple[CocoDetector, Network]:
    network = Network(rows)
    return CocoDetector(network, threshold, SaliencyDetector(threshold)), network


def test_the_best_box_of_the_prompts_class_is_found() -> None:
    finder, network = detector(
        [
            [0, 1, 0.99, 0, 0, 1, 1],
            [0, LAPTOP, 0.40, 0.0, 0.0, 0.2, 0.2],
            [0, LAPTOP, 0.81239, 0.1, 0.25, 0.5, 1.02],
        ]
    )
    assert finder.detect(Image.new("L", (200, 100)), "my new laptop") == Box(20, 25, 100, 100, 0.8124)
    assert network.seen == [(1, 3, 300, 300)]


def test_a_box_must_score_above_the_threshold_and_have_pixels() -> None:
    rows = [[0, LAPTOP, 0.5, 0.1, 0.1, 0.9, 0.9], [0, MOUSE, 0.9, 0.5, 0.5, 0.5, 0.7]]
    picture = Image.new("RGB", (50, 50))
    assert detector(rows, 0.5)[0].detect(picture, "laptop") is None
    assert detector(rows, 0.49)[0].detect(picture, "laptop") is not None
    assert detector(rows)[0].detect(picture, "mouse") is None
    assert detector(rows)[0].detect(picture, "microwave") is None


def test_an_unknown_prompt_goes_to_the_saliency_detector() -> None:
    picture = Image.new("RGB", (200, 200), (200, 190, 180))
    ImageDraw.Draw(picture).rectangle((50, 40, 150, 160), fill=(150, 20, 30))
    finder, network = detector([[0, LAPTOP, 0.9, 0, 0, 1, 1]])
    assert finder.detect(picture, "dishwasher") == SaliencyDetector(0.3).detect(picture)
    assert network.seen == []


def test_some_detectors_use_the_prompt() -> None:
    assert not uses_prompt("saliency", "laptop")
    assert uses_prompt("groundingdino:SwinB", "dishwasher")
    assert not uses_prompt("groundingdino:SwinB", "")
    assert uses_prompt("coco:ssd-mobilenet-v2", "laptop")
    assert not uses_prompt("coco:ssd-mobilenet-v2", "dishwasher")


def test_the_error_of_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Installed("no-such-detector-models", "'ameli-build[coco]'", "frozen_inference_graph.pb")
    monkeypatch.setitem(sources._PACKAGED, "coco:ssd-mobilenet-v2", absent)
    load_detector.cache_clear()
    coco._network.cache_clear()
    with pytest.raises(UnusableInput, match=r"models\.detector.*ameli-build\[coco\]"):
        load_detector("coco:ssd-mobilenet-v2")
