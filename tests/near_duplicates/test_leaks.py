"""Leaks between splits: planted near-duplicates are reported, and the later review is dropped if the setting asks."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from ameli_build.core.execution import run_stage
from ameli_build.core.reasons import DROPPED
from ameli_build.core.settings import SplitSettings, load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.standing import stage_record
from ameli_build.core.workers import process_mapper
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.render import image_bytes
from ameli_build.near_duplicates.leaks import LEAKS, leaving
from ameli_build.splits import STAGE


@dataclass(frozen=True)
class Planted:
    """A snapshot before its splits, and the pairs (later, earlier) of reviews with similar texts or pictures."""

    snapshot: Snapshot
    texts: set[tuple[str, str]]
    images: set[tuple[str, str]]


def planted(root: Path) -> Planted:
    """Reviews of the demo, with a copied text of every tenth review and a copied photograph of every tenth review."""
    snapshot = Snapshot(root)
    world = make_world(13, 16)
    wanted = [
        review for review in world.reviews if any(photo.kind == "photo" and not photo.fault for photo in review.photos)
    ]
    rows, texts, images = [], set(), set()
    for n, review in enumerate(wanted[:120]):
        photo = next(shot for shot in review.photos if shot.kind == "photo" and not shot.fault)
        body = image_bytes(photo)
        path = snapshot.store_image(body, "jpg")
        rows.append((review.review_id, f"p{n}", "", f"{review.text} It is number n{n}.", [path], f"2024-01-{n:03}"))
        copy = f"copy-{review.review_id}"
        if n % 10 == 3:
            text = f"{review.text} It is number n{n}!! Indeed."
            rows.append((copy, f"q{n}", "", text, [], None))
            texts.add((copy, review.review_id))
        if n % 10 == 7:
            small = Image.open(io.BytesIO(body)).resize((200, 200))
            packed = io.BytesIO()
            small.save(packed, "JPEG", quality=60)
            rows.append((copy, f"q{n}", "", f"other {n}", [path, snapshot.store_image(packed.getvalue(), "jpg")], None))
            images.add((copy, review.review_id))
    names = ["review_id", "sku", "title", "text", "images", "submitted_at"]
    reviews = pl.DataFrame(rows, schema=names, orient="row").sort("review_id")
    features = reviews.select("review_id", n_attributes=pl.lit(1))
    products = reviews.select("sku", variants=pl.lit([], pl.List(pl.String))).unique().sort("sku")
    tables = {"clean/products": products, "clean/reviews": reviews, "informativeness/features": features}
    for name, table in (tables | {"informativeness/kept": reviews.select("review_id")}).items():
        write_table(snapshot.table_path(name), table)
    return Planted(snapshot, texts, images)


@pytest.fixture
def made(tmp_path: Path) -> Planted:
    return planted(tmp_path / "snapshot")


def expected(made: Planted, splits: dict[str, str]) -> set[tuple[str, str, str]]:
    pairs = {("text", *pair) for pair in made.texts} | {("image", *pair) for pair in made.images}
    return {(kind, later, earlier) for kind, later, earlier in pairs if splits[later] != splits[earlier]}


def test_exactly_the_planted_leaks_are_reported(made: Planted) -> None:
    run_stage(STAGE, made.snapshot, load_settings("demo"))
    splits = dict(made.snapshot.read("splits/splits").iter_rows())
    leaks = made.snapshot.read("splits/leaks")
    wanted = expected(made, splits)
    assert len(wanted) >= 6
    assert {kind for kind, *_ in wanted} == {"text", "image"}
    assert set(leaks.select("kind", "review_id", "earlier_id").iter_rows()) == wanted
    assert leaks.height == len(wanted)
    assert leaks.schema == LEAKS
    assert [(splits[row[0]], splits[row[1]]) for row in leaks.select("review_id", "earlier_id").iter_rows()] == list(
        leaks.select("split", "earlier_split").iter_rows()
    )
    assert set(leaks.filter(pl.col("kind") == "image")["bits"]) == {
        0
    }  # of two pictures, the most similar picture counts
    assert made.snapshot.read("splits/dropped").is_empty()
    counts = stage_record(made.snapshot, "splits")["counts"]
    assert counts["leaks_text"] + counts["leaks_image"] == len(wanted)


def test_the_later_review_is_dropped_and_no_other_review_moves(made: Planted) -> None:
    run_stage(STAGE, made.snapshot, load_settings("demo"))
    before = dict(made.snapshot.read("splits/splits").iter_rows())
    run_stage(STAGE, made.snapshot, load_settings("demo", ["splits.near_duplicates=drop"]))
    after = dict(made.snapshot.read("splits/splits").iter_rows())
    dropped = made.snapshot.read("splits/dropped")
    later = {row[1] for row in expected(made, before)}
    assert set(dropped["review_id"]) == later
    assert after == {review_id: split for review_id, split in before.items() if review_id not in later}
    assert dropped.schema == DROPPED
    assert set(dropped["reason"]) == {"leak"}
    assert set(dropped["detail"].str.extract(r"^nearly (the text|a photograph) of review")) == {
        "the text",
        "a photograph",
    }


def test_workers_and_shards_change_no_byte(made: Planted, tmp_path: Path) -> None:
    run_stage(STAGE, made.snapshot, load_settings("demo"))
    other = planted(tmp_path / "other")
    with process_mapper(2) as mapper:
        run_stage(STAGE, other.snapshot, load_settings("demo", ["run.shard_rows=9"]), mapper)
    for name in STAGE.outputs:
        first, second = (snapshot.table_path(name).read_bytes() for snapshot in (made.snapshot, other.snapshot))
        assert first == second


def test_a_chain_of_leaks_loses_as_few_reviews_as_possible() -> None:
    reviews = pl.DataFrame({"review_id": list("abc"), "sku": list("123"), "submitted_at": ["2020", "2021", None]})
    rows = [
        ("text", "b", "test", "a", "train", 0.9, None, None, None),
        ("text", "c", "train", "b", "test", 0.9, None, None, None),
    ]
    leaks = pl.DataFrame(rows, schema=LEAKS, orient="row")
    found = leaving(leaks, reviews, SplitSettings())
    assert found["review_id"].to_list() == ["b"]
    assert found.row(0)[1:] == (
        "2",
        "splits",
        "leak",
        "nearly the text of review a in train (Jaccard 0.9)",
        "0.9",
        "0.8",
    )
    assert leaving(leaks.clear(), reviews, SplitSettings()).schema == DROPPED
