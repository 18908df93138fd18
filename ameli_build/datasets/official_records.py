"""A record of the authors' layout as a row of a release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ameli_build.core.errors import UnusableInput
from ameli_build.datasets.by_content import ByContent
from ameli_build.release import official_layout as layout

T = TypeVar("T")

RETRIEVED = 20
"""Number of retrieved candidates that are hard negatives if a data set names no hard negatives."""


@dataclass(frozen=True, slots=True)
class Record:
    """An object of a JSON list, and its place in it, from 1."""

    path: Path
    place: int
    values: Mapping[str, Any]

    def error(self, why: str) -> UnusableInput:
        """The error for this record."""
        return UnusableInput(f"{self.path}: record {self.place}: {why}")

    def wrong(self, name: str, why: str) -> UnusableInput:
        """The error for a field of this record."""
        return self.error(f"field {name!r} {why}")

    def required(self, name: str) -> str:
        """A string that must be there."""
        if self.values.get(name) is None:
            raise self.wrong(name, "is missing")
        return self.text(name)

    def text(self, name: str) -> str:
        """A string; empty if it is null or missing."""
        return self._typed(name, str, "a string", "")

    def items(self, name: str) -> list[Any]:
        """A list; empty if it is null or missing."""
        return self._typed(name, list, "a list", [])

    def part(self, name: str) -> Mapping[str, Any]:
        """An object; empty if it is null or missing."""
        return self._typed(name, dict, "an object", {})

    def _typed(self, name: str, kind: type[T], what: str, empty: T) -> T:
        value = self.values.get(name)
        if value is not None and not isinstance(value, kind):
            raise self.wrong(name, f"is not {what}")
        return empty if value is None else value

    def number(self, name: str) -> int:
        """An integer, also as a string."""
        return self.integer(name, self.values.get(name))

    def integer(self, name: str, value: Any) -> int:
        """`value` of the field `name`, or of a part of it, as an integer."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        raise self.wrong(name, "is missing" if value is None else "is not an integer")

    def integers(self, *names: str) -> list[int]:
        """The integers of some lists."""
        return [self.integer(name, value) for name in names for value in self.items(name)]


@dataclass(frozen=True, slots=True)
class Names:
    """Our ids by (kind, integer), the pictures, and the names of the missing pictures."""

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
        return [self.ours["product", number] for number in numbers if ("product", number) in self.ours]

    def find(self, names: Sequence[Any], *folders: str) -> list[str]:
        """Paths of pictures, each in the first of the folders that has it."""
        found = []
        for name in names:
            places = (self.pictures.place(f"{folder}/{name}") for folder in folders)
            place = next((path for path in places if path is not None), None)
            if place is None:
                self.missing.add(f"{folders[0]}/{name}")
            else:
                found.append(place)
        return found


def product_row(record: Record, names: Names) -> dict[str, Any]:
    """A row of `products.parquet`."""
    path, description = record.text("product_category"), record.part("overview_section").get("description")
    if description is not None and not isinstance(description, str):
        raise record.wrong("overview_section", "has a description that is not a string")
    return {
        "sku": names.own(record, "id", "product"),
        "name": record.required("product_name"),
        "categories": path.split(layout.ARROW) if path else [],
        "description": description or "",
        "attributes": _attributes(record),
        "images": names.find(record.items("image_path"), layout.PRODUCT_IMAGES),
    }


def _attributes(record: Record) -> list[dict[str, str]]:
    """All sections of the sheet in its order; without sections, the field `attribute`."""
    rows = []
    for section in record.items("Spec"):
        try:
            group = section.get("subsection") or layout.WITHOUT_GROUP
            pairs = [(row["specification"], row["value"]) for row in section["text"]]
        except (AttributeError, KeyError, TypeError):
            raise record.wrong("Spec", "is not a list of sections with specification and value") from None
        rows += [("" if group == layout.WITHOUT_GROUP else str(group), str(name), value) for name, value in pairs]
    if not rows:
        rows = [("", name, value) for name, value in record.part("attribute").items()]
    return [
        {"group": group, "name": name, "value": str(value)}
        for group, name, values in rows
        for value in (values if isinstance(values, list) else [values])
        if value is not None
    ]


def review_row(record: Record, products: Mapping[int, Record], names: Names) -> dict[str, Any]:
    """A row of a split's table."""
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
        "images": names.find(photos, layout.REVIEW_IMAGES, layout.CLEANED_IMAGES),
        "cleaned_images": names.find(listed, layout.CLEANED_IMAGES, layout.REVIEW_IMAGES),
        "candidates": [sku, *(other for other in names.products(_negatives(record, products[gold])) if other != sku)],
    }


def _negatives(record: Record, gold: Record) -> list[int]:
    """Hard negatives of the review, or of its gold product, or the first products that were retrieved for it."""
    if layout.HARD_NEGATIVES in record.values:
        return record.integers(layout.HARD_NEGATIVES)
    of_gold = gold.integers("similar_product_id", "product_id_with_similar_image")
    return list(dict.fromkeys(of_gold)) or list(dict.fromkeys(record.integers("fused_candidate_list")))[:RETRIEVED]
