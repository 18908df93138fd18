"""Data read from a snapshot and from a release alone, and rows that each filter selects."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from ameli_build.browse.data import read_data
from ameli_build.browse.filters import Filters
from ameli_build.browse.server import Addresses
from ameli_build.browse.views import Site
from ameli_build.core.errors import UnusableInput
from ameli_build.core.reasons import DROPPED
from ameli_build.core.snapshot import write_table
from tests.browse.browse_world import browsed_snapshot
from tests.report.report_world import SETTINGS, row, write_predictions

STATES = {"r1": "train", "r2": "train", "r3": "dev", "r4": "test", "r5": "test", "r6": "dropped"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return browsed_snapshot(tmp_path_factory.mktemp("browse") / "snapshot").root


def test_a_snapshot_has_dropped_reviews_with_text_value_and_threshold(root: Path) -> None:
    data = read_data(root)
    assert dict(data.reviews.select("review_id", "state").iter_rows()) == STATES
    gone = data.review("r6")
    assert gone is not None
    assert [gone[name] for name in ("text", "reason", "value", "threshold")] == [
        "I love this laptop.", "no_image", "0", "1",
    ]  # fmt: skip
    right = {"r1": None, "r2": None, "r3": True, "r4": False, "r5": False, "r6": None}
    assert dict(data.reviews.select("review_id", "right").iter_rows()) == right
    assert dict(data.products.select("sku", "reviews").iter_rows()) == {"p1": 2, "p2": 1, "p3": 1, "p4": 2}


def test_a_release_alone_has_dropped_reviews_without_text(root: Path, tmp_path: Path) -> None:
    data = read_data(Path(shutil.copytree(root / "dataset", tmp_path / "release")))
    assert dict(data.reviews.select("review_id", "state").iter_rows()) == STATES
    gone, released = data.review("r6"), data.review("r1")
    assert gone is not None
    assert released is not None
    assert (gone["text"], gone["reason"]) == (None, "no_image")
    (paths,) = data.pictures([released])
    assert [(data.root / path).is_file() for path in paths] == [True]


def test_an_unfinished_build_can_be_browsed(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "catalog", tmp_path / "catalog")
    data = read_data(tmp_path)
    assert set(data.reviews["state"]) == {"undecided"}
    site = Site(data, Addresses(), SETTINGS)
    assert "not evaluated" in site.render("review", {"id": "r4"})
    assert "undecided" in site.render("home", {})


def test_predictions_of_another_build_are_not_shown(root: Path, tmp_path: Path) -> None:
    snapshot = browsed_snapshot(tmp_path)
    write_predictions(snapshot, [row("r4", ["p1", "p4"], ["p4", "p1"], 0.8)])
    data = read_data(tmp_path)
    assert data.reviews["right"].null_count() == 6
    assert "another build" in data.note
    assert "another build" in Site(data, Addresses(), SETTINGS).render("home", {})


@pytest.mark.parametrize("damage", ["column", "bytes", "gone"])
def test_an_unreadable_history_is_reported(tmp_path: Path, damage: str) -> None:
    snapshot = browsed_snapshot(tmp_path)
    site = Site(read_data(tmp_path), Addresses(), SETTINGS)
    if damage == "gone":
        snapshot.table_path("catalog/reviews").unlink()
    elif damage == "bytes":
        snapshot.table_path("clean/values").write_bytes(b"PAR1 no table")
    else:
        values = snapshot.read("clean/values").drop("n_photos")
        write_table(snapshot.table_path("clean/values"), values)
    page = site.render("review", {"id": "r4"})
    assert "The verdicts cannot be read" in page
    assert "image_similarity" in page


@pytest.mark.parametrize("made", [[], ["raw"], ["dataset"]])
def test_a_folder_without_reviews_is_named(tmp_path: Path, made: list[str]) -> None:
    for name in made:
        (tmp_path / name).mkdir()
    with pytest.raises(UnusableInput, match=str(tmp_path)):
        read_data(tmp_path)


def test_a_damaged_table_is_reported_in_one_line(root: Path, tmp_path: Path) -> None:
    release = Path(shutil.copytree(root / "dataset", tmp_path / "release"))
    (release / "test.parquet").unlink()
    (release / "test.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(UnusableInput, match="unreadable"):
        read_data(release)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "r1 r2 r3 r4 r5 r6"),
        ({"split": "test"}, "r4 r5"),
        ({"split": "dropped"}, "r6"),
        ({"split": "clean_test"}, ""),
        ({"reason": "no_image"}, "r6"),
        ({"gold": "right"}, "r3"),
        ({"gold": "wrong"}, "r4 r5"),
        ({"gold": "wrong", "q": "ALERT("}, "r4"),
        ({"q": "laptop  LOVE"}, "r1 r2 r3 r4 r5 r6"),
        ({"q": "love .*"}, ""),
        ({"q": "r5"}, "r5"),
        ({"sku": "p4"}, "r4 r5"),
        ({"category": "Best Buy -> Computers"}, "r1 r2 r3 r4 r5 r6"),
        ({"category": "Best Buy -> Computers -> PC Laptops", "split": "dev"}, "r3"),
        ({"category": "Best Buy -> Comp"}, ""),
        ({"feature": "image_similarity", "least": "0.5"}, "r1 r2 r3 r4 r5"),
        ({"feature": "n_attributes", "least": "1.5"}, ""),
        ({"feature": "title_similarity", "most": "nan", "least": "x"}, "r1 r2 r3 r4 r5"),
        ({"feature": "words", "least": "1"}, "r1 r2 r3 r4 r5 r6"),
        ({"page": "\u0663", "unknown": "1"}, "r1 r2 r3 r4 r5 r6"),
    ],
)
def test_filters(root: Path, query: dict[str, str], found: str) -> None:
    reviews = read_data(root).reviews
    assert reviews.filter(Filters.read(query).reviews())["review_id"].to_list() == found.split()


@pytest.mark.parametrize("page", ["0", "-1", "9" * 30, "x", "\u0663"])
def test_any_page_number_gives_a_page(root: Path, page: str) -> None:
    site = Site(read_data(root), Addresses(), SETTINGS)
    for kind in ("reviews", "products"):
        assert "p4" in site.render(kind, {"page": page})


@pytest.mark.parametrize("text", ["Mail jo@example.com", "Call 212-555-0134 now", "x" * 395 + " jo.doe@example.com"])
def test_dropped_texts_are_shown_without_personal_data(tmp_path: Path, text: str) -> None:
    snapshot = browsed_snapshot(tmp_path)
    reviews = snapshot.read("catalog/reviews").with_columns(text=pl.lit(text), author=pl.lit("Jo Doe"))
    write_table(snapshot.table_path("catalog/reviews"), reviews)
    gone = pl.DataFrame([("r6", "p1", "clean", "no_image", "", "0", "1")], DROPPED, orient="row")
    write_table(snapshot.table_path("clean/dropped"), gone)
    site = Site(read_data(tmp_path), Addresses(), SETTINGS)
    for page in (site.render("review", {"id": "r6"}), site.render("reviews", {"reason": "no_image"})):
        assert not any(secret in page for secret in ("example.com", "0134", "Jo Doe", "doe@"))
