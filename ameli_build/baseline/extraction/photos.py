"""The text that review photographs show, read by OCR (section 4.2)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from ameli_build.baseline.data import Reviews
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.models import identity
from ameli_build.models.ocr import load_reader
from ameli_build.models.pictures import open_picture
from ameli_build.settings import Settings
from ameli_build.snapshot import RunFailed
from ameli_build.stages import Shard, Work

PHOTOS_PER_SHARD = 16


def read_photos(work: Work, settings: Settings, reviews: Reviews, root: Path) -> tuple[list[list[str]], dict[str, int]]:
    """Lines of text for each review, and how many of the photos were read.

    Paths are relative to `root`. The original photos, the first of each review unless the settings compare all. With
    `baseline.ocr_images` above 0 at most so many: those of dev and test before those of train, chosen by a hash of seed
    and name.
    """
    only_first = settings.baseline.images == "first"
    photos = [paths[:1] if only_first else paths for paths in reviews.photos]
    seed, limit = settings.run.seed, settings.baseline.ocr_images
    late = {path: split == "train" for split, paths in zip(reviews.splits, photos, strict=True) for path in paths}
    order = sorted(late, key=lambda path: (late[path], hashlib.sha256(f"{seed} {path}".encode()).digest()))
    chosen = sorted(order[:limit] if limit else order)
    name, device = settings.models.ocr, settings.models.device
    code = module_fingerprint("ameli_build.models.ocr", "ameli_build.models.pictures", __name__)
    parts = [chosen[start : start + PHOTOS_PER_SHARD] for start in range(0, len(chosen), PHOTOS_PER_SHARD)]
    shards = [Shard(fingerprint("ocr", part, identity(name), code), (name, device, str(root), part)) for part in parts]
    tables = work.map("read photos", _read, shards)
    lines = {path: found for table in tables for path, found in table.iter_rows()}
    return [[line for path in paths for line in lines.get(path, [])] for paths in photos], {
        "photos": len(order),
        "read": len(chosen),
    }


def _read(payload: tuple[str, str, str, list[str]]) -> pl.DataFrame:
    name, device, root, paths = payload
    reader = load_reader(name, device)
    rows = []
    for path in paths:
        try:
            picture = open_picture(Path(root) / path)
        except (OSError, ValueError) as error:
            raise RunFailed(f"{Path(root) / path}: cannot be decoded ({error})") from error
        rows.append({"path": path, "lines": reader.read(picture)})
    return pl.DataFrame(rows, schema={"path": pl.String, "lines": pl.List(pl.String)})
