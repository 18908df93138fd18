"""Annotation tasks: their reviews, the products beside each review, and the choices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.annotation.pictures import Pictures
from ameli_build.core.errors import UnusableInput
from ameli_build.core.records import joined_text
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot

CLEAN_TEST, INFORMATIVENESS, MENTIONS = TASKS = ("clean-test", "informativeness", "mentions")
CANNOT_TELL = "?"
CHOICES: Mapping[str, tuple[str, ...]] = {INFORMATIVENESS: ("yes", "no"), MENTIONS: ("right", "wrong")}
"""Fixed choices of a task, besides "cannot tell". The choices of `clean-test` are the numbers of candidates."""

QUESTIONS: Mapping[str, str] = {
    CLEAN_TEST: "Which of these products is the review about?",
    INFORMATIVENESS: "Does the review say or show enough to tell this product from similar ones?",
    MENTIONS: "Do the marked words name the product that the review is about?",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A review to judge. `shown` are the SKUs beside it, in order; `photos` are paths as in the tables.

    `span` is the mention's range in `text`, in code points; None if the task does not show it.
    """

    review_id: str
    title: str
    text: str
    photos: tuple[str, ...]
    shown: tuple[str, ...]
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A product for annotators, without SKU and price. `attributes` are (group, name, value)."""

    name: str
    categories: tuple[str, ...]
    description: str
    attributes: tuple[tuple[str, str, str], ...]
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """All reviews of a task and the folder of their pictures."""

    name: str
    items: Mapping[str, Item]
    entities: Mapping[str, Entity]
    pictures: Pictures

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the review ids and the products beside each review. All sheets and answers files contain it."""
        shown = [[key, list(item.shown), item.span] for key, item in sorted(self.items.items())]
        return hashlib.sha256(json.dumps([self.name, shown]).encode()).hexdigest()

    def choices(self, item: Item) -> tuple[str, ...]:
        """The choices for a review; "cannot tell" is the last."""
        numbers = tuple(str(position) for position in range(1, len(item.shown) + 1))
        return (*CHOICES.get(self.name, numbers), CANNOT_TELL)

    def product_of(self, review_id: str, choice: str | None) -> str | None:
        """The SKU of a chosen product; None for a fixed choice, "cannot tell" or a blank."""
        if self.name in CHOICES or choice is None or choice == CANNOT_TELL:
            return None
        return self.items[review_id].shown[int(choice) - 1]


def load_task(snapshot: Snapshot, name: str) -> Task:
    """A task of a snapshot; raises `UnusableInput` if the task is unknown or its tables are missing."""
    if name == CLEAN_TEST:
        return _clean_test(snapshot)
    if name in TASKS:
        return _of_mentions(snapshot, name)
    raise UnusableInput(f"task {name!r}: unknown (known: {', '.join(TASKS)})")


def choose(task: Task, settings: Settings) -> list[str]:
    """The reviews for annotators: the whole test split; for other tasks, a sample by hash, of section 3's size."""
    ids = sorted(task.items)
    if task.name == CLEAN_TEST:
        return ids
    size = settings.sheets.informativeness_reviews if task.name == INFORMATIVENESS else settings.sheets.mention_reviews
    seed = settings.run.seed
    return sorted(ids, key=lambda key: hashlib.sha256(f"{seed}\nsample\n{key}".encode()).hexdigest())[:size]


def _clean_test(snapshot: Snapshot) -> Task:
    """The test split with its candidates. The gold product is among them and does not stand out."""
    tables = {}
    for name in ("test", "products"):
        path = snapshot.dataset / f"{name}.parquet"
        if not path.is_file():
            raise UnusableInput(f"{path}: missing; run ameli build first")
        tables[name] = pl.read_parquet(path)
    items = {
        row["review_id"]: Item(
            row["review_id"], row["title"], row["text"], tuple(row["images"] or ()), tuple(row["candidates"] or ())
        )
        for row in tables["test"].iter_rows(named=True)
    }
    return Task(CLEAN_TEST, items, _entities(tables["products"], items), _pictures(snapshot, snapshot.dataset))


def _of_mentions(snapshot: Snapshot, name: str) -> Task:
    """All reviews with a mention, including reviews that section 3.4 drops, each with its gold product."""
    reviews = snapshot.scan("clean/reviews").join(snapshot.scan("mentions/mentions"), on="review_id").collect()
    items = {row["review_id"]: _item(row, name) for row in reviews.iter_rows(named=True)}
    return Task(name, items, _entities(snapshot.read("clean/products"), items), _pictures(snapshot, snapshot.root))


def _pictures(snapshot: Snapshot, root: Path) -> Pictures:
    return Pictures(root, snapshot.root / "cache" / "sheets")


def _item(row: Mapping[str, Any], name: str) -> Item:
    photos, shown = tuple(row["images"] or ()), (row["sku"],)
    if name == MENTIONS:
        span = row["mention_start"], row["mention_end"]
        return Item(row["review_id"], "", joined_text(row["title"], row["text"]), photos, shown, span)
    return Item(row["review_id"], row["title"], row["text"], photos, shown)


def _entities(products: pl.DataFrame, items: Mapping[str, Item]) -> dict[str, Entity]:
    """The products on the sheets by SKU; raises `UnusableInput` if the table lacks a product."""
    wanted = {sku for item in items.values() for sku in item.shown}
    found = {
        row["sku"]: Entity(
            row["name"],
            tuple(row["categories"] or ()),
            row["description"] or "",
            tuple((part["group"] or "", part["name"] or "", part["value"] or "") for part in row["attributes"] or ()),
            tuple(row["images"] or ()),
        )
        for row in products.filter(pl.col("sku").is_in(list(wanted))).sort("sku").iter_rows(named=True)
    }
    if missing := sorted(wanted - found.keys()):
        raise UnusableInput(
            f"candidate {missing[0]} is not in the products table ({len(missing)} missing); build again"
        )
    return found
