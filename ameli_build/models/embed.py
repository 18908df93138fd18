"""Embeddings of many texts or pictures, cached by batch.

The items of a batch depend only on the contents of all requested items: not on their order, the number of workers or
the state of the cache (`core.cache`). Values are float32, rounded to six decimals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from ameli_build.core.arrays import Matrix
from ameli_build.core.cache import Kind, Work, vectors_of
from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import content_key, open_picture
from ameli_build.core.settings import Settings
from ameli_build.models.exported import export_text_encoder
from ameli_build.models.sources import identity
from ameli_build.models.text import load_text_encoder
from ameli_build.models.vision import load_image_encoder

DECIMALS = 6


def embed_texts(work: Work, settings: Settings, texts: Sequence[str]) -> Matrix:
    """Unit vectors of `settings.models.text_encoder`, shape (texts, dimension), row i for `texts[i]`."""
    kind = text_kind(settings, export_text_encoder(work, settings.models) if texts else "")
    keys = [text_key(text) for text in texts]
    return vectors_of(work, kind, dict(zip(keys, texts, strict=True)), keys, settings.run.shard_rows)


def text_kind(settings: Settings, exported: str) -> Kind:
    """Cached vectors of texts. `exported` is the encoder's folder for `models.text_backend`, "" for PyTorch."""
    models, device = settings.models, settings.models.device_of("text_encoder")
    common = (models.text_encoder, device, models.batch, models.precision, exported)
    how = (device, models.batch, models.precision, models.text_backend)
    inputs = fingerprint("texts", identity(models.text_encoder), how)
    return Kind("embed texts", encode_texts, common, inputs, models.batch, device=device, unit="texts")


def text_key(text: str) -> str:
    """A hash that begins with the text's length. Sorted by it, texts of a batch have similar lengths."""
    return f"{min(len(text), 0xFFFF):04x}{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def embed_images(
    work: Work, settings: Settings, paths: Sequence[str], root: Path | None = None, role: str = "image_encoder"
) -> Matrix:
    """Unit vectors of an image encoder, shape (paths, dimension), row i for `paths[i]`.

    Pictures are rotated by their EXIF orientation and read as RGB.

    Args:
        work: The snapshot, the mapper and the cache.
        settings: The settings, with the model and the size of a batch.
        paths: Paths of pictures, relative to `root`.
        root: Folder of the pictures; by default the snapshot.
        role: The setting below `models` that names the encoder.

    Raises:
        RunFailed: A picture cannot be decoded.
        UnusableInput: The model cannot be loaded.
    """
    root = root or work.snapshot.root
    keys = [content_key(root, path) for path in paths]
    kind = image_kind(settings, root, role)
    return vectors_of(work, kind, dict(zip(keys, paths, strict=True)), keys, settings.run.shard_rows)


def image_kind(settings: Settings, root: Path, role: str = "image_encoder") -> Kind:
    """Cached vectors of pictures by the encoder of `role`."""
    models, device = settings.models, settings.models.device_of(role)
    name = getattr(models, role)
    common = (name, device, models.batch, models.precision, role)
    inputs = fingerprint("images", identity(name), common[1:-1])
    return Kind(
        "embed images", encode_images, (*common, str(root)), inputs, models.batch, device=device, unit="pictures"
    )


def encode_texts(
    name: str, device: str, batch: int, precision: str, exported: str, texts: Sequence[str]
) -> pl.DataFrame:
    """The vectors of a batch of texts, a row each."""
    encoder = load_text_encoder(name, device, batch, exported=exported, precision=precision)
    return _table(encoder.encode(texts))


def encode_images(
    name: str, device: str, batch: int, precision: str, role: str, root: str, paths: Sequence[str]
) -> pl.DataFrame:
    """The vectors of a batch of pictures, a row each; `paths` are relative to `root`."""
    encoder = load_image_encoder(name, device, batch, precision, role)
    return _table(encoder.encode([_open(Path(root) / path) for path in paths]))


def _open(path: Path) -> Image.Image:
    try:
        return open_picture(path)
    except (OSError, ValueError) as error:
        raise RunFailed(f"{path}: cannot be decoded ({error})") from error


def _table(vectors: Matrix) -> pl.DataFrame:
    rounded = np.round(vectors, DECIMALS).astype(np.float32) + np.float32(0)  # no negative zero
    return pl.DataFrame({"vector": rounded}, schema={"vector": pl.Array(pl.Float32, rounded.shape[1])})
