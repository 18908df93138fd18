"""Messages about fields during an ingest."""

import json
from pathlib import Path
from typing import Any

import pytest

from ameli_build.catalog.ingest import ingest
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record

PRODUCT = {"sku": "s1", "name": "Kettle", "categories": ["Kitchen"], "images": ["k.jpg"]}
REVIEW = {"review_id": "r1", "sku": "s1", "text": "Boils fast.", "images": ["k.jpg"]}


def ingested(
    root: Path, products: list[dict[str, Any]], reviews: list[dict[str, Any]], images: bool = True
) -> Snapshot:
    for name, rows in (("products", products), ("reviews", reviews)):
        (root / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (root / "pictures").mkdir(exist_ok=True)
    snapshot = Snapshot(root / "snapshot")
    folder = root / "pictures" if images else None
    ingest(snapshot, root / "products.jsonl", root / "reviews.jsonl", folder, Settings())
    return snapshot


@pytest.mark.parametrize(
    "fields",
    [
        {"body": "Boils fast.", "pictures": ["k.jpg"]},
        {"comment": "Boils fast.", "images": ["k.jpg"]},
        {"text": "Boils fast.", "image_urls": ["k.jpg"]},
        {"title": "Boils fast.", "images": [{"large": "k.jpg"}], "verified": True},
        {"text": " ", "images": [], "reviewText": "Boils fast."},
        {},
    ],
)
def test_reviews_without_text_or_photographs_are_refused(fields: dict[str, Any], tmp_path: Path) -> None:
    rows = [{"review_id": f"r{n}", "sku": "s1", **fields} for n in range(3)]
    with pytest.raises(UnusableInput, match=r"no review has a (text|photograph)") as caught:
        ingested(tmp_path, [PRODUCT], rows)
    named = set(fields) - {"text", "title", "images"}
    assert all(name in str(caught.value) for name in named)
    assert not (tmp_path / "snapshot").exists()


def test_one_complete_review_or_no_review_is_accepted(tmp_path: Path) -> None:
    other = {"review_id": "r2", "sku": "s1", "body": "Slow."}
    assert ingested(tmp_path, [PRODUCT], [other, REVIEW]).read("catalog/reviews").height == 2
    assert ingested(tmp_path, [PRODUCT], []).read("catalog/reviews").height == 0


def test_unknown_and_always_empty_fields_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    products = [PRODUCT | {"brand": "Ardo", "price": "12.50"}, PRODUCT | {"sku": "s2", "brand": "Ardo", "weight": 1}]
    ingested(tmp_path, products, [REVIEW | {"stars": 4}, REVIEW | {"review_id": "r2", "stars": 5, "where": "Ghent"}])
    output = capsys.readouterr().err
    assert "products.jsonl: unknown fields, stored in `extra`: brand (2), weight (1)\n" in output
    assert (
        "products.jsonl: fields that are empty in all records: description, attributes, url, variants, fetched_at\n"
        in output
    )
    assert "reviews.jsonl: unknown fields, stored in `extra`: stars (2), where (1)\n" in output
    assert "reviews.jsonl: fields that are empty in all records: title, rating, helpful" in output


def test_unreadable_values_are_counted_and_the_first_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    products = [PRODUCT, PRODUCT | {"sku": "s2", "price": "ask us"}, PRODUCT | {"sku": "s3", "price": "-"}]
    reviews = [REVIEW | {"review_id": f"r{n}", "author": author} for n, author in enumerate(["Ann", 4, None, [5]])]
    snapshot = ingested(tmp_path, products, reviews)
    output = capsys.readouterr().err
    assert "products.jsonl: price: 2 unreadable values are ignored (line 2: not a number: 'ask us')" in output
    assert "reviews.jsonl: author: 2 unreadable values are ignored (line 2: not a string: 4)" in output
    assert stage_record(snapshot, "catalog")["counts"]["unread_values"] == 4
    assert snapshot.read("catalog/products")["price"].to_list() == [None, None, None]
    assert snapshot.read("catalog/reviews")["author"].to_list() == ["Ann", None, None, None]


def test_missing_pictures_are_counted_by_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "k.jpg").write_bytes(b"x")
    review = REVIEW | {"images": ["a.jpg", "b/c.jpg", "https://x.test/d.jpg"]}
    ingested(tmp_path, [PRODUCT], [review])
    output = capsys.readouterr().err
    assert f"warning: 3 of 4 pictures were not found; --images is {tmp_path / 'pictures'}" in output
    assert "warning: 2 of them: no such file (first: a.jpg)" in output
    assert "warning: 1 of them: not fetched (no --fetch-images) (first: https://x.test/d.jpg)" in output


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (["k.jpeg", "K2.jpg"], "k.jpg"),
        (["photos/k.jpg"], "k.jpg"),
        (["k.jpg"], "photos/k.jpg"),
        ([], "k.jpg"),
        (["k.jpg.part"], "k.jpg"),
    ],
)
def test_a_folder_without_the_pictures_gets_one_warning_with_the_first_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: list[str], named: str
) -> None:
    for name in files:
        (tmp_path / "pictures" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pictures" / name).write_bytes(b"x")
    snapshot = ingested(tmp_path, [PRODUCT | {"images": [named]}], [REVIEW | {"images": [named]}])
    output = capsys.readouterr().err
    assert output.count(f"warning: 1 of 1 pictures were not found; --images is {tmp_path / 'pictures'}\n") == 1
    assert f"no such file (first: {named})" in output
    assert snapshot.read("catalog/images")["path"].to_list() == [None]


def test_a_missing_images_folder_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingested(tmp_path, [PRODUCT], [REVIEW], images=False)
    assert "warning: 1 of 1 pictures were not found\n" in capsys.readouterr().err


def test_complete_records_get_no_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "k.jpg").write_bytes(b"x")
    rows = [{"group": "", "name": "Color", "value": "Red"}]
    more = {"description": "Hot.", "attributes": rows, "url": "https://x.test/s1", "variants": ["s2"], "price": 3}
    whole = {"title": "Good", "rating": 5, "helpful": 1, "unhelpful": 1, "product_details_sku": "s1", "author": "Ann"}
    when = {"fetched_at": "2024-01-01"}
    ingested(tmp_path, [PRODUCT | more | when], [REVIEW | whole | {"submitted_at": "2024-01-01"}])
    output = capsys.readouterr().err
    assert "warning" not in output
    assert "note" not in output
