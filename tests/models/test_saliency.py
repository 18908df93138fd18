"""The saliency detector: boxes against the truth of drawn pictures, no box in pictures without an object."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ameli_build.core.errors import UnusableInput
from ameli_build.drawing.appearance import COLOURS, KINDS, Look
from ameli_build.drawing.pictures import photograph, room
from ameli_build.models import Box
from ameli_build.models.detect import load_detector
from ameli_build.models.saliency import SaliencyDetector


def overlap(box: Box, truth: tuple[int, int, int, int]) -> float:
    """Intersection over union."""
    left, top, right, bottom = truth
    wide = min(box.right, right) - max(box.left, left)
    high = min(box.bottom, bottom) - max(box.top, top)
    common = max(0, wide) * max(0, high)
    return common / ((box.right - box.left) * (box.bottom - box.top) + (right - left) * (bottom - top) - common)


def wall(side: int = 200) -> Image.Image:
    pixels = np.random.default_rng(1).normal(190, 6, (side, side, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def test_a_clear_object_is_found_where_it_is() -> None:
    image, truth = wall(), (50, 40, 150, 160)
    ImageDraw.Draw(image).rectangle(truth, fill=(150, 20, 30))
    box = SaliencyDetector().detect(image)
    assert box is not None
    assert overlap(box, truth) > 0.9
    assert 0.3 < box.score <= 1


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (200, 200), "white"),
        wall(),
        Image.new("RGB", (1, 1), "red"),
        Image.new("RGB", (20000, 1), "red"),
        Image.new("RGB", (3, 2000), "red"),
        Image.linear_gradient("L"),
    ],
    ids=["uniform", "noise", "pixel", "thin", "tall", "gradient"],
)
def test_a_picture_without_an_object_has_no_box(image: Image.Image) -> None:
    assert SaliencyDetector().detect(image) is None


def test_equal_pictures_give_equal_boxes() -> None:
    image = photograph(Look(sorted(KINDS)[0], 3, sorted(COLOURS)[0], 0.5, "Acme"), 5)[0]
    other = room(4)
    first = SaliencyDetector().detect(image)
    SaliencyDetector().detect(other)
    assert SaliencyDetector().detect(image, "another prompt") == first


def test_most_objects_in_photographs_of_the_demo_are_found() -> None:
    kinds, colours = sorted(KINDS), sorted(COLOURS)
    detector = SaliencyDetector()
    overlaps = []
    for n in range(24):
        look = Look(kinds[n % len(kinds)], n * 7, colours[n % len(colours)], n / 24, "Acme")
        image, truth = photograph(look, 1000 + n)
        box = detector.detect(image)
        overlaps.append(overlap(box, truth) if box else 0.0)
    found = [share for share in overlaps if share]
    assert len(found) >= 20
    assert sum(found) / len(found) > 0.75
    assert sum(detector.detect(room(2000 + n)) is None for n in range(20)) >= 12


def test_a_box_must_exceed_the_threshold() -> None:
    image = wall()
    ImageDraw.Draw(image).rectangle((50, 40, 150, 160), fill=(150, 20, 30))
    found = load_detector("saliency", box_threshold=0.0).detect(image, "")
    assert found is not None
    assert load_detector("saliency", box_threshold=found.score).detect(image, "") is None


def test_an_unknown_detector_is_named() -> None:
    for name in ("yolo", "groundingdino:"):
        with pytest.raises(UnusableInput, match=r"models\.detector"):
            load_detector(name)


@pytest.mark.parametrize("size", [(1, 1), (40, 30), (7, 900)])
def test_the_detector_whole_returns_the_whole_picture(size: tuple[int, int]) -> None:
    box = load_detector("whole", box_threshold=0.99).detect(Image.new("RGB", size), "laptop")
    assert box is not None
    assert (box.left, box.top, box.right, box.bottom, box.score) == (0, 0, *size, 1.0)
