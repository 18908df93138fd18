"""Builds the index of a knowledge base, once for each data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ameli_build.baseline.encode import embed_pictures
from ameli_build.baseline.extraction.attributes import listed_names, make_sheets
from ameli_build.baseline.extraction.values import index_values
from ameli_build.core.cache import Mapper, Work, in_process
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.fingerprints import fingerprint, work_code
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, whole_file, write_table
from ameli_build.datasets.data import KnowledgeBase, load_data
from ameli_build.mentions.stage import name_table
from ameli_build.models.embed import embed_texts
from ameli_build.models.pairs import PairEncoder, load_pair_encoder
from ameli_build.models.sources import identity
from ameli_build.models.text import load_text_encoder
from ameli_build.models.vision import load_image_encoder
from ameli_build.single.encoders import CONFIG
from ameli_build.single.index import EXPORTS, MARK, NAMES, VALUES, Index, folder_of, load_index, sign_index
from ameli_build.single.trained import NOT_EXPORTED, Learnt, adapted, bring_learnt

ROWS_AT_ONCE = 1 << 16


def build_index(snapshot: Snapshot, settings: Settings, mine: str, mapper: Mapper = in_process) -> Index:
    """Build and load the index of this fingerprint. The caller holds the snapshot's lock.

    Raises:
        UnusableInput: A model is not available.
    """
    say("link: making the index of names, values and vectors (once for this data set)")
    folder, data = folder_of(snapshot), load_data(snapshot.dataset)
    work, kb = Work.of(snapshot, settings, mapper), data.kb
    (folder / MARK).unlink(missing_ok=True)
    write_table(folder / "names.parquet", _name_keys(work, settings, kb))
    values, about = _value_forms(kb)
    write_table(folder / "values.parquet", values)
    descriptions = [text or name for text, name in zip(kb.descriptions, kb.names, strict=True)]
    entities = kb.texts(settings.baseline.entity_text)
    for name, texts in (("texts", entities), ("names", kb.names), ("descriptions", descriptions)):
        _write_array(folder / f"{name}.npy", embed_texts(work, settings, texts))
    pictures, learnt = embed_pictures(work, settings, data.root, kb.images), bring_learnt(snapshot, settings, folder)
    _write_array(folder / "pictures.npy", adapted(learnt, pictures.vectors))
    _write_array(folder / "starts.npy", pictures.starts)
    parts = {"encoders": export_encoders(work, settings, learnt), "learnt": learnt.about}
    sign_index(folder, work.folder(EXPORTS), {"fingerprint": mine, **about, **parts})
    made = load_index(snapshot, mine, work.folder(EXPORTS))
    if made is None:
        raise RunFailed(f"{folder}: the new index cannot be read")
    return made


def _name_keys(work: Work, settings: Settings, kb: KnowledgeBase) -> pl.DataFrame:
    """All forms of all names, with the rows of the products of that name, in the columns of `NAMES`."""
    names = name_table(work, settings, kb.titles()).with_row_index("row")
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
    parts = [pl.DataFrame(part, schema=VALUES, orient="row") for part in _cut(rows)]
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


def export_encoders(work: Work, settings: Settings, learnt: Learnt) -> dict[str, Mapping[str, Any] | None]:
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
    if learnt.about["head"]:
        entries["pairs"] = _export_pairs(work, settings, learnt)
    folder = _folder(work, identity(models.image_encoder))
    pictures = load_image_encoder(models.image_encoder, "cpu", models.batch)
    entries["pictures"] = _entry(folder, {} if export.export_pictures(folder, pictures) else None)
    return entries


def _export_pairs(work: Work, settings: Settings, learnt: Learnt) -> Mapping[str, Any] | None:
    """Export the encoder of pairs. If a fine-tuned encoder cannot be exported, its head is not used either."""
    from ameli_build.single import export

    name = settings.models.nli_encoder or settings.models.text_encoder
    encoder = learnt.encoder or _pairs(settings, name)
    folder = _folder(work, identity(name), "" if learnt.encoder is None else learnt.digest)
    there = (folder / CONFIG).is_file() or export.export_backbone(folder, encoder)
    entry = _entry(folder, export.pair_options(folder, encoder)) if there else None
    if entry is None and learnt.encoder is not None:
        learnt.about.update(head=False, note=NOT_EXPORTED)
    return entry


def _pairs(settings: Settings, name: str) -> PairEncoder:
    models = settings.models
    return load_pair_encoder(name, models.device_of(models.pair_role), models.batch, settings.baseline.max_tokens)


def _folder(work: Work, *content: str) -> Path:
    code = work_code("ameli_build.single.export", "ameli_build.single.encoders")
    return work.folder(EXPORTS) / fingerprint(*content, code)[:32]


def _entry(folder: Path, options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None if options is None else {"folder": folder.name, **options}
