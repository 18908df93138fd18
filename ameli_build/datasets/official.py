"""A data set in the authors' layout: their release, or one that `ameli export` wrote."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.datasets.by_content import ByContent
from ameli_build.datasets.data import PRODUCT_COLUMNS, REVIEW_COLUMNS, SPLITS, Data, Tables, make_data
from ameli_build.datasets.official_records import Names, Record, product_row, review_row
from ameli_build.release import official_layout as layout
from ameli_build.release.tables import PRODUCTS, REVIEWS

PICTURES = (layout.PRODUCT_IMAGES, layout.REVIEW_IMAGES, layout.CLEANED_IMAGES)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a data set in the authors' layout: products, and a file for each split."""

    folder: Path
    products: Path
    reviews: Mapping[str, Path]

    @property
    def all(self) -> dict[str, Path]:
        """All files but the pictures, by name."""
        named = {"products": self.products, **self.reviews}
        named |= {name: self.folder / name for name in (layout.ID_MAP, layout.CLEAN_TEST)}
        return {name: path for name, path in named.items() if path.is_file()}


def find_official(folder: Path) -> Files | None:
    """The files of a data set in the authors' layout; None if `folder` has none.

    Files have the authors' default names, or are the only files of their kind. If a split has no queries for
    retrieval, its queries for disambiguation are read. Raises `UnusableInput` if a split is missing.
    """
    products = _one(folder, layout.PRODUCTS, ("*products*.json",))
    if products is None or not any((folder / name).is_dir() for name in layout.FOLDERS.values()):
        return None
    reviews = {}
    for split in SPLITS:
        base = folder / layout.FOLDERS[split]
        found = _one(base, layout.RETRIEVAL, ("retrieval/*review*.json",))
        found = found or _one(base, layout.DISAMBIGUATION[split], ("disambiguation/*review*.json",))
        if found is None:
            raise UnusableInput(f"{base}: no reviews here (neither retrieval/*review*.json nor disambiguation/)")
        reviews[split] = found
    return Files(folder, products, reviews)


def _one(folder: Path, usual: str, patterns: Sequence[str]) -> Path | None:
    if (folder / usual).is_file():
        return folder / usual
    found = sorted(path for pattern in patterns for path in folder.glob(pattern))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UnusableInput(f"{found[0].parent}: several files could be read ({names}); leave one")
    return found[0] if found else None


def load_official(files: Files, pictures: ByContent) -> Data:
    """Read the data set, with our ids if there is an `id_map.csv`, else with the integers.

    Raises `UnusableInput` that names the file, record and field at fault.
    """
    records = {name: _records(path) for name, path in (("products", files.products), *files.reviews.items())}
    _check_distinct(records)
    ours = _our_ids(files.folder / layout.ID_MAP) or _padded(records)
    names = Names(ours, pictures)
    products = [product_row(record, names) for record in records["products"]]
    by_number = {record.number("id"): record for record in records["products"]}
    columns = pl.Schema({name: REVIEWS[name] for name in REVIEW_COLUMNS})
    splits = {
        split: pl.DataFrame([review_row(record, by_number, names) for record in records[split]], columns, orient="row")
        for split in SPLITS
    }
    if names.missing:
        say(f"warning: {len(names.missing)} pictures are named but not there, such as {sorted(names.missing)[0]}")
    clean = _clean(files.folder / layout.CLEAN_TEST, names)
    paths = {"products": files.products, **files.reviews}
    known = pl.DataFrame(products, pl.Schema({name: PRODUCTS[name] for name in PRODUCT_COLUMNS}), orient="row")
    return make_data(Tables(known, splits, clean, pictures.root, paths))


def _records(path: Path) -> list[Record]:
    found = _json(path)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise UnusableInput(f"{path}: not a list of objects")
    return [Record(path, n, item) for n, item in enumerate(found, 1)]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnusableInput(f"{path}: unreadable ({error})") from None


def _our_ids(path: Path) -> dict[tuple[str, int], str]:
    """(kind, integer) -> our id; empty without the file."""
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as text:
            return {(row["kind"], int(row["id"])): row["our_id"] for row in csv.DictReader(text)}
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableInput(f"{path}: not a table of kind, id and our_id ({error})") from None


def _padded(records: Mapping[str, Sequence[Record]]) -> dict[tuple[str, int], str]:
    """Integers as strings that sort as they do."""
    numbers = [(kind, number) for kind, number, _ in _numbered(records)]
    width = max((len(str(number)) for _, number in numbers), default=1)
    return {(kind, number): f"{number:0{width}d}" for kind, number in numbers}


def _check_distinct(records: Mapping[str, Sequence[Record]]) -> None:
    seen: dict[tuple[str, int], Record] = {}
    for kind, number, record in _numbered(records):
        first = seen.setdefault((kind, number), record)
        if first is not record:
            raise record.error(f"{kind} {number} stands in {first.path}, record {first.place}, too")


def _numbered(records: Mapping[str, Sequence[Record]]) -> Iterator[tuple[str, int, Record]]:
    """Kind, integer id and record of all products and reviews."""
    for name, some in records.items():
        kind, field = ("product", "id") if name == "products" else ("review", "review_id")
        yield from ((kind, record.number(field), record) for record in some)


def _clean(path: Path, names: Names) -> frozenset[str] | None:
    if not path.is_file():
        return None
    found = _json(path)
    if not isinstance(found, list) or not all(isinstance(item, int) for item in found):
        raise UnusableInput(f"{path}: not a list of integer ids")
    return frozenset(names.ours.get(("review", number), "") for number in found)
