"""One record of the authors' layout as a row of a release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ameli_build.baseline.by_content import ByContent
from ameli_build.core.errors import UnusableInput
from ameli_build.release import official_layout as layout

RETRIEVED = 20
"""So many retrieved candidates are hard negatives where a data set names no others."""


@dataclass(frozen=True, slots=True)
class Record:
    """An object of a JSON list, and where it stands: `place` counts from 1."""

    path: Path
    place: int
    values: Mapping[str, Any]

    def wrong(self, name: str, what: str) -> UnusableInput:
        """The error that a field of this record makes."""
        return UnusableInput(f"{self.path}: record {self.place}: field {name!r} {what}")

    def text(self, name: str, *, needed: bool = False) -> str:
        """A string, "" where it is null or missing unless it is `needed`."""
        value = self.values.get(name)
        if value is None and not needed:
            return ""
        if not isinstance(value, str):
            raise self.wrong(name, "is missing" if value is None else "is not a string")
        return value

    def number(self, name: str) -> int:
        """An integer, also one in a string."""
        return self.integer(name, self.values.get(name))

    def integer(self, name: str, value: Any) -> int:
        """`value` of the field `name`, or of a part of it, as an integer."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        raise self.wrong(name, "is missing" if value is None else "is not an integer")

    def items(self, name: str) -> list[Any]:
        """A list, empty where it is null or missing."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, list):
            raise self.wrong(name, "is not a list")
        return value or []

    def part(self, name: str) -> Mapping[str, Any]:
        """An object, empty where it is null or missing."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "is not an object")
        return value or {}


@dataclass(frozen=True, slots=True)
class Names:
    """Our ids by (kind, integer), the pictures, and the names of those that are not there."""

    ours: Mapping[tuple[str, int], str]
    pictures: ByContent
    missing: set[str] = field(default_factory=set)

    def own(self, record: Record, name: str, kind: str) -> str:
        """Our id for the integer in a field of a record."""
        known = self.ours.get((kind, record.number(name)))
        if known is None:
            raise record.wrong(name, f"is {record.number(name)}, which {layout.ID_MAP} does not know")
        return known

    def products(self, numbers: Iterable[int]) -> list[str]:
        """Our ids of the products that are in the knowledge base."""
        return [self.ours["product", one] for one in numbers if ("product", one) in self.ours]

    def find(self, names: Sequence[Any], folders: Sequence[str]) -> list[str]:
        """Where pictures are, each in the first of the folders that has it."""
        found = []
        for name in names:
            places = (self.pictures.place(f"{folder}/{name}") for folder in folders)
            place = next((one for one in places if one is not None), None)
            if place is None:
                self.missing.add(f"{folders[0]}/{name}")
            else:
                found.append(place)
        return found


def product_row(record: Record, names: Names) -> dict[str, Any]:
    """A product as `products.parquet` has it."""
    path = record.text("product_category")
    return {
        "sku": names.own(record, "id", "product"),
        "name": record.text("product_name", needed=True),
        "categories": path.split(layout.ARROW) if path else [],
        "description": _description(record),
        "attributes": _attributes(record),
        "images": names.find(record.items("image_path"), (layout.PRODUCT_IMAGES,)),
    }


def _description(record: Record) -> str:
    value = record.part("overview_section").get("description")
    if value is not None and not isinstance(value, str):
        raise record.wrong("overview_section", "has a description that is not a string")
    return value or ""


def _attributes(record: Record) -> list[dict[str, str]]:
    """All sections of the sheet in its order; the field `attribute` where there is none."""
    rows = []
    for section in record.items("Spec"):
        try:
            group = section.get("subsection") or layout.WITHOUT_GROUP
            some = [(one["specification"], one["value"]) for one in section["text"]]
        except (AttributeError, KeyError, TypeError):
            raise record.wrong("Spec", "is not a list of sections with specification and value") from None
        rows += [("" if group == layout.WITHOUT_GROUP else str(group), str(name), value) for name, value in some]
    if not rows:
        rows = [("", name, value) for name, value in record.part("attribute").items()]
    return [
        {"group": group, "name": name, "value": str(one)}
        for group, name, value in rows
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]


def review_row(record: Record, products: Mapping[int, Record], names: Names) -> dict[str, Any]:
    """A review as a split's table has it."""
    listed = record.items("review_image_path")
    photos = record.items("review_image_path_before_select") or listed
    gold = record.integer("gold_entity_info", record.part("gold_entity_info").get("id"))
    sku = names.ours.get(("product", gold))
    if sku is None or gold not in products:
        raise record.wrong("gold_entity_info", f"names product {gold}, which is not in the knowledge base")
    return {
        "review_id": names.own(record, "review_id", "review"),
        "sku": sku,
        "mention": record.text("mention"),
        "title": record.text("header"),
        "text": record.text("body"),
        "images": names.find(photos, (layout.REVIEW_IMAGES, layout.CLEANED_IMAGES)),
        "cleaned_images": names.find(listed, (layout.CLEANED_IMAGES, layout.REVIEW_IMAGES)),
        "candidates": [sku, *(other for other in names.products(_negatives(record, products[gold])) if other != sku)],
    }


def _negatives(record: Record, gold: Record) -> list[int]:
    """Hard negatives: the review's own, those of its gold product, or the first that were retrieved for it."""
    if layout.HARD_NEGATIVES in record.values:
        return [record.integer(layout.HARD_NEGATIVES, value) for value in record.items(layout.HARD_NEGATIVES)]
    plans = (
        (gold, ("similar_product_id", "product_id_with_similar_image"), None),
        (record, ("fused_candidate_list",), RETRIEVED),
    )
    for one, fields, most in plans:
        numbers = [one.integer(name, value) for name in fields for value in one.items(name)]
        if numbers:
            return list(dict.fromkeys(numbers))[:most]
    return []
