"""Near-duplicate photographs: copies of other size, compression or brightness are found, other photographs are not."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from PIL import Image, ImageEnhance

from ameli_build.core.cache import Work
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.render import image_bytes
from ameli_build.near_duplicates.pictures import BITS, alike_pictures, hash_pictures, picture_hash

BITS_ALLOWED = load_settings("demo").splits.near_image


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=quality)
    return packed.getvalue()


@pytest.fixture(scope="module")
def photographs() -> list[Image.Image]:
    photos = [photo for review in make_world(13, 16).reviews for photo in review.photos if not photo.fault]
    shown = [photo for photo in photos if photo.kind == "photo"][:40]
    return [Image.open(io.BytesIO(image_bytes(photo))).convert("RGB") for photo in shown]


def changed(image: Image.Image, how: int) -> bytes:
    """The photograph compressed (0), smaller (1), brighter (2), or in grey with more contrast (3)."""
    if how == 0:
        return jpeg(image, 40)
    if how == 1:
        return jpeg(image.resize((image.width // 2, image.height // 2)))
    if how == 2:
        return jpeg(ImageEnhance.Brightness(image).enhance(1.15))
    return jpeg(ImageEnhance.Contrast(image.convert("L")).enhance(1.2))


def test_changed_photographs_are_found_and_other_photographs_are_not(
    tmp_path: Path, photographs: list[Image.Image]
) -> None:
    snapshot = Snapshot(tmp_path)
    plain = [snapshot.store_image(jpeg(image), "jpg") for image in photographs]
    copies = [snapshot.store_image(changed(image, n % 4), "jpg") for n, image in enumerate(photographs)]
    hashes = hash_pictures(Work(snapshot), load_settings("demo", ["run.shard_rows=16"]), [*plain, *copies])
    count = len(photographs)
    found = alike_pictures(hashes, BITS_ALLOWED)
    assert [(first, second) for first, second, _ in found] == [(n, n + count) for n in range(count)]
    assert all(bits <= BITS_ALLOWED for *_, bits in found)


def test_a_photograph_is_hashed_with_its_exif_orientation(tmp_path: Path, photographs: list[Image.Image]) -> None:
    image = photographs[0]
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise
    packed = io.BytesIO()
    image.rotate(90, expand=True).save(packed, "JPEG", exif=exif)
    snapshot = Snapshot(tmp_path)
    paths = [snapshot.store_image(body, "jpg") for body in (jpeg(image), packed.getvalue())]
    hashes = hash_pictures(Work(snapshot), load_settings("demo"), paths)
    assert [row[:2] for row in alike_pictures(hashes, BITS_ALLOWED)] == [(0, 1)]


def test_plain_surfaces_resemble_no_picture() -> None:
    assert picture_hash(Image.new("RGB", (300, 200), "white")) is None
    assert picture_hash(Image.new("RGB", (1, 1))) is None
    assert alike_pictures(pl.Series([None, None], dtype=pl.Binary), 64) == []
    assert alike_pictures(pl.Series([], dtype=pl.Binary), 64) == []


def test_pictures_that_differ_by_the_limit_of_bits_are_alike() -> None:
    zero = bytes(BITS // 8)
    hashes = pl.Series([zero, None, b"\x0f" + zero[1:], b"\x1f" + zero[1:]], dtype=pl.Binary)
    assert alike_pictures(hashes, 4) == [(0, 2, 4), (2, 3, 1)]
    assert alike_pictures(hashes, 0) == []
