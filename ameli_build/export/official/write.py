"""Write the whole data set in the authors' layout."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from ameli_build.core.cache import Mapper, Work, in_process
from ameli_build.core.checksums import write_released
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.export.official.catalogue import read_listed
from ameli_build.export.official.ids import Ids
from ameli_build.export.official.predicted import read_predicted
from ameli_build.export.official.products import attribute_keys, product_records, read_near, read_urls
from ameli_build.export.official.reviews import (
    Known,
    disambiguation_record,
    image_judgements,
    retrieval_record,
    text_judgements,
)
from ameli_build.export.official.statistics import find_aliases
from ameli_build.release import official_layout as layout
from ameli_build.release.folders import copy_own

PERSONAL = ("annotators", "comments", "disagreements", "not_used")
QRELS = ("TOPIC", "ITERATION", "DOCUMENT#", "RELEVANCY")


def write_official(snapshot: Snapshot, settings: Settings, folder: Path, mapper: Mapper = in_process) -> None:
    """Write the released data set into the empty `folder`, with data from the catalogue and the baseline."""
    dataset = snapshot.dataset
    products = pl.read_parquet(dataset / "products.parquet").sort("sku")
    splits = {split: pl.read_parquet(dataset / f"{split}.parquet").sort("review_id") for split in layout.FOLDERS}
    ids = Ids.of(products["sku"], pl.concat([table["review_id"] for table in splits.values()]))
    known = Known(
        ids,
        {row["sku"]: row for row in products.iter_rows(named=True)},
        find_aliases(Work.of(snapshot, settings, mapper), settings, products, ids),
        read_listed(snapshot),
        read_predicted(snapshot.root / "baseline", ids.products),
    )
    layout.write_list(
        folder / layout.PRODUCTS, product_records(products, ids, read_urls(snapshot), read_near(snapshot))
    )
    for split, table in splits.items():
        _write_split(folder, split, table, known)
    layout.write_list(folder / layout.ATTRIBUTE_KEYS, attribute_keys(products))
    known.aliases.write(folder / layout.STATISTICS)
    _write_pictures(folder, dataset, pl.concat(splits.values()), known)
    ids.write(folder)
    clean = dataset / "clean_test.parquet"
    if clean.is_file():
        numbers = sorted(ids.reviews[review_id] for review_id in pl.read_parquet(clean)["review_id"])
        layout.write_list(folder / layout.CLEAN_TEST, numbers)
    _write_report(snapshot.root / "sheets" / "report.json", folder / layout.REPORT)
    write_released(folder)


def _write_report(path: Path, target: Path) -> None:
    """The annotators' report without names and comments, which must not leave the snapshot."""
    if path.is_file():
        report = json.loads(path.read_text(encoding="utf-8"))
        layout.write_object(target, {name: value for name, value in report.items() if name not in PERSONAL})


def _write_split(folder: Path, split: str, table: pl.DataFrame, known: Known) -> None:
    base = folder / layout.FOLDERS[split]
    rows = table.iter_rows(named=True)
    layout.write_list(base / layout.RETRIEVAL, (retrieval_record(row, known) for row in rows))
    rows = table.iter_rows(named=True)
    layout.write_list(base / layout.DISAMBIGUATION[split], (disambiguation_record(row, known) for row in rows))
    layout.write_csv(base / layout.TEXT_QRELS, QRELS, text_judgements(table, known))
    layout.write_csv(base / layout.IMAGE_QRELS, QRELS, image_judgements(table, known))


def _write_pictures(folder: Path, dataset: Path, reviews: pl.DataFrame, known: Known) -> None:
    for name in (layout.PRODUCT_IMAGES, layout.REVIEW_IMAGES, layout.CLEANED_IMAGES):
        (folder / name).mkdir()
    for sku, product in known.products.items():
        for path, name in zip(product["images"], known.pictures(sku), strict=True):
            copy_own(dataset, path, folder / layout.PRODUCT_IMAGES / name)
    for row in reviews.select("review_id", "images", "cleaned_images").iter_rows(named=True):
        for path, patch, name in zip(row["images"], row["cleaned_images"], known.photos(row), strict=True):
            copy_own(dataset, path, folder / layout.REVIEW_IMAGES / name)
            copy_own(dataset, patch, folder / layout.CLEANED_IMAGES / name)
