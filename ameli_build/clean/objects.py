"""Filter 7 (section 3.2): the patch of each photograph that shows the product; photographs without one leave.

The prompt is the product's name and, on a miss, its leaf category; the best box is the patch, the "cleaned image".
Detection and thresholds are apart: the cache keeps the best box with its score, whatever the thresholds are.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import polars as pl

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.cache import Kind, Work, run_batches
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import content_key
from ameli_build.core.reasons import Reason
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import is_own_file, is_whole_picture, write_bytes
from ameli_build.models.detect import PROMPTLESS
from ameli_build.models.patches import detect_some
from ameli_build.models.sources import identity

PATCHES = "stages/clean/patches"
SHARD = 32
"""Pictures a shard: a killed run loses at most so many detections."""
SHARDS_AT_ONCE = 32
"""Shards whose patches are in memory at once."""
STORED = pl.Schema({"score": pl.Float64, "cleaned": pl.String})


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
    for path in () if work.only_fills else (work.snapshot.root / PATCHES).glob("*"):
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


def first_prompts(settings: Settings, root: Path, pictures: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Items of `detection_kind` that `find_objects` searches first, for the files among `pictures` (`path`, `name`)."""
    if settings.models.detector in PROMPTLESS:
        pictures = pictures.with_columns(name=pl.lit(""))
    there = [(path, prompt) for path, prompt in pictures.select("path", "name").iter_rows() if is_own_file(root, path)]
    return _by_key(root, there)


def detection_kind(settings: Settings, root: Path) -> Kind:
    """The best box and patch of single pictures."""
    models = settings.models
    device = models.device_of("detector")
    mine = fingerprint("objects", identity(models.detector), device)
    common = (str(root), models.detector, device)
    is_model = models.detector not in PROMPTLESS
    return Kind("detect objects", detect_some, common, mine, 1, model=is_model, device=device)


def _by_key(root: Path, pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Pairs of path and prompt by a key that begins with the picture's."""
    return {f"{content_key(root, path)}{sha256(prompt.encode()).hexdigest()}": (path, prompt) for path, prompt in pairs}


def _detect(work: Work, settings: Settings, pairs: pl.DataFrame, needed: float) -> pl.DataFrame:
    """`path`, `prompt`, `score` and `cleaned` of each distinct pair; patches that score above `needed` are written."""
    root = work.snapshot.root
    distinct = pairs.unique().sort("path", "prompt").rows()
    items = _by_key(root, distinct)
    stored = [pl.DataFrame(schema=STORED)]
    stored += [
        _store(root, table, needed)
        for table in run_batches(work, detection_kind(settings, root), items, SHARD, at_once=SHARDS_AT_ONCE)
    ]
    place = {key: n for n, key in enumerate(sorted(items))}
    rows = pl.Series([place[key] for pair in distinct for key in _by_key(root, [pair])], dtype=pl.UInt32)
    named = pl.DataFrame(distinct, schema={"path": pl.String, "prompt": pl.String}, orient="row")
    return named.hstack(pl.concat(stored)[rows])


def _store(root: Path, table: pl.DataFrame, needed: float) -> pl.DataFrame:
    names: list[str | None] = []
    for score, patch in table.select("score", "patch").iter_rows():
        if patch is None or not score > needed:
            names.append(None)
            continue
        name = f"{PATCHES}/{sha256(patch).hexdigest()}.jpg"
        if not is_whole_picture(root / name):
            write_bytes(root / name, patch)
        names.append(name)
    return table.select("score", cleaned=pl.Series(names, dtype=pl.String))


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
