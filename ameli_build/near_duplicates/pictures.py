"""Near-duplicate photographs, whose perceptual hashes of 256 bits differ in only a few bits.

The hash (pHash) tolerates changes of size, compression, brightness and contrast, but only slight cropping. Pictures
without contrast are ignored, because their hashes are noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import imagehash
import numpy as np
import numpy.typing as npt
import PIL
import polars as pl
from PIL import Image, ImageStat

from ameli_build.core.cache import Kind, Work, rows_of
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import content_key, open_picture
from ameli_build.core.settings import Settings

SIDE = 16
BITS = SIDE * SIDE
LEAST_CONTRAST = 2.0
"""Standard deviation of grey values (0 to 255) below which a picture is a uniform surface."""
_HASHES = pl.Schema({"hash": pl.Binary})

Alike = tuple[int, int, int]
"""Indices of two pictures, the lower first, and the number of different bits."""


def hash_pictures(work: Work, settings: Settings, paths: Sequence[str]) -> pl.Series:
    """The hash of each picture of the snapshot as 32 bytes, null for a uniform surface; cached by content."""
    root = work.snapshot.root
    keys = [content_key(root, path) for path in paths]
    rows = rows_of(work, hash_kind(root), dict(zip(keys, paths, strict=True)), keys, settings.run.shard_rows)
    return rows["hash"] if keys else pl.DataFrame(schema=_HASHES)["hash"]


def hash_kind(root: Path) -> Kind:
    """Hashes of single pictures."""
    identity = fingerprint("phash", PIL.__version__, imagehash.__version__)
    return Kind("hash pictures", hash_some, (str(root),), identity, 1, model=False, unit="pictures")


def hash_some(root: str, paths: Sequence[str]) -> pl.DataFrame:
    """The hashes of some pictures; `root` is the snapshot's."""
    hashes = [picture_hash(open_picture(Path(root) / path)) for path in paths]
    return pl.DataFrame({"hash": hashes}, schema=_HASHES)


def picture_hash(image: Image.Image) -> bytes | None:
    """The perceptual hash of a picture; None for a uniform surface."""
    grey = image.convert("L")
    if ImageStat.Stat(grey).stddev[0] < LEAST_CONTRAST:
        return None
    return np.packbits(imagehash.phash(grey, hash_size=SIDE).hash).tobytes()


def alike_pictures(hashes: pl.Series, bits: int) -> list[Alike]:
    """Pairs of hashes that differ in at most `bits` bits, in the order of their indices. Nulls have no pairs."""
    places = hashes.is_not_null().arg_true().to_numpy()
    if not len(places):
        return []
    table: npt.NDArray[np.uint8] = np.frombuffer(b"".join(hashes.drop_nulls()), np.uint8).reshape(len(places), -1)
    index = faiss.IndexBinaryFlat(BITS)
    index.add(table)
    limits, distances, found = index.range_search(table, bits + 1)  # the radius is exclusive
    matches = limits[1:] - limits[:-1]
    queries = np.repeat(np.arange(len(places)), matches.astype(np.intp))
    once = queries < found
    rows = zip(places[queries[once]].tolist(), places[found[once]].tolist(), distances[once].tolist(), strict=True)
    return sorted((first, second, int(distance)) for first, second, distance in rows)
