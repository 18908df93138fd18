"""A released data set as the baseline reads it: `dataset/` and nothing else (section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ameli_build.baseline.metrics import Integers
from ameli_build.records import Attribute, joined_text_expr
from ameli_build.snapshot import UnusableInput

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

    def texts(self) -> list[str]:
        """What text retrieval compares with: title and description."""
        return [f"{name}. {text}" if text else name for name, text in zip(self.names, self.descriptions, strict=True)]


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews of all splits, each split sorted by id.

    `images` are the cleaned ones, `photos` the originals. `gold` and `hard` hold rows of the knowledge base; `hard`
    is section 3.5's candidates, gold included, ascending. Of the test reviews, neither is read before scoring.
    """

    ids: tuple[str, ...]
    splits: tuple[str, ...]
    mentions: tuple[str, ...]
    texts: tuple[str, ...]
    images: tuple[tuple[str, ...], ...]
    photos: tuple[tuple[str, ...], ...]
    gold: Integers
    hard: tuple[tuple[int, ...], ...]
    clean: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, split: str) -> Integers:
        """Places of a split's reviews; `clean_test` is the part of test that an annotator confirmed."""
        if split == "clean_test":
            return np.flatnonzero(self.clean).astype(np.int64)
        return np.array([n for n, name in enumerate(self.splits) if name == split], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Data:
    """What a baseline is trained and scored on.

    `has_clean_test` tells an empty Clean-Test from a missing one; image paths are relative to `root`.
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
    """Read a released data set; raises `UnusableInput` that names what is missing or contradicts itself."""
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
    kb = _knowledge_base(tables.products)
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


def _knowledge_base(table: pl.DataFrame) -> KnowledgeBase:
    table = table.sort("sku")
    skus = tuple(table["sku"])
    return KnowledgeBase(
        skus=skus,
        names=tuple(table["name"]),
        categories=tuple(tuple(path) for path in table["categories"]),
        descriptions=tuple(text or "" for text in table["description"]),
        attributes=tuple(
            tuple(Attribute(one["group"] or "", one["name"], one["value"]) for one in sheet)
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
