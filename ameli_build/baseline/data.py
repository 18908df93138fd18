"""A released data set as the baseline reads it: `dataset/` and nothing else (section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from ameli_build.baseline.metrics import Integers
from ameli_build.records import Attribute, joined_text_expr
from ameli_build.snapshot import UnusableInput

SPLITS = ("train", "dev", "test")


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
    is section 3.5's candidates, gold included. Of the test reviews, neither is read before scoring.
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


def load_data(dataset: Path) -> Data:
    """Read a released data set; raises `UnusableInput` that names what is missing or contradicts itself."""
    kb = _knowledge_base(_read(dataset / "products.parquet"))
    clean_path = dataset / "clean_test.parquet"
    clean = set(_read(clean_path)["review_id"]) if clean_path.is_file() else set()
    frames = [
        _read(dataset / f"{split}.parquet").sort("review_id").with_columns(pl.lit(split).alias("split"))
        for split in SPLITS
    ]
    return Data(
        kb, _reviews(pl.concat(frames, how="vertical_relaxed"), kb, clean, dataset), clean_path.is_file(), dataset
    )


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; run ameli build first")
    try:
        return pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise UnusableInput(f"{path}: not a table ({str(error).splitlines()[0]})") from error


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


def _reviews(table: pl.DataFrame, kb: KnowledgeBase, clean: set[str], dataset: Path) -> Reviews:
    unknown = table.filter(~pl.col("sku").is_in(list(kb.skus)))
    if unknown.height:
        split, review, sku = unknown.select("split", "review_id", "sku").row(0)
        raise UnusableInput(
            f"{dataset / split}.parquet: review {review} has the gold product {sku}, not in products.parquet"
        )
    return Reviews(
        ids=tuple(table["review_id"]),
        splits=tuple(table["split"]),
        mentions=tuple(table["mention"]),
        texts=tuple(table.select(joined_text_expr().alias("joined"))["joined"]),
        images=tuple(tuple(paths) for paths in table["cleaned_images"]),
        photos=tuple(tuple(paths) for paths in table["images"]),
        gold=np.array([kb.row[sku] for sku in table["sku"]], dtype=np.int64),
        hard=tuple(tuple(kb.row[sku] for sku in skus if sku in kb.row) for skus in table["candidates"]),
        clean=np.array([review in clean for review in table["review_id"]], dtype=np.bool_),
    )
