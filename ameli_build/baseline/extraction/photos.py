"""The text that review photographs show, read by OCR (section 4.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ameli_build.core.cache import Kind, Work, rows_of
from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import content_key, open_picture
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Reviews
from ameli_build.models.ocr import load_reader
from ameli_build.models.sources import identity

PHOTOS_PER_SHARD = 16
"""Largest number of photos whose readings a killed run loses."""


def read_photos(work: Work, settings: Settings, reviews: Reviews, root: Path) -> tuple[list[list[str]], dict[str, int]]:
    """Read the original photos: the first of each review, or all.

    `baseline.ocr_images` above 0 limits their number: photos of dev and test come before photos of train, chosen by a
    hash of seed and name. Results are cached by the content of each photo.

    Args:
        work: The snapshot, the mapper and the cache.
        settings: Settings of the run, with the reader.
        reviews: The reviews.
        root: Folder of the photos' paths.

    Returns:
        Lines of text for each review, and the numbers of all photos and of those read.

    Raises:
        UnusableInput: The reader is not available.
        RunFailed: A photo cannot be decoded.
    """
    photos = [paths if settings.baseline.reads_all_photos else paths[:1] for paths in reviews.photos]
    every, chosen = _choose(settings, reviews.splits, photos)
    keys = {path: content_key(root, path) for path in chosen}
    items = {key: path for path, key in keys.items()}
    models, rotations = settings.models, list(settings.baseline.ocr_rotations)
    device = models.device_of("ocr")
    mine = fingerprint("ocr", identity(models.ocr), device, rotations)
    kind = Kind(
        "read photos", _read, (models.ocr, device, rotations, str(root)), mine, 1, device=device, unit="photographs"
    )
    rows = rows_of(work, kind, items, list(keys.values()), PHOTOS_PER_SHARD)
    read: dict[str, list[str]] = dict(zip(keys, rows["lines"].to_list(), strict=True)) if keys else {}
    lines = [[line for path in paths for line in read.get(path, [])] for paths in photos]
    return lines, {"photos": every, "read": len(chosen)}


def _choose(settings: Settings, splits: Sequence[str], photos: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
    """The number of distinct photos, and the photos to read."""
    seed, limit = settings.run.seed, settings.baseline.ocr_images
    late = {path: split == "train" for split, paths in zip(splits, photos, strict=True) for path in paths}
    order = sorted(late, key=lambda path: (late[path], hashlib.sha256(f"{seed} {path}".encode()).digest()))
    return len(order), sorted(order[:limit] if limit else order)


def _read(name: str, device: str, rotations: list[int], root: str, paths: Sequence[str]) -> pl.DataFrame:
    reader = load_reader(name, device)
    rows = []
    for path in paths:
        try:
            picture = open_picture(Path(root) / path)
        except (OSError, ValueError) as error:
            raise RunFailed(f"{Path(root) / path}: cannot be decoded ({error})") from error
        rows.append(reader.read(picture, rotations))
    return pl.DataFrame({"lines": rows}, schema={"lines": pl.List(pl.String)})
