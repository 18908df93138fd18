"""Embeddings of many texts or pictures through the cache of shards.

Distinct items are sorted, cut into shards and encoded a shard at a time, so that what stands in a batch depends on the
items alone: not on their order, on the number of workers, or on what the cache lacks. Values are float32 rounded to
six decimals. A shard's key covers the items' content, the model's identity, the batch size, the device, and this code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.models import Matrix, identity
from ameli_build.models.text import load_text_encoder
from ameli_build.models.vision import load_image_encoder, open_picture
from ameli_build.settings import Settings
from ameli_build.snapshot import RunFailed, file_digest
from ameli_build.stages import Shard, Work

DECIMALS = 6

_ADDRESSED = "raw/images/"
"""Pictures below this folder are named by the hash of their content."""


def embed_texts(work: Work, settings: Settings, texts: Sequence[str]) -> Matrix:
    """Unit vectors of `settings.models.text_encoder`, shape (texts, dimension), row i for `texts[i]`."""
    models = settings.models
    common = (models.text_encoder, models.device, models.batch)
    code = module_fingerprint("ameli_build.models.text", __name__)
    distinct = sorted(set(texts))
    shards = [
        Shard(fingerprint("texts", part, identity(models.text_encoder), common[1:], code), (*common, part))
        for part in _cut(distinct, settings.run.shard_rows)
    ]
    return _gather(work, "embed texts", _encode_texts, shards, distinct, texts)


def embed_images(work: Work, settings: Settings, paths: Sequence[str]) -> Matrix:
    """Unit vectors of `settings.models.image_encoder`, shape (paths, dimension), row i for `paths[i]`.

    Paths are relative to the snapshot. Pictures are turned as their EXIF says and read as RGB.
    Raises `RunFailed` for one that cannot be decoded.
    """
    models = settings.models
    root = work.snapshot.root
    common = (models.image_encoder, models.device, models.batch)
    code = module_fingerprint("ameli_build.models.vision", __name__)
    distinct = sorted(set(paths))
    shards = [
        Shard(
            fingerprint("images", _contents(root, part), identity(models.image_encoder), common[1:], code),
            (*common, str(root), part),
        )
        for part in _cut(distinct, settings.run.shard_rows)
    ]
    return _gather(work, "embed images", _encode_images, shards, distinct, paths)


def _contents(root: Path, paths: Sequence[str]) -> list[str]:
    return [path if path.startswith(_ADDRESSED) else f"{path} {file_digest(root / path)}" for path in paths]


def _encode_texts(payload: tuple[str, str, int, list[str]]) -> pl.DataFrame:
    name, device, batch, texts = payload
    return _table(load_text_encoder(name, device, batch).encode(texts))


def _encode_images(payload: tuple[str, str, int, str, list[str]]) -> pl.DataFrame:
    name, device, batch, root, paths = payload
    encoder = load_image_encoder(name, device, batch)
    # a batch at a time: a shard of photographs need not fit in memory
    parts = [encoder.encode([_open(Path(root) / path) for path in some]) for some in _cut(paths, batch)]
    return _table(np.concatenate(parts))


def _open(path: Path) -> Any:
    try:
        return open_picture(path)
    except (OSError, ValueError) as error:
        raise RunFailed(f"{path}: cannot be decoded ({error})") from error


def _table(vectors: Matrix) -> pl.DataFrame:
    rounded = np.round(vectors, DECIMALS).astype(np.float32) + np.float32(0)  # no negative zero
    return pl.DataFrame({"vector": rounded}, schema={"vector": pl.Array(pl.Float32, rounded.shape[1])})


def _gather(
    work: Work,
    label: str,
    function: Callable[[Any], pl.DataFrame],
    shards: Sequence[Shard],
    distinct: Sequence[str],
    items: Sequence[str],
) -> Matrix:
    tables = work.map(label, function, shards)
    if not tables:
        return np.zeros((0, 0), dtype=np.float32)
    vectors = np.concatenate([table["vector"].to_numpy() for table in tables])
    place = {item: n for n, item in enumerate(distinct)}
    chosen: Matrix = vectors[[place[item] for item in items]]
    return chosen


def _cut(items: Sequence[str], size: int) -> list[list[str]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]
