"""Near-duplicate photographs: perceptual hashes of 256 bits, of which only a few differ.

The hash (pHash) survives other sizes, compression, brightness and contrast, not a crop of more than the rim. Pictures
without contrast have a hash of noise and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import imagehash
import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image, ImageStat

from ameli_build.clean.decoding import bounded, open_body, to_rgb
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.settings import Settings
from ameli_build.stages import Shard, Work

SIDE = 16
BITS = SIDE * SIDE
LEAST_CONTRAST = 2.0
"""Standard deviation of grey values (0 to 255) below which a picture is a plain surface."""
_ENOUGH_PIXELS = (256, 256)
"""A JPEG is decoded at the smallest scale that is not below this: the hash looks at 64 x 64."""
_ANY_SIZE = 2**31
"""Pictures that get here have passed the limit of the stage `clean`."""
_HASHES = pl.Schema({"hash": pl.Binary})

Alike = tuple[int, int, int]
"""Places of two pictures, the lower first, and the number of bits that differ."""


def hash_pictures(work: Work, settings: Settings, paths: Sequence[str]) -> pl.Series:
    """The hash of each picture of the snapshot as 32 bytes, null for a plain surface; kept by content."""
    size = settings.run.shard_rows
    code = (module_fingerprint(__name__, "ameli_build.clean.decoding", "PIL._version"), imagehash.__version__)
    parts = [list(paths[start : start + size]) for start in range(0, len(paths), size)]
    shards = [Shard(fingerprint("phash", part, code), (str(work.snapshot.root), part)) for part in parts]
    tables = work.map("hash pictures", hash_shard, shards)
    return pl.concat([pl.DataFrame(schema=_HASHES), *tables])["hash"]


def hash_shard(payload: tuple[str, Sequence[str]]) -> pl.DataFrame:
    """The hashes of a shard of pictures: the snapshot's root, paths in it."""
    root, paths = payload
    rows = []
    for path in paths:
        with bounded(_ANY_SIZE), open_body((Path(root) / path).read_bytes()) as image:
            image.draft(None, _ENOUGH_PIXELS)
            rows.append(picture_hash(to_rgb(image)))
    return pl.DataFrame({"hash": rows}, schema=_HASHES)


def picture_hash(image: Image.Image) -> bytes | None:
    """The perceptual hash of a picture, None for a plain surface."""
    grey = image.convert("L")
    if ImageStat.Stat(grey).stddev[0] < LEAST_CONTRAST:
        return None
    return np.packbits(imagehash.phash(grey, hash_size=SIDE).hash).tobytes()


def alike_pictures(hashes: pl.Series, bits: int) -> list[Alike]:
    """Pairs of hashes of which at most `bits` bits differ, in order of their places; nulls are like nothing."""
    places = hashes.is_not_null().arg_true().to_numpy()
    if not len(places):
        return []
    table: npt.NDArray[np.uint8] = np.frombuffer(b"".join(hashes.drop_nulls()), np.uint8).reshape(len(places), -1)
    index = faiss.IndexBinaryFlat(BITS)
    index.add(table)
    limits, distances, found = index.range_search(table, bits + 1)  # it looks below its radius
    matches = limits[1:] - limits[:-1]
    asked = np.repeat(np.arange(len(places)), matches.astype(np.intp))
    once = asked < found
    rows = zip(places[asked[once]].tolist(), places[found[once]].tolist(), distances[once].tolist(), strict=True)
    return sorted((one, other, int(distance)) for one, other, distance in rows)
