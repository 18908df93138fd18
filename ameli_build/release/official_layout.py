"""Names of files and folders in the authors' layout. Names of JSON files are the defaults of the authors' options."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ameli_build.core.snapshot import whole_file, write_bytes

PRODUCTS = "bestbuy_products_40000_3.4.19_final_format.json"
FOLDERS = {"train": "train", "dev": "val", "test": "test"}
"""The authors' folder for each split."""

RETRIEVAL = "retrieval/bestbuy_review_2.3.17.2_clean_missed_product.json"
DISAMBIGUATION = {
    "train": "disambiguation/bestbuy_review_2.3.17.11.19.16_update_gold_attribute.json",
    "dev": "disambiguation/bestbuy_review_2.3.17.11.19.16.1_update_candidate.json",
    "test": "disambiguation/bestbuy_review_2.3.17.11.20.1_update_annotated_gold_attribute_update_candidate.json",
}
TEXT_QRELS = "retrieval/text_qrels.csv"
IMAGE_QRELS = "retrieval/image_qrels_not_category_v2.csv"
ATTRIBUTE_KEYS = "test/disambiguation/sorted_all_attribute_key.json"
STATISTICS = "mention_to_entity_statistics"

PRODUCT_IMAGES = "product_images"
REVIEW_IMAGES = "review_images"
CLEANED_IMAGES = "cleaned_review_images"
"""Patches of the photographs in `REVIEW_IMAGES`, under the same names."""

ID_MAP = "id_map.csv"
"""Beyond the authors' layout: kind ("product", "review"), integer id, our id."""
CLEAN_TEST = "test/clean_test.json"
"""Beyond the authors' layout: integer ids of the test reviews of Clean-Test; absent without annotation."""
REPORT = "report.json"
"""Beyond the authors' layout: results of all annotators together; absent without annotation."""
HARD_NEGATIVES = "hard_negative_id"
"""Beyond the authors' layout, a field of a review: hard negatives of section 3.5. The authors list them by product."""

ARROW = " -> "
"""Separator of the parts of a category path."""
WITHOUT_GROUP = "All"
"""The section of a specification sheet for attributes without a group."""


def category_path(parts: Sequence[str]) -> str:
    """A path in one string, root first."""
    return ARROW.join(part.replace(ARROW, " - ") for part in parts)


def picture_name(number: int, place: int, path: str) -> str:
    """The file name of an item's picture. Products and reviews share no numbers, so names are unique."""
    return f"{number:07d}-{place}{PurePosixPath(path).suffix}"


def write_list(path: Path, records: Iterable[Any]) -> None:
    """Write a JSON list, indented by four, record by record."""
    with whole_file(path) as handle:
        handle.write(b"[")
        between = b"\n    "
        for record in records:
            text = json.dumps(record, indent=4, ensure_ascii=False, allow_nan=False).replace("\n", "\n    ")
            handle.write(between + text.encode())
            between = b",\n    "
        handle.write(b"\n]" if between.startswith(b",") else b"]")


def write_object(path: Path, value: Any) -> None:
    """Write a JSON object, indented by four, item by item."""
    write_bytes(path, json.dumps(value, indent=4, ensure_ascii=False, allow_nan=False).encode())


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file row by row; lines end with a line feed."""
    with whole_file(path) as handle:
        text = io.TextIOWrapper(handle, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
        text.detach()
