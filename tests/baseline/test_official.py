"""Data in the authors' layout: our own export, and releases of others."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from baseline_world import write_dataset
from PIL import Image

from ameli_build.baseline.sources import open_source
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.datasets.data import Data, load_data
from ameli_build.export.formats import export
from ameli_build.release import official_layout as layout

SIZES = {"train": 6, "dev": 3, "test": 5}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return Snapshot(write_dataset(tmp_path_factory.mktemp("world"), SIZES, clean=2))


@pytest.fixture(scope="module")
def exported(snapshot: Snapshot) -> Path:
    out = snapshot.root.parent / "exported"
    export(snapshot, load_settings("demo"), "official", str(out))
    return out


def assert_equal(first: Data, second: Data) -> None:
    for part in ("kb", "reviews"):
        left, right = getattr(first, part), getattr(second, part)
        for field in fields(left):
            a, b = getattr(left, field.name), getattr(right, field.name)
            assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b, field.name
    assert first.has_clean_test == second.has_clean_test


def test_an_export_reads_back_as_the_release(snapshot: Snapshot, exported: Path, tmp_path: Path) -> None:
    release, official = load_data(snapshot.dataset), open_source(exported, tmp_path).load()
    assert_equal(release, official)
    assert official.has_clean_test
    for paths in (*official.kb.images, *official.reviews.images, *official.reviews.photos):
        for path in paths:
            assert file_digest(official.root / path) == Path(path).stem


def test_odd_texts_and_sheets_survive_an_export(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "odd", SIZES)
    products = pl.read_parquet(root / "dataset" / "products.parquet").to_dicts()
    products[0] |= {
        "description": 'First line.\n\n"Second"\u2028 line.\r\nÜber 14″',
        "attributes": [
            {"group": "Key Specs", "name": "Color", "value": "Black\nMatte"},
            {"group": "", "name": "Color", "value": "Grey"},
            {"group": "General", "name": "Color", "value": "12"},
            {"group": "Key Specs", "name": "Color", "value": "Black\nMatte"},
        ],
    }
    products[1] |= {"description": None, "attributes": [], "categories": ["Best Buy"]}
    old = pl.read_parquet_schema(root / "dataset" / "products.parquet")
    pl.DataFrame(products, old, orient="row").write_parquet(root / "dataset" / "products.parquet")
    test = pl.read_parquet(root / "dataset" / "test.parquet")
    titles = ["", "  ", "A\ttab", "x", "y"]
    candidates = [[row[0]] for row in test.select("sku").rows()]
    test = test.with_columns(title=pl.Series(titles), candidates=pl.Series(candidates))
    test.write_parquet(root / "dataset" / "test.parquet")
    export(Snapshot(root), load_settings("demo"), "official", str(tmp_path / "out"))
    official = open_source(tmp_path / "out").load()
    assert_equal(load_data(root / "dataset"), official)
    assert not official.has_clean_test


def official_release(folder: Path) -> Path:
    """A folder as released by the authors: no id map, no optional fields, one queried picture per review."""

    def product(number: int, colour: str) -> dict[str, Any]:
        Image.new("RGB", (8, 8), colour).save(folder / "product_images" / f"{number:07d}-a.jpg")
        return {
            "id": number,
            "product_name": f"Acme - Book 14 - {colour}",
            "product_category": "Best Buy -> Computers -> Laptops",
            "overview_section": {"description": f"A {colour} laptop."},
            "image_path": [f"{number:07d}-a.jpg"],
            "Spec": [{"subsection": "All", "text": [{"specification": "Color", "value": colour}]}],
            "similar_product_id": [9, 10, 400],
        }

    def review(number: int, gold: int) -> dict[str, Any]:
        for name in ("a", "b"):
            Image.new("RGB", (8, 8), (number, gold, ord(name))).save(folder / "review_images" / f"{number}-{name}.jpg")
        Image.new("RGB", (4, 4), (number, 0, 0)).save(folder / "cleaned_review_images" / f"{number}-b.jpg")
        return {
            "review_id": number,
            "header": "Good",
            "body": "A laptop.",
            "mention": "laptop",
            "review_image_path": [f"{number}-b.jpg"],
            "review_image_path_before_select": [f"{number}-a.jpg", f"{number}-b.jpg"],
            "gold_entity_info": {"id": gold},
        }

    for name in ("product_images", "review_images", "cleaned_review_images"):
        (folder / name).mkdir(parents=True)
    products = [product(10, "red"), product(9, "blue"), product(100, "black")]
    (folder / "bestbuy_products_final.json").write_text(json.dumps(products))
    for split, reviews in (("train", [review(7, 10)]), ("val", [review(8, 9)]), ("test", [review(11, 100)])):
        base = folder / split / ("disambiguation" if split == "test" else "retrieval")
        base.mkdir(parents=True)
        (base / "bestbuy_review_1.json").write_text(json.dumps(reviews))
        (base / "max_setting_dict_1.json").write_text("{}")
    return folder


def test_a_release_of_the_authors_is_read(tmp_path: Path) -> None:
    data = open_source(official_release(tmp_path / "theirs"), tmp_path / "out").load()
    assert data.kb.skus == ("009", "010", "100")
    assert data.kb.categories[0] == ("Best Buy", "Computers", "Laptops")
    assert [(attribute.group, attribute.name, attribute.value) for attribute in data.kb.attributes[1]] == [
        ("", "Color", "red")
    ]
    assert data.reviews.ids == ("007", "008", "011")
    assert data.reviews.splits == ("train", "dev", "test")
    assert data.reviews.gold.tolist() == [1, 0, 2]
    assert data.reviews.hard == ((0, 1), (0, 1), (0, 1, 2))
    assert data.reviews.texts[0] == "Good. A laptop."
    assert [len(paths) for paths in data.reviews.photos] == [2, 2, 2]
    assert Image.open(data.root / data.reviews.images[0][0]).size == (4, 4)
    assert not data.has_clean_test
    assert not (tmp_path / "theirs" / "cache").exists()


def broken(tmp_path: Path, change: Any) -> Path:
    folder = official_release(tmp_path / "theirs")
    path = folder / "bestbuy_products_final.json"
    products = json.loads(path.read_text())
    change(products)
    path.write_text(json.dumps(products))
    return folder


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda some: some[1].pop("id"), r"final\.json: record 2: field 'id' is missing"),
        (lambda some: some[1].pop("product_name"), r"record 2: field 'product_name' is missing"),
        (lambda some: some[0].update(product_name=3), r"record 1: field 'product_name' is not a string"),
        (lambda some: some[0].update(Spec=[{"text": 3}]), r"record 1: field 'Spec' is not a list of sections"),
        (lambda some: some[0].update(image_path="a.jpg"), r"record 1: field 'image_path' is not a list"),
        (lambda some: some[0].update(image_path=["no.jpg"]), r"final\.json: 010 has no picture"),
        (lambda some: some[1].update(id=10), r"record 2: product 10 stands in .*, record 1, too"),
        (lambda some: some.pop(2), r"record 1: field 'gold_entity_info' names product 100"),
        (lambda some: some.append(3), r"final\.json: not a list of objects"),
    ],
)
def test_errors_name_file_and_field(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(UnusableInput, match=message):
        open_source(broken(tmp_path, change)).load()


def test_unreadable_duplicate_and_missing_files_are_refused(tmp_path: Path) -> None:
    folder = official_release(tmp_path / "theirs")
    (folder / "train" / "retrieval" / "bestbuy_review_1.json").write_text('[{"review_id": 1,')
    with pytest.raises(UnusableInput, match=r"bestbuy_review_1\.json: unreadable"):
        open_source(folder).load()
    (folder / "train" / "retrieval" / "bestbuy_review_2.json").write_text("[]")
    with pytest.raises(UnusableInput, match="several files"):
        open_source(folder)
    shutil.rmtree(folder / "train")
    with pytest.raises(UnusableInput, match="train: no reviews here"):
        open_source(folder)


def test_a_named_but_missing_picture_is_warned_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = official_release(tmp_path / "theirs")
    (folder / "review_images" / "7-a.jpg").unlink()
    data = open_source(folder).load()
    assert len(data.reviews.photos[0]) == 1
    assert "warning: 1 pictures are named but not there, such as review_images/7-a.jpg" in capsys.readouterr().err


def test_a_changed_picture_changes_the_content(tmp_path: Path) -> None:
    source = open_source(official_release(tmp_path / "theirs"))
    before = source.content()
    assert source.content() == before
    Image.new("RGB", (9, 9), "green").save(tmp_path / "theirs" / "product_images" / "0000009-a.jpg")
    after = source.content()
    assert after["pictures"] != before["pictures"]
    assert {name for name in before if before[name] != after[name]} == {"pictures"}


def test_an_id_map_without_an_id_is_refused(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(exported, folder)
    lines = (folder / layout.ID_MAP).read_text().splitlines()
    (folder / layout.ID_MAP).write_text("\n".join(lines[:-1]))
    with pytest.raises(UnusableInput, match=r"field 'review_id' is \d+, which id_map.csv does not know"):
        open_source(folder).load()
