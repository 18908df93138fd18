"""Filter 7: the patch of the product in each photograph."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from pictures_made import box_of, encoded, exif_turned, good_pictures, photograph
from PIL import Image

from ameli_build.clean.objects import PATCHES, find_objects, object_not_found
from ameli_build.clean.verdicts import judge
from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models import Box, patches

SCHEMA = {"path": pl.String, "name": pl.String, "leaf": pl.String}


def settings(**clean: object) -> Settings:
    return Settings.model_validate({"models": {"detector": "saliency"}, "clean": clean})


def search(snapshot: Snapshot, paths: list[str], given: Settings | None = None) -> pl.DataFrame:
    table = pl.DataFrame([(path, "Acme Fridge", "Fridges") for path in paths], schema=SCHEMA, orient="row")
    return find_objects(Work(snapshot), given or settings(), table)


def test_the_best_box_is_stored_as_the_cleaned_image(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(encoded(photograph()), "jpg")
    found = search(snapshot, [path]).row(0, named=True)
    assert found["cleaned"].startswith(f"{PATCHES}/")
    with Image.open(tmp_path / found["cleaned"]) as patch:
        left, top, right, bottom = box_of(120)
        assert abs(patch.width - (right - left)) <= 8
        assert abs(patch.height - (bottom - top)) <= 8
        assert patch.getpixel((patch.width // 2, patch.height // 2))[0] > 120
        assert not patch.getexif()


def test_the_patch_is_rotated_by_the_exif_orientation(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    wide = photograph(side=160).crop((0, 10, 160, 150))
    upright, turned = (snapshot.store_image(body, "jpg") for body in (encoded(wide), exif_turned(wide, 6)))
    cleaned = dict(search(snapshot, [upright, turned]).select("path", "cleaned").iter_rows())
    with Image.open(tmp_path / cleaned[upright]) as first, Image.open(tmp_path / cleaned[turned]) as second:
        assert abs(first.width - second.height) <= 4
        assert abs(first.height - second.width) <= 4


def test_a_picture_without_an_object_is_a_miss(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(encoded(photograph(product=False)), "jpg")
    assert search(snapshot, [path])["cleaned"].to_list() == [None]


def test_every_odd_picture_that_loads_can_be_searched(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    paths = sorted({snapshot.store_image(body, "jpg") for body in good_pictures().values()})
    assert search(snapshot, paths).height == len(paths)


def test_patches_are_restored_from_the_cache_and_old_patches_removed(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    paths = [snapshot.store_image(encoded(photograph(seed)), "jpg") for seed in range(3)]
    first = search(snapshot, paths)
    bodies = {path.name: path.read_bytes() for path in (tmp_path / PATCHES).iterdir()}
    assert len(bodies) == 3
    for path in (tmp_path / PATCHES).iterdir():
        path.unlink()
    assert search(snapshot, paths).equals(first)
    assert {path.name: path.read_bytes() for path in (tmp_path / PATCHES).iterdir()} == bodies
    search(snapshot, paths[:1])
    assert len(list((tmp_path / PATCHES).iterdir())) == 1


def test_a_changed_threshold_does_not_repeat_the_detection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(encoded(photograph()), "jpg")
    score = search(snapshot, [path])["score"][0]
    monkeypatch.setattr(patches, "load_detector", None)  # a call would fail
    assert search(snapshot, [path], settings(box_threshold=score))["cleaned"].to_list() == [None]
    assert search(snapshot, [path], settings(box_threshold=score - 0.001))["cleaned"].null_count() == 0


class NamedDetector:
    """A detector with a given score for each prompt."""

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores

    def detect(self, image: Image.Image, prompt: str) -> Box | None:
        score = self.scores.get(prompt)
        side = 10 if prompt.startswith("Acme") else 20
        return Box(0, 0, side, side, score) if score else None


@pytest.mark.parametrize(
    ("scores", "side", "score"),
    [
        ({"Acme Fridge": 0.8, "Fridges": 0.9}, 10, 0.8),
        ({"Acme Fridge": 0.2, "Fridges": 0.9}, 20, 0.9),
        ({"Fridges": 0.31}, 20, 0.31),
        ({"Acme Fridge": 0.3, "Fridges": 0.1}, None, 0.3),
        ({}, None, None),
    ],
)
def test_the_name_is_the_first_prompt_and_the_category_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scores: dict[str, float], side: int | None, score: float | None
) -> None:
    monkeypatch.setattr(patches, "load_detector", lambda *_, **__: NamedDetector(scores))
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(encoded(photograph()), "jpg")
    given = Settings.model_validate({"models": {"detector": "groundingdino:SwinT"}})
    found = search(snapshot, [path], given).row(0, named=True)
    assert found["score"] == score
    assert (found["cleaned"] is None) == (side is None)
    if side:
        assert Image.open(io.BytesIO((tmp_path / found["cleaned"]).read_bytes())).size == (side, side)


def test_a_product_without_category_has_one_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "load_detector", lambda *_, **__: NamedDetector({"": 0.9}))
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(encoded(photograph()), "jpg")
    table = pl.DataFrame([(path, "Acme Fridge", None)], schema=SCHEMA, orient="row")
    given = Settings.model_validate({"models": {"detector": "groundingdino:SwinT"}})
    assert find_objects(Work(snapshot), given, table)["cleaned"].to_list() == [None]


def test_without_pictures_the_table_is_empty(tmp_path: Path) -> None:
    assert search(Snapshot(tmp_path), []).is_empty()


def test_a_review_without_a_patch_is_dropped() -> None:
    table = pl.DataFrame(
        {"review_id": ["a", "b", "c"], "sku": "1", "n_decoded": [2, 1, None], "n_found": [0, 1, None]},
    ).with_columns(best_score=pl.Series([0.12, 0.8, None]))
    assert judge(table, [object_not_found(settings())]).rows() == [
        ("a", "1", "clean", "object_not_found", "product found in none of 2 images", "0.12", "0.3")
    ]
