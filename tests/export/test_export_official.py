"""The data set in the authors' layout: names of files, kinds of fields, ids that agree everywhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made import released_snapshot

from ameli_build.baseline.predictions.reading import PREDICTIONS
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.export.formats import export
from ameli_build.export.official.products import specification
from ameli_build.export.official.reviews import matched
from ameli_build.release import official_layout as layout

SETTINGS = load_settings("demo")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return released_snapshot(tmp_path_factory.mktemp("official") / "snapshot")


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot) -> Path:
    out = snapshot.root.parent / "out"
    export(snapshot, SETTINGS, "official", str(out))
    return out


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def reviews(folder: Path, split: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(folder / layout.FOLDERS[split] / layout.RETRIEVAL)
    return found


def test_files_are_json_lists_indented_by_four(folder: Path) -> None:
    for path in folder.rglob("*.json"):
        if path.parent.name == layout.STATISTICS or path.name.startswith("."):
            continue
        text = path.read_text(encoding="utf-8")
        assert isinstance(json.loads(text), list), path
        assert text == json.dumps(json.loads(text), indent=4, ensure_ascii=False), path


def test_integer_ids_follow_our_ids_and_are_distinct(folder: Path, snapshot: Snapshot) -> None:
    rows = list(csv.DictReader((folder / layout.ID_MAP).open(encoding="utf-8")))
    products = {row["our_id"]: int(row["id"]) for row in rows if row["kind"] == "product"}
    known = {row["our_id"]: int(row["id"]) for row in rows if row["kind"] == "review"}
    skus = sorted(pl.read_parquet(snapshot.dataset / "products.parquet")["sku"])
    assert products == {sku: n for n, sku in enumerate(skus, 1)}
    assert sorted(known.values()) == list(range(len(skus) + 1, len(skus) + 1 + len(known)))
    for split in layout.FOLDERS:
        table = pl.read_parquet(snapshot.dataset / f"{split}.parquet").sort("review_id")
        written = reviews(folder, split)
        assert [review["review_id"] for review in written] == [known[review_id] for review_id in table["review_id"]]
        assert [review["gold_entity_info"]["id"] for review in written] == [products[sku] for sku in table["sku"]]


def test_pictures_are_equal_to_the_data_set_s_and_have_unique_names(folder: Path, snapshot: Snapshot) -> None:
    names: list[str] = []
    by_id = {product["id"]: product for product in read(folder / layout.PRODUCTS)}
    table = pl.read_parquet(snapshot.dataset / "products.parquet").sort("sku")
    for number, images in enumerate(table["images"], 1):
        names += by_id[number]["image_path"]
        for path, name in zip(images, by_id[number]["image_path"], strict=True):
            assert (folder / layout.PRODUCT_IMAGES / name).read_bytes() == (snapshot.dataset / path).read_bytes()
    for split in layout.FOLDERS:
        rows = pl.read_parquet(snapshot.dataset / f"{split}.parquet").sort("review_id").iter_rows(named=True)
        for row, review in zip(rows, reviews(folder, split), strict=True):
            names += review["review_image_path"]
            for kind, images in ((layout.REVIEW_IMAGES, "images"), (layout.CLEANED_IMAGES, "cleaned_images")):
                for path, name in zip(row[images], review["review_image_path"], strict=True):
                    assert (folder / kind / name).read_bytes() == (snapshot.dataset / path).read_bytes()
    assert len(names) == len(set(names))


def test_every_field_that_the_authors_code_reads_is_present(folder: Path) -> None:
    ends = ("", "_ocr", "_exact", "_gpt2", "_gpt2_few", "_chatgpt", "_vicuna", "_model_version",
            "_model_version_to_product_title", "_contain_all")  # fmt: skip
    for split in layout.FOLDERS:
        for kind in (layout.RETRIEVAL, layout.DISAMBIGUATION[split]):
            for review in read(folder / layout.FOLDERS[split] / kind):
                assert all(isinstance(review[f"predicted_attribute{end}"], dict) for end in ends)
                assert isinstance(review["review_id"], int)
                assert isinstance(review["gold_entity_info"]["id"], int)
                assert review["raw_ocr"] == []
                assert isinstance(review["attribute"], dict)
                assert {"header", "body", "user", "rating", "recommendation", "feedback", "mention"} <= review.keys()
                assert [str(n) for n in review["fused_candidate_list"]] == list(review["fused_score_dict"])
    product = read(folder / layout.PRODUCTS)[0]
    assert {"subsection", "text"} == product["Spec"][0].keys()
    assert {"specification", "value"} == product["Spec"][0]["text"][0].keys()
    assert product["product_category"].count(" -> ") >= 1
    assert read(folder / layout.ATTRIBUTE_KEYS) == sorted(read(folder / layout.ATTRIBUTE_KEYS))


def test_judgements_name_the_gold_product_once(folder: Path) -> None:
    for split in layout.FOLDERS:
        base = folder / layout.FOLDERS[split]
        lines = (base / layout.TEXT_QRELS).read_text().splitlines()
        assert lines[0] == "TOPIC,ITERATION,DOCUMENT#,RELEVANCY"
        gold = {review["review_id"]: review["gold_entity_info"]["id"] for review in reviews(folder, split)}
        rows = [tuple(map(int, line.split(","))) for line in lines[1:]]
        assert {topic: document for topic, _, document, right in rows if right} == gold
        assert sum(right for *_, right in rows) == len(gold)
        pictures = list(csv.DictReader((base / layout.IMAGE_QRELS).open()))
        assert {row["TOPIC"] for row in pictures} == {
            name for review in reviews(folder, split) for name in review["review_image_path"]
        }


def test_a_mention_denotes_its_gold_product_and_category(folder: Path) -> None:
    table = read(folder / layout.STATISTICS / "mention_to_entity_by_surface.json")
    for split in layout.FOLDERS:
        for review in reviews(folder, split):
            assert review["gold_entity_info"]["id"] in review["mention_to_product_id_list"]
            assert review["gold_entity_info"]["product_category"] in review["mention_to_category_list"]
    assert {tuple(entry) for entry in table.values()} == {("category", "product_id")}


def test_names_are_counted_in_title_and_category(folder: Path) -> None:
    """Counted as in the prior: the products that contain a name most often come first."""
    rows = list(csv.DictReader((folder / layout.STATISTICS / "mention_to_entity_by_lemma.csv").open()))
    counts = {(row["alias"], row["kind"], row["value"]): int(row["count"]) for row in rows}
    table = read(folder / layout.STATISTICS / "mention_to_entity_by_lemma.json")
    assert {count for (_, kind, _), count in counts.items() if kind == "product_id"} == {1, 2}
    for alias, entry in table.items():
        said = [counts[alias, "product_id", str(number)] for number in entry["product_id"]]
        assert said == sorted(said, reverse=True)
        assert sum(said) == sum(counts[alias, "category", path] for path in entry["category"])


def test_predictions_fill_candidates_scores_and_attributes(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    skus = sorted(pl.read_parquet(snapshot.dataset / "products.parquet")["sku"])
    review = pl.read_parquet(snapshot.dataset / "test.parquet")["review_id"][0]
    row = {
        "review_id": review, "split": "test", "mention": "laptop", "candidates": [skus[1], skus[0]],
        "retrieval": [0.5, 0.25], "retrieval_text": [0.6, 0.1], "retrieval_image": [0.4, 0.3],
        "text": None, "image": [0.75, 0.25], "combined": [0.7, 0.3],
        "contradicted": [False, True],
        "attributes": [{"name": "Color", "value": "red"}, {"name": "Color", "value": "blue"}], "predicted": [],
        "extracted": [
            {"extractor": "string match", "name": "Color", "value": "red"},
            {"extractor": "ocr", "name": "Color", "value": "blue"},
            {"extractor": "implied", "name": "Size", "value": "big"},
        ],
    }  # fmt: skip
    known = {name: kind for name, kind in PREDICTIONS.items() if name in row}
    write_table(snapshot.root / "baseline" / "predictions.parquet", pl.DataFrame([row], known, orient="row"))
    export(snapshot, SETTINGS, "official", str(tmp_path / "out"))
    path = tmp_path / "out" / "test" / layout.DISAMBIGUATION["test"].removeprefix("test/")
    query = next(query for query in read(path) if query["fused_candidate_list"])
    assert query["fused_candidate_list"] == [2, 1]
    assert query["fused_score_dict"]["2"]["fused_score"] == 0.5
    assert query["fused_score_dict"]["2"]["bi_score"] == 0.6
    assert query["fused_score_dict"]["1"]["image_score"] == 0.3
    assert query["fused_score_dict"]["1"]["cross_score"] is None
    assert (query["predicted_attribute_exact"], query["predicted_attribute_ocr"]) == (
        {"Color": ["red"]},
        {"Color": ["blue"]},
    )
    assert query["predicted_attribute_gpt2"] == {}
    assert query["fused_score_dict"]["1"]["disambiguation_image_score"] == 0.25
    assert query["fused_score_dict"]["1"]["disambiguation_text_score"] == -1.0
    assert query["predicted_attribute"] == {"Color": "red"}
    assert query["predicted_attribute_contain_all"] == {"Color": ["red", "blue"]}
    assert list(query["review_special_product_info"]) == ["2", "1"]


def test_the_order_of_hard_negatives_of_a_test_review_does_not_reveal_gold(folder: Path) -> None:
    for review in reviews(folder, "test"):
        assert review["gold_entity_info"]["id"] not in review[layout.HARD_NEGATIVES]
        assert review[layout.HARD_NEGATIVES] == sorted(review[layout.HARD_NEGATIVES])


def test_the_same_snapshot_gives_the_same_bytes(snapshot: Snapshot, folder: Path, tmp_path: Path) -> None:
    export(snapshot, SETTINGS, "official", str(tmp_path / "again"))
    first = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = tmp_path / "again"
    assert first == {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}


def test_sections_keep_the_order_of_the_sheet() -> None:
    rows = [("A", "x"), ("A", "y"), ("", "z"), ("A", "w")]
    sheet = [{"group": group, "name": name, "value": "1"} for group, name in rows]
    assert [(section["subsection"], len(section["text"])) for section in specification(sheet)] == [
        ("A", 2),
        ("All", 1),
        ("A", 1),
    ]


def test_stated_attributes_are_attributes_of_the_gold_product() -> None:
    sheet = [{"name": "Color", "value": "Black"}, {"name": "Storage", "value": "1000 gigabytes"}]
    assert matched("The black one, 1tb.", sheet) == {"Color": "Black", "Storage": "1000 gigabytes"}
    assert matched("The white one.", sheet) == {}


def test_an_unknown_format_is_wrong_usage(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="--format tsv"):
        export(snapshot, SETTINGS, "tsv", str(tmp_path / "out"))


def test_no_export_without_a_release(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"products\.parquet: missing; run ameli build first"):
        export(Snapshot(tmp_path), SETTINGS, "official", str(tmp_path / "out"))
