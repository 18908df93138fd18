"""Names of files and folders in the authors' layout; the names of JSON files are the defaults of their options."""

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
"""Our splits and the authors' folders."""

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
"""Ours: kind ("product", "review"), integer id, our id."""
CLEAN_TEST = "test/clean_test.json"
"""Ours: integer ids of the test reviews whose annotator chose the gold product; absent without annotation."""
REPORT = "report.json"
"""Ours: how annotators did as a whole, with nothing of a single one; absent without annotation."""
HARD_NEGATIVES = "hard_negative_id"
"""Ours, a field of a review: section 3.5's candidates but the gold product; the authors have them by product only."""

ARROW = " -> "
"""Between the parts of a category path."""
WITHOUT_GROUP = "All"
"""The section of a specification sheet whose attributes stand in no group."""


def category_path(parts: Sequence[str]) -> str:
    """A path in one string, root first."""
    return ARROW.join(part.replace(ARROW, " - ") for part in parts)


def picture_name(number: int, place: int, path: str) -> str:
    """The file name of an item's picture; products and reviews share no number, so no name repeats."""
    return f"{number:07d}-{place}{PurePosixPath(path).suffix}"


def write_list(path: Path, records: Iterable[Any]) -> None:
    """A JSON list, indented by four, written as the records come."""
    with whole_file(path) as handle:
        handle.write(b"[")
        between = b"\n    "
        for record in records:
            text = json.dumps(record, indent=4, ensure_ascii=False, allow_nan=False).replace("\n", "\n    ")
            handle.write(between + text.encode())
            between = b",\n    "
        handle.write(b"\n]" if between.startswith(b",") else b"]")


def write_object(path: Path, value: Any) -> None:
    """A JSON object, indented by four, its keys as they come."""
    write_bytes(path, json.dumps(value, indent=4, ensure_ascii=False, allow_nan=False).encode())


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A CSV file, lines ended by a line feed, written as the rows come."""
    with whole_file(path) as handle:
        text = io.TextIOWrapper(handle, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
        text.detach()
