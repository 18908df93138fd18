"""Pictures are repeatable, have a true box of the product, and differ between products."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from ameli_build.drawing.appearance import COLOURS, KINDS, Look
from ameli_build.drawing.pictures import VIEWS, boxed, catalogue_view, jpeg, photograph, room
from ameli_build.models.ocr import load_reader

PRINT_DIGESTS = """
import hashlib
from ameli_build.drawing.appearance import Look
from ameli_build.drawing.pictures import (boxed, catalogue_view, jpeg, photograph, room)
look = Look("camera", 12, "Red", 0.5, "Lumora")
pictures = [catalogue_view(look, 3), photograph(look, 4)[0], room(5), boxed(look, 6, "Lumora Z50 Red")]
print(*(hashlib.sha256(jpeg(picture)).hexdigest() for picture in pictures))
"""


def pixels(picture: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(picture.convert("RGB"), dtype=np.float64)


def difference(first: Image.Image, second: Image.Image) -> float:
    return float(np.abs(pixels(first) - pixels(second)).mean())


def test_every_process_makes_the_same_bytes() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGESTS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    look = Look("camera", 12, "Red", 0.5, "Lumora")
    catalogue_view(Look("laptop", 1, "Blue", 0.1, ""), 0)  # earlier drawings do not matter
    assert hashlib.sha256(jpeg(photograph(look, 4)[0])).hexdigest() == outputs.pop().split()[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_photograph_shows_the_product_at_a_good_size(kind: str) -> None:
    for seed in range(4):
        picture, (left, top, right, bottom) = photograph(Look(kind, 40 + seed, "Gray", 0.3, "Nordvik"), seed)
        assert picture.size == (320, 320)
        assert 0 < left < right < 320
        assert 0 < top < bottom < 320
        assert 0.22 <= (right - left) * (bottom - top) / 320**2 <= 0.6


@pytest.mark.parametrize("kind", ["refrigerator", "washer", "toaster", "speaker"])
def test_the_true_box_is_where_the_product_is(kind: str) -> None:
    picture, (left, top, right, bottom) = photograph(Look(kind, 8, "Red", 0.5, ""), 3)
    rgb = pixels(picture)
    vivid = (rgb[..., 0] > 1.9 * rgb[..., 1]) & (rgb[..., 0] > 1.9 * rgb[..., 2]) & (rgb[..., 0] > 70)
    rows, columns = np.nonzero(vivid)
    inside = (columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)
    assert inside.mean() > 0.98
    assert np.quantile(columns, 0.99) - np.quantile(columns, 0.01) > 0.75 * (right - left)
    assert np.quantile(rows, 0.99) - np.quantile(rows, 0.01) > 0.75 * (bottom - top)


@pytest.mark.parametrize("kind", KINDS)
def test_the_colour_of_the_variant_can_be_seen(kind: str) -> None:
    red, blue = (pixels(catalogue_view(Look(kind, 3, colour, 0.5, ""), 0)) for colour in ("Red", "Blue"))
    changed = np.abs(red - blue).sum(axis=2) > 120
    assert changed.mean() > 0.02
    warmth = (red[..., 0] - red[..., 2]) - (blue[..., 0] - blue[..., 2])
    assert warmth[changed].mean() > 80


@pytest.mark.parametrize("kind", KINDS)
def test_families_differ_and_near_variants_do_not(kind: str) -> None:
    fronts = [catalogue_view(Look(kind, family, "Silver", 0.5, "Vireo"), 0) for family in range(4)]
    between = [difference(fronts[a], fronts[b]) for a in range(4) for b in range(a)]
    sibling = difference(fronts[0], catalogue_view(Look(kind, 0, "Silver", 0.53, "Vireo"), 0))
    assert min(between) > 1.0
    assert sibling < np.mean(between)


def test_each_view_and_each_photograph_is_another_picture() -> None:
    look = Look("coffee_maker", 77, "Teal", 0.2, "Halden")
    views = [jpeg(catalogue_view(look, view)) for view in range(VIEWS)]
    photographs = [jpeg(photograph(look, seed)[0]) for seed in range(5)]
    assert len({*views, *photographs}) == VIEWS + 5


def test_a_catalogue_view_has_a_clean_ground() -> None:
    for view in range(4):
        rgb = pixels(catalogue_view(Look("range", 5, "Black", 1.0, ""), view))
        corners = rgb[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert corners.min() > 200


def test_rooms_differ() -> None:
    assert room(1).size == (320, 320)
    assert len({jpeg(room(seed)) for seed in range(6)}) == 6


def test_the_box_can_be_read() -> None:
    text = "Kestrel Nova 55 Class 4K TV KN-5508"
    picture = boxed(Look("television", 9, "Black", 0.5, "Kestrel"), 2, text)
    read = "".join(load_reader("rapidocr").read(Image.fromarray(pixels(picture).astype(np.uint8)))).replace(" ", "")
    assert text.replace(" ", "") in read


def test_jpeg_has_no_metadata() -> None:
    picture = catalogue_view(Look("phone", 1, "Pink", 0.0, "Zephyr"), 0)
    body = jpeg(picture)
    again = Image.open(io.BytesIO(body))
    assert again.format == "JPEG"
    assert not again.getexif()
    assert difference(picture, again) < 6
    assert jpeg(picture.convert("RGBA")) == body


def test_an_invalid_look_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown kind 'boat'"):
        Look("boat", 1, "Red", 0.5, "")
    with pytest.raises(ValueError, match="unknown colour 'Beige-ish'"):
        Look("phone", 1, "Beige-ish", 0.5, "")
    with pytest.raises(ValueError, match=r"not in 0\.\.1"):
        Look("phone", 1, "Red", 1.5, "")
    with pytest.raises(ValueError, match="view 5"):
        catalogue_view(Look("phone", 1, "Red", 0.5, ""), 5)


@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_stands_out_from_the_ground(colour: str) -> None:
    rgb = pixels(catalogue_view(Look("microwave", 2, colour, 0.5, ""), 0))
    ground = rgb[:, :4].mean(axis=1, keepdims=True)
    assert (np.abs(rgb - ground).sum(axis=2) > 15).mean() > 0.25
