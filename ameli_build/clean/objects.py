"""Filter 7 (section 3.2): the patch of each photograph that shows the product; photographs without one leave.

The prompt is the product's name and, on a miss, its leaf category; the best box is the patch, the "cleaned image".
Detection and thresholds are apart: the cache keeps the best box with its score, whatever the thresholds are.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import polars as pl
from PIL import Image

from ameli_build.clean.decoding import bounded, open_body, to_rgb
from ameli_build.clean.verdicts import Verdict
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.models import identity
from ameli_build.models.detect import PROMPTLESS, load_detector
from ameli_build.reasons import Reason
from ameli_build.settings import Settings
from ameli_build.snapshot import write_bytes
from ameli_build.stages import Shard, Work

PATCHES = "stages/clean/patches"
SHARD = 32
"""Pictures a shard: a killed run loses at most so many detections."""
SHARDS_AT_ONCE = 32
"""Shards whose patches are in memory at once."""
QUALITY = 90
CODE = ("ameli_build.models.detect", "ameli_build.models.saliency", "ameli_build.models.grounding", __name__)

FOUND = pl.Schema({"path": pl.String, "prompt": pl.String, "score": pl.Float64, "patch": pl.Binary})
STORED = pl.Schema({"path": pl.String, "prompt": pl.String, "score": pl.Float64, "cleaned": pl.String})

Payload = tuple[str, int, str, str, list[tuple[str, str]]]
"""Root of the snapshot, the most pixels allowed, detector, device, pairs of path and prompt."""


def find_objects(work: Work, settings: Settings, pictures: pl.DataFrame) -> pl.DataFrame:
    """`pictures` with `cleaned` (path of the patch, null on a miss) and `score` (of the best box, null for no box).

    `pictures` has `path`, `name` and `leaf` (the product's name and leaf category, null or empty for none). Patches are
    written as JPEG to `stages/clean/patches/<sha256>.jpg`; other files there, of earlier settings, are removed.
    """
    needed = score_needed(settings)
    if settings.models.detector in PROMPTLESS:
        pictures = pictures.with_columns(name=pl.lit(""), leaf=pl.lit(None, pl.String))
    first = _detect(work, settings, pictures.select("path", prompt="name"), needed)
    missed = pictures.join(
        first.filter(_hit(needed)), left_on=["path", "name"], right_on=["path", "prompt"], how="anti"
    )
    again = missed.filter(pl.col("leaf").fill_null("").str.strip_chars() != "")
    second = _detect(work, settings, again.select("path", prompt="leaf"), needed)
    told = _best(pictures, first, second, needed)
    keep = set(told["cleaned"].drop_nulls())
    for path in (work.snapshot.root / PATCHES).glob("*"):
        if f"{PATCHES}/{path.name}" not in keep:
            path.unlink()
    return told


def _hit(needed: float) -> pl.Expr:
    return (pl.col("score") > needed).fill_null(False)


def _best(pictures: pl.DataFrame, first: pl.DataFrame, second: pl.DataFrame, needed: float) -> pl.DataFrame:
    """`pictures` with the first prompt's patch where it hit, else the second's."""
    both = pictures.join(
        first, left_on=["path", "name"], right_on=["path", "prompt"], how="left", maintain_order="left"
    ).join(
        second,
        left_on=["path", "leaf"],
        right_on=["path", "prompt"],
        how="left",
        maintain_order="left",
        suffix="_second",
    )
    hit, hit_second = _hit(needed), (pl.col("score_second") > needed).fill_null(False)
    return both.with_columns(
        cleaned=pl.when(hit).then("cleaned").when(hit_second).then("cleaned_second"),
        score=pl.when(hit).then("score").otherwise(pl.max_horizontal("score", "score_second")),
    ).drop("score_second", "cleaned_second")


def _detect(work: Work, settings: Settings, pairs: pl.DataFrame, needed: float) -> pl.DataFrame:
    """The best box of each distinct pair in the columns of `STORED`; patches that score above `needed` are written."""
    models = settings.models
    distinct = pairs.unique().sort("path", "prompt").rows()
    common = (identity(models.detector), models.device, module_fingerprint(*CODE))
    shards = [
        Shard(
            fingerprint(part, *common),
            (str(work.snapshot.root), settings.clean.max_pixels, models.detector, models.device, part),
        )
        for part in (distinct[start : start + SHARD] for start in range(0, len(distinct), SHARD))
    ]
    stored = [pl.DataFrame(schema=STORED)]
    for start in range(0, len(shards), SHARDS_AT_ONCE):
        tables = work.map("detect objects", detect_shard, shards[start : start + SHARDS_AT_ONCE])
        stored += [_store(work.snapshot.root, table, needed) for table in tables]
    return pl.concat(stored)


def _store(root: Path, table: pl.DataFrame, needed: float) -> pl.DataFrame:
    names: list[str | None] = []
    for score, patch in table.select("score", "patch").iter_rows():
        if patch is None or not score > needed:
            names.append(None)
            continue
        name = f"{PATCHES}/{hashlib.sha256(patch).hexdigest()}.jpg"
        if not (root / name).is_file():
            write_bytes(root / name, patch)
        names.append(name)
    return table.select("path", "prompt", "score", cleaned=pl.Series(names, dtype=pl.String))


def detect_shard(payload: Payload) -> pl.DataFrame:
    """The best box and patch of each pair of path and prompt, in the columns of `FOUND`."""
    root, max_pixels, name, device, pairs = payload
    detector = load_detector(name, device, box_threshold=0.0, text_threshold=0.0)
    rows: list[tuple[str, str, float | None, bytes | None]] = []
    for path, prompt in pairs:
        with bounded(max_pixels), open_body((Path(root) / path).read_bytes()) as image:
            rgb = to_rgb(image)
        box = detector.detect(rgb, prompt)
        patch = _jpeg(rgb.crop((box.left, box.top, box.right, box.bottom))) if box else None
        rows.append((path, prompt, box.score if box else None, patch))
    return pl.DataFrame(rows, schema=FOUND, orient="row")


def _jpeg(image: Image.Image) -> bytes:
    """A picture as JPEG with nothing beside its pixels: the same bytes for the same pixels."""
    image.info.clear()
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def score_needed(settings: Settings) -> float:
    """What a box must score above: both thresholds, since a box that no word of the prompt belongs to has no phrase."""
    clean = settings.clean
    if settings.models.detector in PROMPTLESS:
        return clean.box_threshold
    return max(clean.box_threshold, clean.text_threshold)


def object_not_found(settings: Settings) -> Verdict:
    """Drop a review when the product is found in none of its photographs."""
    return Verdict(
        Reason.OBJECT_NOT_FOUND,
        fails=pl.col("n_found") == 0,
        detail=pl.format("product found in none of {} images", pl.col("n_decoded")),
        value=pl.col("best_score"),
        threshold=pl.lit(str(score_needed(settings))),
    )
