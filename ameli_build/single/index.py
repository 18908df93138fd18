"""The index of a knowledge base for linking, built once in `SNAPSHOT/baseline/link/`.

Names and values are tables, filtered by the few words of a review. Vectors are memory-mapped; encoders are ONNX files
in the cache. No file is executed as code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ameli_build.core.arrays import Integers, Matrix
from ameli_build.core.errors import UnusableInput
from ameli_build.core.fingerprints import code_of, fingerprint
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, file_digest, write_json
from ameli_build.core.standing import stage_record
from ameli_build.models.sources import identity
from ameli_build.single.encoders import CONFIG

ROLES = ("text_encoder", "image_encoder", "nli_encoder", "language")
MARK = "index.json"
"""File with an index's fingerprint, statistics, options and digests; it is written last."""
EXPORTS = "export models"
"""Label in the cache of the encoders' ONNX files."""
_EXPORT = re.compile(r"([0-9a-f]{32})?")
"""The name of an encoder's folder, which is a fingerprint; "" is the index itself."""
VECTORS = ("texts", "names", "descriptions", "pictures", "starts")

_Columns = dict[str, pl.DataType | type[pl.DataType]]
_NAMES: _Columns = {"key": pl.String, "verb": pl.Boolean, "rows": pl.List(pl.Int64)}
NAMES = pl.Schema(_NAMES)
"""A name's letters, whether it is also a verb, and the rows of its products."""

_VALUES: _Columns = {"form": pl.String, "joined": pl.String, "name": pl.String, "rows": pl.List(pl.Int64)}
VALUES = pl.Schema(_VALUES)
"""An attribute value's tokens with and without spaces, the attribute's name, and the rows of its products.

Rows with an empty form have the products with any value of the attribute.
"""


@dataclass(frozen=True, slots=True)
class Index:
    """The products, sorted by SKU, with their vectors, names and values; rows count from 0.

    `texts`, `names` and `descriptions` are unit vectors of the text encoder, `pictures` of the image encoder. Product n
    has the rows `starts[n]` up to `starts[n + 1]` of `pictures`. `about` has statistics and options of `index.json`.
    """

    products: Path
    skus: tuple[str, ...]
    titles: tuple[str, ...]
    name_keys: pl.DataFrame
    value_forms: pl.DataFrame
    vectors: Mapping[str, Matrix]
    starts: Integers
    about: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.skus)

    def names_among(self, keys: Iterable[str]) -> dict[str, tuple[bool, Integers]]:
        """The known names among `keys`, each with a flag for verbs and the rows of its products."""
        hits = self.name_keys.filter(pl.col("key").is_in(sorted(set(keys))))
        return {key: (verb, np.array(rows, dtype=np.int64)) for key, verb, rows in hits.iter_rows()}

    def values_among(self, forms: Iterable[str], joined: Iterable[str]) -> pl.DataFrame:
        """The values among `forms`, and the values that without spaces are among `joined`."""
        spaced, close = sorted(set(forms)), sorted(set(joined))
        return self.value_forms.filter(pl.col("form").is_in(spaced) | pl.col("joined").is_in(close))


def folder_of(snapshot: Snapshot) -> Path:
    """The folder of the index."""
    return snapshot.root / "baseline" / "link"


def model_folder(snapshot: Snapshot) -> Path:
    """The folder of the weights trained by `ameli baseline`."""
    return snapshot.root / "baseline" / "model"


def fingerprint_of(snapshot: Snapshot, settings: Settings) -> str:
    """The fingerprint of all inputs of an index; raises `UnusableInput` if the data set has no products."""
    products = released_products(snapshot)
    dev = snapshot.dataset / "dev.parquet"
    trained = [dev, snapshot.root / "baseline" / "scores.json", *sorted(model_folder(snapshot).glob("*"))]
    models = settings.models
    return fingerprint(
        "link",
        file_digest(products),
        [(path.name, file_digest(path)) for path in trained if path.is_file()],
        stage_record(snapshot, "baseline").get("outputs", {}),
        {role: identity(name) for role in ROLES if (name := getattr(models, role))},
        [models.device, models.devices, models.batch, models.text_backend, models.precision],
        [settings.mentions.max_words, settings.mentions.rule, settings.run.shard_rows, settings.run.seed],
        [settings.baseline.images, settings.baseline.max_tokens, settings.baseline.attributes_per_candidate],
        [settings.baseline.text_signals, settings.baseline.entity_text],
        code_of("ameli_build.single.build"),
    )


def released_products(snapshot: Snapshot) -> Path:
    """The table of the data set's products; raises `UnusableInput` if it is missing or empty."""
    products = snapshot.dataset / "products.parquet"
    if not products.is_file():
        raise UnusableInput(f"{products}: missing; run ameli build first")
    try:
        rows = pq.read_metadata(products).num_rows
    except (pa.ArrowException, OSError) as error:
        raise UnusableInput(f"{products}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    if not rows:
        raise UnusableInput(f"{products}: no product to link to; see dropped_products.parquet for the reasons")
    return products


def sign_index(folder: Path, exports: Path, about: Mapping[str, Any]) -> None:
    """Write `index.json`: `about`, and digests of `about`, of the index's files and of the exported encoders."""
    encoders = filter(None, about["encoders"].values())
    files = {"": _digests(folder)} | {entry["folder"]: _digests(exports / entry["folder"]) for entry in encoders}
    content = {**about, "files": files}
    write_json(folder / MARK, content | {"digest": fingerprint(content)})


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: file_digest(path) for path in sorted(folder.glob("*")) if path.is_file() and path.name != MARK}


def _is_whole(folder: Path, exports: Path, about: dict[str, Any]) -> bool:
    """Whether the files of an index have the digests of `sign_index`. A damaged export is marked as unfinished."""
    content = {name: value for name, value in about.items() if name != "digest"}
    named = {entry["folder"] for entry in about["encoders"].values() if entry} | {""}
    consistent = (
        about["digest"] == fingerprint(content)
        and named == content["files"].keys()
        and all(map(_EXPORT.fullmatch, named))
    )
    damaged = [] if consistent else [folder / MARK]
    for name, digests in content["files"].items() if consistent else ():
        place = exports / name if name else folder
        if place.is_dir() and _digests(place) != digests:  # without an export, the original encoder is used
            damaged.append(place)
            if name:
                (place / CONFIG).unlink(missing_ok=True)
    if damaged:
        say(f"warning: {damaged[0]}: damaged, or of an earlier version; made again")
    return not damaged


def load_index(snapshot: Snapshot, mine: str, exports: Path) -> Index | None:
    """The index of a fingerprint; None if it is missing, or if a file of it or of `exports` is damaged."""
    folder = folder_of(snapshot)
    try:
        about = json.loads((folder / MARK).read_text(encoding="utf-8"))
        if about["fingerprint"] != mine or not _is_whole(folder, exports, about):
            return None
        products = snapshot.dataset / "products.parquet"
        table = pl.read_parquet(products, columns=["sku", "name"]).sort("sku")
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in VECTORS}
        return Index(
            products=products,
            skus=tuple(table["sku"]),
            titles=tuple(table["name"]),
            name_keys=pl.read_parquet(folder / "names.parquet"),
            value_forms=pl.read_parquet(folder / "values.parquet"),
            vectors={name: array for name, array in arrays.items() if name != "starts"},
            starts=arrays["starts"],
            about=about,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, pl.exceptions.PolarsError):
        return None
