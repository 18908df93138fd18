"""The released folder: tables, images, card, checksums, and that others can open it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from made import made_snapshot, released_snapshot

from ameli_build.core.errors import RunFailed
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.release.card import card
from ameli_build.release.stage import ANSWERS_FILE, STAGE, check_conserved
from ameli_build.release.tables import ANSWERS, SCHEMAS
from ameli_build.verify import verify


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot")


def answer(snapshot: Snapshot, rows: list[tuple[str, str, int, str | None]]) -> None:
    write_table(snapshot.root / ANSWERS_FILE, pl.DataFrame(rows, ANSWERS, orient="row"))


def test_columns_match_the_contract(snapshot: Snapshot) -> None:
    for path in snapshot.dataset.glob("*.parquet"):
        assert pl.read_parquet_schema(path) == SCHEMAS[path.stem]


def test_rows_are_conserved(snapshot: Snapshot) -> None:
    sizes = {name: pl.read_parquet(snapshot.dataset / f"{name}.parquet").height for name in ("train", "dev", "test")}
    assert sizes == {"train": 2, "dev": 1, "test": 2}
    assert pl.read_parquet(snapshot.dataset / "dropped.parquet")["review_id"].to_list() == ["r6"]


def test_reviews_have_the_values_that_were_found_in_them(snapshot: Snapshot) -> None:
    found = snapshot.read("informativeness/features").select("review_id", "n_attributes", "attributes")
    released = pl.concat(
        pl.read_parquet(snapshot.dataset / f"{name}.parquet", columns=found.columns)
        for name in ("train", "dev", "test")
    )
    assert released.sort("review_id").equals(found.sort("review_id"))
    assert released["attributes"].list.len().to_list() == released["n_attributes"].to_list()
    assert released["attributes"].explode().struct.field("value").null_count() == 0


def test_a_lost_review_is_an_error(tmp_path: Path) -> None:
    snapshot = made_snapshot(tmp_path / "snapshot")
    splits = snapshot.read("splits/splits")
    write_table(snapshot.table_path("splits/splits"), splits.filter(pl.col("review_id") != "r2"))
    with pytest.raises(RunFailed, match="6 reviews came in, 5 rows"):
        run_stage(STAGE, snapshot, load_settings("demo"))
    assert not snapshot.dataset.exists()


@pytest.mark.parametrize("went", ["a b", "a b c c", "a b d", "a b c d", "a a b", "c b a b", ""])
@pytest.mark.parametrize("split", ["train", "dropped"])
def test_each_review_is_released_or_dropped_once(went: str, split: str) -> None:
    came = pl.DataFrame({"review_id": ["c", "a", "b", "a"], "sku": ["1", "1", "1", "2"]}).lazy()  # a has two links

    def check(reviews: list[str]) -> None:
        names = ("train", "dev", "test", "dropped")
        named = {name: pl.DataFrame({"review_id": []}, {"review_id": pl.String}) for name in names}
        named[split] = pl.DataFrame({"review_id": reviews}, {"review_id": pl.String})
        check_conserved(named, {"catalog/reviews": came})

    check(["b", "c", "a"])
    with pytest.raises(RunFailed, match=rf"3 reviews came in, {len(went.split())} rows"):
        check(went.split())


def test_images_have_the_names_that_tables_state(snapshot: Snapshot) -> None:
    for name in ("products", "test"):
        for images in pl.read_parquet(snapshot.dataset / f"{name}.parquet")["images"]:
            assert all((snapshot.dataset / image).is_file() for image in images)


def test_statistics(snapshot: Snapshot) -> None:
    stats = json.loads((snapshot.dataset / "stats.json").read_text())
    assert stats["table2"]["knowledge_base"] == {
        "products": 4,
        "product_images": 4,
        "product_categories": 1,
        "images_per_product": 1.0,
        "attributes_per_product": 1.0,
    }
    assert stats["table3"][0]["percent"] == 100.0
    assert stats["funnel"]["stages"]["clean"] == {"in": 6, "out": 5, "dropped": {"no_image": 1}}


def test_equal_inputs_give_equal_bytes(snapshot: Snapshot, tmp_path: Path) -> None:
    other = released_snapshot(tmp_path / "elsewhere")
    assert (other.dataset / "SHA256SUMS").read_text() == (snapshot.dataset / "SHA256SUMS").read_text()
    assert not run_stage(STAGE, snapshot, load_settings("demo"))


def test_clean_test_is_the_reviews_that_annotators_answered_right(snapshot: Snapshot) -> None:
    answer(snapshot, [("a", "r4", 1, "p4"), ("a", "r5", 2, "p1"), ("b", "r5", 3, None), ("a", "gone", 1, "p1")])
    assert run_stage(STAGE, snapshot, load_settings("demo"))
    assert pl.read_parquet(snapshot.dataset / "clean_test.parquet")["review_id"].to_list() == ["r4"]
    assert "clean_test" in (snapshot.dataset / "README.md").read_text()
    verify(snapshot)


def test_only_a_generated_world_is_called_generated(tmp_path: Path) -> None:
    mine = released_snapshot(tmp_path / "mine").dataset / "README.md"
    assert "generated world" not in mine.read_text()
    made_up = released_snapshot(tmp_path / "made-up", load_settings("demo", ["release.generated=true"]))
    assert "generated world" in (made_up.dataset / "README.md").read_text()


def test_the_card_names_the_source_of_the_thresholds(tmp_path: Path) -> None:
    known = released_snapshot(tmp_path / "known", load_settings("demo")).dataset / "README.md"
    assert "Where these thresholds come from: a calibration" in known.read_text()
    settings = load_settings("demo", ["informativeness.thresholds_from="])
    card = (released_snapshot(tmp_path / "unknown", settings).dataset / "README.md").read_text()
    assert "**Nobody calibrated these thresholds for these models**" in card
    assert "`ameli calibrate` finds thresholds" in card


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1)) ![x](https://x.test/pixel)",
        "`</code>` ``` | a cell",
        "one\n\n# another heading\n---\nlicense: mit",
        "&lt;script&gt;alert(1)",
    ],
)
def test_texts_of_other_people_are_escaped_in_the_card(attack: str, snapshot: Snapshot) -> None:
    names = [f"{name}={json.dumps('X ' + attack)}" for name in ("release.name", "release.license")]
    names += [f"models.{role}={json.dumps('X ' + attack)}" for role in ("text_encoder", "detector")]
    settings = load_settings("demo", [*names, f"informativeness.thresholds_from={json.dumps('X ' + attack)}"])
    plain = load_settings("demo", ["release.name=X", "release.license=X", "informativeness.thresholds_from=X"])
    stats = json.loads((snapshot.dataset / "stats.json").read_text())
    review, product = (
        pl.read_parquet(snapshot.dataset / f"{name}.parquet").row(0, named=True) for name in ("test", "products")
    )
    written = {"title": attack, "text": attack, "mention": attack, "attributes": [{"name": attack, "value": attack}]}
    sold = {"name": attack, "categories": [attack] * 3, "description": attack * 20}
    hostile, usual = (
        card(stats, given, ("train", "test"), "0" * 64, example)
        for given, example in ((settings, (review | written, product | sold)), (plain, (review, product)))
    )
    assert hostile.count("\n") == usual.count("\n")
    for path in (review["images"][0], product["images"][0]):
        hostile = re.sub(rf"!\[[A-Za-z ]+\]\({path}\)", "", hostile)  # the card's own pictures
    text = re.sub(r"(`+) ?.*? ?\1(?!`)", "", hostile.partition("\n---\n")[2])  # without code spans
    text = re.sub(r"\\.", "", text)
    assert "X" in text
    assert not re.search(r"<script|<img|\]\(javascript|!\[|\| a cell|&lt;", text)


def test_the_card_explains_hard_negatives(snapshot: Snapshot) -> None:
    assert "whose first picture is most like the first picture" in (snapshot.dataset / "README.md").read_text()


def test_the_paper_s_table_2_is_in_the_card(snapshot: Snapshot) -> None:
    card = (snapshot.dataset / "README.md").read_text()
    assert "| test | 2 | 2 | 1.0 | 3,794 reviews, 6,941 images, 1.83 a review |" in card
    assert "the paper's (another data set)" in card
    assert "35,598 products in 989 categories" in " ".join(card.split())


def test_half_of_the_annotators_is_not_enough(snapshot: Snapshot) -> None:
    answer(snapshot, [("a", "r4", 1, "p4"), ("b", "r4", 2, "p1")])
    run_stage(STAGE, snapshot, load_settings("demo"))
    assert pl.read_parquet(snapshot.dataset / "clean_test.parquet").height == 0


def test_the_card_has_no_path_of_a_local_model(tmp_path: Path) -> None:
    model = tmp_path / "my-model"
    model.mkdir()
    settings = load_settings("demo", [f"models.text_encoder={model}"])
    snapshot = made_snapshot(tmp_path / "snapshot")
    run_stage(STAGE, snapshot, settings)
    card = (snapshot.dataset / "README.md").read_text()
    assert "my-model" in card
    assert str(tmp_path) not in card


def load(folder: Path, home: Path) -> dict[str, list[str]]:
    """Review ids of each split, as `datasets` reads them, with its cache in `home`."""
    code = (
        "import json, sys, datasets; found = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[2])\n"
        "print(json.dumps({name: list(rows['review_id']) for name, rows in found.items()}))"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home)}
    command = [sys.executable, "-c", code, str(folder), str(home / "cache")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_load_dataset_opens_the_release_with_the_names_of_the_splits(snapshot: Snapshot, tmp_path: Path) -> None:
    assert {name: len(rows) for name, rows in load(snapshot.dataset, tmp_path).items()} == {
        "train": 2,
        "dev": 1,
        "test": 2,
    }
    # another build of the same size, with an empty split, under the same cache
    splits = snapshot.read("splits/splits").with_columns(split=pl.col("split").replace("dev", "train"))
    write_table(snapshot.table_path("splits/splits"), splits)
    run_stage(STAGE, snapshot, load_settings("demo", ["release.name=Mine: 'quoted' & <more>"]))
    again = load(snapshot.dataset, tmp_path)
    assert {name: len(rows) for name, rows in again.items()} == {"train": 3, "test": 2}


def test_a_failed_release_changes_no_file(snapshot: Snapshot) -> None:
    before = {path: path.read_bytes() for path in snapshot.dataset.rglob("*") if path.is_file()}
    missing = snapshot.root / snapshot.read("clean/products")["images"][0][0]
    missing.unlink()
    with pytest.raises(RunFailed, match=missing.name):
        run_stage(STAGE, snapshot, load_settings("demo", ["release.name=Mine"]))
    assert not list(snapshot.root.glob(".dataset*"))
    assert {path: path.read_bytes() for path in snapshot.dataset.rglob("*") if path.is_file()} == before
