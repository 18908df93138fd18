"""OCR of review photographs: the choice of photographs, and their lines per review."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ameli_build.baseline.extraction.photos import read_photos
from ameli_build.core.cache import Work
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import Reviews

WORDS = ("NORVEX", "KALDEN", "TRIVOX", "BELMAR")


def make_reviews(folder: Path) -> Reviews:
    """Two train reviews and one test review, the first with two photos; each photo shows a word."""
    folder.mkdir(parents=True)
    for word in WORDS:
        image = Image.new("RGB", (400, 160), "white")
        ImageDraw.Draw(image).text((50, 50), word, font=ImageFont.load_default(48), fill="black")
        image.save(folder / f"{word}.png")
    photos = (("images/NORVEX.png", "images/KALDEN.png"), ("images/TRIVOX.png",), ("images/BELMAR.png",))
    gold = np.zeros(3, dtype=np.int64)
    ids, splits = ("a", "b", "c"), ("train", "train", "test")
    return Reviews(ids, splits, ("x",) * 3, ("",) * 3, photos, photos, gold, ((),) * 3, gold.astype(bool))


def test_only_the_first_photo_of_each_review_is_read_by_default(tmp_path: Path) -> None:
    reviews = make_reviews(tmp_path / "dataset" / "images")
    lines, counts = read_photos(Work(Snapshot(tmp_path)), load_settings("demo"), reviews, tmp_path / "dataset")
    assert lines == [["NORVEX"], ["TRIVOX"], ["BELMAR"]]
    assert counts == {"photos": 3, "read": 3}


def test_all_photos_are_read_on_request_and_a_limit_prefers_the_test_split(tmp_path: Path) -> None:
    reviews = make_reviews(tmp_path / "dataset" / "images")
    work = Work(Snapshot(tmp_path))
    for override in ("baseline.images=maximum", "baseline.ocr_photos=all"):
        lines, counts = read_photos(work, load_settings("demo", [override]), reviews, tmp_path / "dataset")
        assert lines == [["NORVEX", "KALDEN"], ["TRIVOX"], ["BELMAR"]]
    lines, counts = read_photos(work, load_settings("demo", ["baseline.ocr_images=1"]), reviews, tmp_path / "dataset")
    assert lines == [[], [], ["BELMAR"]]
    assert counts == {"photos": 3, "read": 1}
