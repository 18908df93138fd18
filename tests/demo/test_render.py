"""The bytes of the demo's image host, read by Pillow."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ameli_build.demo.render import image_bytes
from ameli_build.demo.world import WorldImage
from ameli_build.drawing.appearance import Look

LOOK = Look("laptop", 7, "Silver", 0.5, "Nexora")


@pytest.mark.parametrize("kind", ["view", "photo", "room", "boxed"])
def test_an_undamaged_picture_is_a_jpeg_with_repeatable_bytes(kind: str) -> None:
    image = WorldImage("a.jpg", kind, None if kind == "room" else LOOK, 3, text="Nexora Aero")  # type: ignore[arg-type]
    body = image_bytes(image)
    with Image.open(io.BytesIO(body)) as picture:
        picture.load()
        assert picture.format == "JPEG"
    assert image_bytes(image) == body


@pytest.mark.parametrize("name", ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"])
def test_a_truncated_picture_cannot_be_loaded(name: str) -> None:
    body = image_bytes(WorldImage(name, "photo", LOOK, 3, fault="truncated"))
    whole = image_bytes(WorldImage(name, "photo", LOOK, 3))
    assert whole.startswith(body)
    assert 0.05 * len(whole) < len(body) < 0.95 * len(whole)
    with pytest.raises(OSError, match=r"truncated|identify"), Image.open(io.BytesIO(body)) as picture:
        picture.load()


def test_other_faults() -> None:
    assert image_bytes(WorldImage("a.jpg", "photo", LOOK, 3, fault="missing")) == b""
    assert image_bytes(WorldImage("a.jpg", "photo", LOOK, 3, fault="not_an_image")).startswith(b"<!DOCTYPE html>")
    with Image.open(io.BytesIO(image_bytes(WorldImage("a.jpg", "placeholder")))) as picture:
        assert picture.format == "PNG"


def test_a_product_without_a_look_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"a\.jpg"):
        image_bytes(WorldImage("a.jpg", "photo"))
