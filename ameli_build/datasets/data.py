"""A released data set as the baseline reads it: `dataset/` and nothing else (section 4.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ameli_build.core.arrays import Integers, Mask
from ameli_build.core.errors import UnusableInput
from ameli_build.core.records import Attribute, joined_text_expr

SPLITS = ("train", "dev", "test")
PRODUCT_COLUMNS = ("sku", "name", "categories", "description", "attributes", "images")
REVIEW_COLUMNS = ("review_id", "sku", "mention", "title", "text", "images", "cleaned_images", "candidates")
"""Columns of a release that the baseline reads."""


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """The entities, sorted by SKU; `row` gives a SKU's place. Image paths are relative to `Data.root`."""

    skus: tuple[str, ...]
    names: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    descriptions: tuple[str, ...]
    attributes: tuple[tuple[Attribute, ...], ...]
    images: tuple[tuple[str, ...], ...]
    row: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.skus)

    def titles(self) -> pl.DataFrame:
        """The sources of names: `sku`, `name`, and `leaf`, the last category of the path."""
        leaves = [path[-1] if path else "" for path in self.categories]
        schema = {"sku": pl.String, "name": pl.String, "leaf": pl.String}
        return pl.DataFrame({"sku": self.skus, "name": self.names, "leaf": leaves}, schema=schema)

    def texts(self, fields: Sequence[str]) -> list[str]:
        """The texts for retrieval: `fields` are "title" and "description"; the title if they are empty."""
        columns = {"title": self.names, "description": self.descriptions}
        chosen = zip(*(columns[field] for field in fields), strict=True)
        return [". ".join(filter(None, parts)) or name for name, parts in zip(self.names, chosen, strict=True)]


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews of all splits, each split sorted by id.

    `images` are the cleaned pictures, `photos` the originals. `gold` and `hard` hold rows of the knowledge base; `hard`
    has the candidates of section 3.5, gold included, ascending. Only scoring reads them for test reviews.
    """

    ids: tuple[str, ...]
    splits: tuple[str, ...]
    mentions: tuple[str, ...]
    texts: tuple[str, ...]
    images: tuple[tuple[str, ...], ...]
    photos: tuple[tuple[str, ...], ...]
    gold: Integers
    hard: tuple[tuple[int, ...], ...]
    clean: Mask

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, split: str) -> Integers:
        """Rows of a split's reviews; `clean_test` is the part of test that an annotator confirmed."""
        if split == "clean_test":
            return np.flatnonzero(self.clean).astype(np.int64)
        return np.array([n for n, name in enumerate(self.splits) if name == split], dtype=np.int64)

    def linked(self) -> Integers:
        """Rows of the reviews that are linked: dev, then test."""
        return np.concatenate([self.rows("dev"), self.rows("test")])

    def draw(self, row: int, seed: int) -> int:
        """A number for the review at `row` that depends on seed and id alone."""
        return int.from_bytes(hashlib.sha256(f"{seed} {self.ids[row]}".encode()).digest(), "big")

    def sample(self, split: str, count: int, seed: int) -> Integers:
        """Rows of at most `count` reviews of a split, chosen by the smallest `draw`; all of them for 0."""
        rows = self.rows(split)
        if count == 0 or count >= len(rows):
            return rows
        return np.sort(np.array(sorted(rows, key=lambda row: self.draw(row, seed))[:count], dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Data:
    """The data set of a baseline; image paths are relative to `root`.

    `has_clean_test` distinguishes an empty Clean-Test from a missing one.
    """

    kb: KnowledgeBase
    reviews: Reviews
    has_clean_test: bool
    root: Path


@dataclass(frozen=True, slots=True)
class Tables:
    """A data set as tables with the columns of a release, and the files they come from, for errors.

    `clean` holds the ids of Clean-Test, None without one. Image paths are relative to `root`.
    """

    products: pl.DataFrame
    splits: Mapping[str, pl.DataFrame]
    clean: frozenset[str] | None
    root: Path
    files: Mapping[str, Path]


def load_data(dataset: Path) -> Data:
    """Read a released data set; raises `UnusableInput` that names the missing or contradictory part."""
    files = {name: dataset / f"{name}.parquet" for name in ("products", *SPLITS)}
    clean = dataset / "clean_test.parquet"
    return make_data(
        Tables(
            _read(files["products"], PRODUCT_COLUMNS),
            {split: _read(files[split], REVIEW_COLUMNS) for split in SPLITS},
            frozenset(_read(clean, ("review_id",))["review_id"]) if clean.is_file() else None,
            dataset,
            files,
        )
    )


def make_data(tables: Tables) -> Data:
    """The data set of some tables; raises `UnusableInput` that names a record that cannot be scored."""
    for name, key, column in (
        ("products", "sku", "images"),
        *((split, "review_id", "cleaned_images") for split in SPLITS),
    ):
        table = tables.products if name == "products" else tables.splits[name]
        bare = table.filter(pl.col(column).list.len().fill_null(0) == 0)
        if bare.height:
            raise UnusableInput(f"{tables.files[name]}: {bare[key][0]} has no picture in {column!r}")
    kb = knowledge_base(tables.products.sort("sku"))
    frames = [
        tables.splits[split].select(REVIEW_COLUMNS).sort("review_id").with_columns(split=pl.lit(split))
        for split in SPLITS
    ]
    reviews = _reviews(pl.concat(frames, how="vertical_relaxed"), kb, tables)
    return Data(kb, reviews, tables.clean is not None, tables.root)


def _read(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; run ameli build first")
    try:
        table = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise UnusableInput(f"{path}: not a table ({str(error).splitlines()[0]})") from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise UnusableInput(f"{path}: no column {missing[0]!r}")
    return table.select(columns)


def knowledge_base(table: pl.DataFrame) -> KnowledgeBase:
    """The entities of a table with the columns of a released `products.parquet`, in its order."""
    skus = tuple(table["sku"])
    return KnowledgeBase(
        skus=skus,
        names=tuple(table["name"]),
        categories=tuple(tuple(path) for path in table["categories"]),
        descriptions=tuple(text or "" for text in table["description"]),
        attributes=tuple(
            tuple(Attribute(row["group"] or "", row["name"], row["value"]) for row in sheet)
            for sheet in table["attributes"].to_list()
        ),
        images=tuple(tuple(paths) for paths in table["images"]),
        row={sku: n for n, sku in enumerate(skus)},
    )


def _reviews(table: pl.DataFrame, kb: KnowledgeBase, tables: Tables) -> Reviews:
    unknown = table.filter(~pl.col("sku").is_in(list(kb.skus)))
    if unknown.height:
        split, review, sku = unknown.select("split", "review_id", "sku").row(0)
        raise UnusableInput(
            f"{tables.files[split]}: review {review} has the gold product {sku}, not in {tables.files['products'].name}"
        )
    clean = tables.clean or frozenset()
    return Reviews(
        ids=tuple(table["review_id"]),
        splits=tuple(table["split"]),
        mentions=tuple(table["mention"]),
        texts=tuple(table.select(joined_text_expr().alias("joined"))["joined"]),
        images=tuple(tuple(paths) for paths in table["cleaned_images"]),
        photos=tuple(tuple(paths) for paths in table["images"]),
        gold=np.array([kb.row[sku] for sku in table["sku"]], dtype=np.int64),
        hard=tuple(tuple(sorted(kb.row[sku] for sku in skus if sku in kb.row)) for skus in table["candidates"]),
        clean=np.array([review in clean for review in table["review_id"]], dtype=np.bool_),
    )
