"""Builds the index of a knowledge base, once for each data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ameli_build.baseline.encode import embed_pictures
from ameli_build.baseline.extraction.attributes import listed_names, make_sheets
from ameli_build.baseline.extraction.values import index_values
from ameli_build.baseline.retrieval.channels import Pictures
from ameli_build.core.cache import Mapper, Work, in_process
from ameli_build.core.checksums import recorded
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.fingerprints import fingerprint, work_code
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, whole_file, write_table
from ameli_build.datasets.data import Data, KnowledgeBase, load_data
from ameli_build.mentions.rules import CAREFUL
from ameli_build.mentions.stage import name_table
from ameli_build.models.embed import embed_texts
from ameli_build.models.pairs import PairEncoder, load_pair_encoder
from ameli_build.models.sources import identity
from ameli_build.models.text import load_text_encoder
from ameli_build.models.vision import load_image_encoder
from ameli_build.single.encoders import CONFIG, Exported
from ameli_build.single.index import EXPORTS, MARK, NAMES, VALUES, Index, folder_of, load_index, sign_index
from ameli_build.single.reading import crops
from ameli_build.single.trained import NOT_EXPORTED, TrainedParts, adapted, bring_trained
from ameli_build.single.verdict import calibrate, dev_rows

ROWS_AT_ONCE = 1 << 16


def build_index(snapshot: Snapshot, settings: Settings, mine: str, mapper: Mapper = in_process) -> Index:
    """Build and load the index of this fingerprint. The caller holds the snapshot's lock.

    Raises:
        UnusableInput: A model is not available.
    """
    say("link: making the index of names, values and vectors (once for this data set)")
    work = Work.of(snapshot, settings, mapper)
    with recorded(snapshot.root, folder_of(snapshot).relative_to(snapshot.root).as_posix()):
        _write_index(work, settings, mine)
    made = load_index(snapshot, mine, work.folder(EXPORTS))
    if made is None:
        raise RunFailed(f"{folder_of(snapshot)}: the new index cannot be read")
    return made


def _write_index(work: Work, settings: Settings, mine: str) -> None:
    snapshot = work.snapshot
    folder, data = folder_of(snapshot), load_data(snapshot.dataset)
    kb = data.kb
    (folder / MARK).unlink(missing_ok=True)
    names, (values, about) = _name_keys(work, settings, kb), _value_forms(kb)
    write_table(folder / "names.parquet", names)
    write_table(folder / "values.parquet", values)
    descriptions = [text or name for text, name in zip(kb.descriptions, kb.names, strict=True)]
    entities = kb.texts(settings.baseline.entity_text)
    texts = {"texts": entities, "names": kb.names, "descriptions": descriptions}
    vectors = {name: embed_texts(work, settings, some) for name, some in texts.items()}
    pictures, trained = embed_pictures(work, settings, data.root, kb.images), bring_trained(snapshot, settings, folder)
    vectors["pictures"] = adapted(trained, pictures.vectors)
    for name, matrix in vectors.items():
        _write_array(folder / f"{name}.npy", matrix)
    _write_array(folder / "starts.npy", pictures.starts)
    parts = {"encoders": export_encoders(work, settings, trained), "trained": trained.about}
    index = Index(data.root, kb.skus, kb.names, names, values, vectors, pictures.starts, parts)
    parts["thresholds"] = _calibrate(work, settings, folder, index, data)
    sign_index(folder, work.folder(EXPORTS), {"fingerprint": mine, **about, **parts})


def _calibrate(work: Work, settings: Settings, folder: Path, index: Index, data: Data) -> dict[str, Any]:
    """Thresholds of `verdict`, on dev reviews embedded as `read_review` does."""
    rows, reviews = dev_rows(data, settings), data.reviews
    trained, texts = index.about["trained"], embed_texts(work, settings, [reviews.texts[row] for row in rows])
    cropped = [
        reviews.images[row] if crops(settings, trained, reviews.mentions[row]) else reviews.photos[row] for row in rows
    ]
    pictures = embed_pictures(work, settings, data.root, cropped)
    if trained["adapter"] and len(rows):
        pictures = Pictures(Exported.load(folder / "adapter.onnx")(pictures.vectors), pictures.starts)
    return calibrate(index, settings, data, texts, pictures)


def _name_keys(work: Work, settings: Settings, kb: KnowledgeBase) -> pl.DataFrame:
    """All forms of all names, with the rows of the products of that name, in the columns of `NAMES`.

    Names by the rule of the settings, and by this project's rule, which knows everyday names ("fridge").
    """
    careful = settings.model_copy(update={"mentions": settings.mentions.model_copy(update={"rule": CAREFUL})})
    tables = [name_table(work, some, kb.titles()).with_row_index("row") for some in (settings, careful)]
    names = pl.concat(tables if settings.mentions.rule != CAREFUL else tables[:1])
    return (
        names.select(pl.col("row").cast(pl.Int64), "keys", "verbs")
        .explode("keys", "verbs")
        .drop_nulls("keys")
        .group_by(pl.col("keys").alias("key"))
        .agg(pl.col("verbs").last().alias("verb"), pl.col("row").unique().sort().alias("rows"))
        .sort("key")
        .select(list(NAMES))
    )


def _value_forms(kb: KnowledgeBase) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The values for string match, in the columns of `VALUES`, and their statistics for `about`."""
    sheets = make_sheets(kb)
    values = index_values(sheets)
    rows = (
        (" ".join(form), "".join(form).lower(), name, products.tolist())
        for form, names in sorted(values.holders.items())
        for name, products in names.items()
    )
    holders: dict[str, list[int]] = {}
    for row, sheet in enumerate(sheets):
        for key in sheet.values:
            holders.setdefault(key, []).append(row)
    every = (("", "", key, products) for key, products in sorted(holders.items()))
    parts = [pl.DataFrame(part, schema=VALUES, orient="row") for part in _cut(chain(rows, every))]
    about = {
        "longest": values.longest,
        "longest_joined": values.longest_joined,
        "listed": sorted(listed_names(sheets)),
    }
    return pl.concat([VALUES.to_frame(), *parts]), about


def _cut(rows: Iterator[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == ROWS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _write_array(path: Path, array: np.ndarray[Any, Any]) -> None:
    with whole_file(path) as handle:
        np.save(handle, array, allow_pickle=False)


def export_encoders(work: Work, settings: Settings, trained: TrainedParts) -> dict[str, Mapping[str, Any] | None]:
    """Write the encoders as ONNX files to the cache; returns the folder and options of each, None without an export.

    Exports run on the processor; on a GPU, the original models run.

    Raises:
        UnusableInput: A model cannot be loaded.
    """
    models, entries = settings.models, dict[str, Mapping[str, Any] | None].fromkeys(("texts", "pairs", "pictures"))
    roles = ("text_encoder", "image_encoder", models.pair_role)
    if any(models.device_of(role) != "cpu" for role in roles) or find_spec("onnx") is None:
        return entries
    from ameli_build.single import export

    folder = _folder(work, identity(models.text_encoder))
    texts = load_text_encoder(models.text_encoder, "cpu", models.batch)
    with suppress(UnusableInput):  # a format that only Sentence Transformers can load
        if export.export_backbone(folder, _pairs(settings, models.text_encoder)):
            entries["texts"] = _entry(folder, export.text_options(folder, texts))
    if trained.about["head"]:
        entries["pairs"] = _export_pairs(work, settings, trained)
    folder = _folder(work, identity(models.image_encoder))
    pictures = load_image_encoder(models.image_encoder, "cpu", models.batch)
    entries["pictures"] = _entry(folder, {} if export.export_pictures(folder, pictures) else None)
    return entries


def _export_pairs(work: Work, settings: Settings, trained: TrainedParts) -> Mapping[str, Any] | None:
    """Export the encoder of pairs. If a fine-tuned encoder cannot be exported, its head is not used either."""
    from ameli_build.single import export

    name = settings.models.nli_encoder or settings.models.text_encoder
    encoder = trained.encoder or _pairs(settings, name)
    folder = _folder(work, identity(name), "" if trained.encoder is None else trained.digest)
    there = (folder / CONFIG).is_file() or export.export_backbone(folder, encoder)
    entry = _entry(folder, export.pair_options(folder, encoder)) if there else None
    if entry is None and trained.encoder is not None:
        trained.about.update(head=False, note=NOT_EXPORTED)
    return entry


def _pairs(settings: Settings, name: str) -> PairEncoder:
    models = settings.models
    return load_pair_encoder(name, models.device_of(models.pair_role), models.batch, settings.baseline.max_tokens)


def _folder(work: Work, *content: str) -> Path:
    code = work_code("ameli_build.single.export", "ameli_build.single.encoders")
    return work.folder(EXPORTS) / fingerprint(*content, code)[:32]


def _entry(folder: Path, options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if options is None else {"folder": folder.name, **options}
