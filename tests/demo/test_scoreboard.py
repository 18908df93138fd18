"""The scoreboard on a small world with made-up stage tables, some of them with errors."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from ameli_build.core.errors import UnusableInput
from ameli_build.core.records import joined_text
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.render import image_bytes
from ameli_build.demo.scoreboard import accepts, intersection_over_union, score
from ameli_build.demo.truth import read_labels, write_truth
from ameli_build.demo.world import ReviewTruth, World
from ameli_build.drawing.pictures import photograph


@pytest.mark.parametrize(
    ("truth", "text", "mention", "right"),
    [
        ("laptop", "This laptop is great", "laptop", True),
        ("laptop", "One of the nicest laptops", "laptops", True),
        ("gaming laptop", "This gaming laptop rocks", "laptop", True),
        ("gaming laptop", "My laptop died so I got this gaming laptop", "laptop", False),
        ("over-the-range microwave", "An over-the-range microwave", "Over the Range Microwave", True),
        ("smartwatch", "nice smartwatches", "smartwatches", True),
        ("laptop", "This laptop came with a laptop bag", "bag", False),
        ("", "I love it", "", True),
        ("", "I love it", "it", False),
        ("laptop", "This laptop is great", "", False),
    ],
)
def test_a_mention_is_right_by_its_words_or_by_its_head_in_place(
    truth: str, text: str, mention: str, right: bool
) -> None:
    start = max(0, text.find(mention))
    assert accepts(truth, text, mention, start, start + len(mention)) is right


def test_overlap_of_boxes() -> None:
    assert intersection_over_union((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
    assert intersection_over_union((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert intersection_over_union((0, 0, 10, 10), (20, 20, 30, 30)) == 0.0


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(products=16)


@pytest.fixture(scope="module")
def built(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(world, tmp_path_factory.mktemp("built"))


def test_a_build_like_the_truth_meets_every_target(built: Path) -> None:
    rows = score(built, built / "truth")
    assert [row.name for row in rows if not row.ok] == []
    assert len(rows) == 13


def test_a_difference_from_the_truth_misses_its_target(built: Path, tmp_path: Path) -> None:
    root = shutil.copytree(built, tmp_path / "snapshot")
    snapshot = Snapshot(root)
    dropped = snapshot.read("clean/dropped")
    write_table(snapshot.table_path("clean/dropped"), dropped.filter(pl.col("reason") != "profanity"))
    reviews = snapshot.read("clean/reviews").with_columns(sku=pl.lit("1"))
    write_table(snapshot.table_path("clean/reviews"), reviews)
    write_table(snapshot.table_path("mentions/mentions"), snapshot.read("mentions/mentions").clear())
    write_table(snapshot.table_path("informativeness/kept"), snapshot.read("informativeness/kept").clear())
    missed = {row.name.partition(" on ")[0] for row in score(root, root / "truth") if not row.ok}
    assert missed == {
        "filter 6 (profanity)",
        "gold products of the reviews that stay",
        "mentions (section 3.3)",
        "informativeness precision",
        "informativeness recall",
    }


def test_a_snapshot_without_truth_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"reviews\.jsonl"):
        score(tmp_path, tmp_path / "truth")


def _built(world: World, root: Path) -> Path:
    """A snapshot whose stage tables agree with the truth."""
    snapshot = Snapshot(root)
    write_truth(world, root / "truth")
    truths = {truth.review_id: truth for truth in world.truths}
    held_out = read_labels(root / "truth" / "labels_heldout.csv")
    staying = [review for review in world.reviews if truths[review.review_id].reason is None]
    images, pictures = {}, []
    for review in staying:
        found = [photo for photo in review.photos if photo.kind == "photo" and not photo.fault][:1]
        images[review.review_id] = [_stored(snapshot, image_bytes(photo)) for photo in found]
        pictures += [(f"http://shop/{p.name}", path) for p, path in zip(found, images[review.review_id], strict=True)]
    cut = {
        review.review_id: [
            _patch(snapshot, path, photograph(photo.look, photo.seed)[1])
            for path, photo in zip(images[review.review_id], review.photos, strict=False)
            if photo.look is not None
        ]
        for review in staying
    }
    ids = [review.review_id for review in staying]
    _write(snapshot, "catalog/reviews", review_id=[review.review_id for review in world.reviews])
    _write(snapshot, "catalog/images", reference=[r for r, _ in pictures], path=[p for _, p in pictures])
    gone = [truth for truth in world.truths if truth.reason]
    reasons = [str(truth.reason) for truth in gone]
    _write(snapshot, "clean/dropped", review_id=[truth.review_id for truth in gone], reason=reasons)
    whole = [key for key in ids if len(cut[key]) == len(images[key])]
    _write(
        snapshot,
        "clean/reviews",
        review_id=whole,
        sku=[truths[key].sku for key in whole],
        title=[review.title for review in staying if review.review_id in whole],
        text=[review.text for review in staying if review.review_id in whole],
        images=[images[key] for key in whole],
        cleaned_images=[cut[key] for key in whole],
    )
    texts = {review.review_id: joined_text(review.title, review.text) for review in staying}
    mentions = [_mention(truths[key], texts[key]) for key in ids if truths[key].mention]
    columns = ("review_id", "mention", "mention_start", "mention_end")
    table = pl.DataFrame(mentions, schema=columns, orient="row")
    write_table(snapshot.table_path("mentions/mentions"), table)
    _write(snapshot, "informativeness/features", review_id=sorted(held_out))
    _write(snapshot, "informativeness/kept", review_id=[key for key, label in held_out.items() if label])
    return root


def _mention(truth: ReviewTruth, text: str) -> tuple[str, str, int, int]:
    start = text.lower().find(truth.mention.lower())
    return truth.review_id, truth.mention, start, start + len(truth.mention)


def _stored(snapshot: Snapshot, body: bytes) -> str:
    return snapshot.store_image(body, "jpg")


def _patch(snapshot: Snapshot, path: str, box: tuple[int, int, int, int]) -> str:
    name = f"stages/clean/patches/{hashlib.sha256(path.encode()).hexdigest()}.jpg"
    (snapshot.root / name).parent.mkdir(parents=True, exist_ok=True)
    with Image.open(snapshot.root / path) as picture:
        picture.crop(box).save(snapshot.root / name, quality=90)
    return name


def _write(snapshot: Snapshot, table: str, **columns: list[object] | list[str]) -> None:
    write_table(snapshot.table_path(table), pl.DataFrame(columns))
