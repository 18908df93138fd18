"""Filter 7 (section 3.2): the patch of each photograph that shows the product; other photographs are removed.

The prompt is the product's name and, on a miss, its leaf category. The best box is the patch, the "cleaned image". The
cache has the best box with its score, so a changed threshold does not repeat the detection.
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
from ameli_build.core.settings.section import Probability, Section
from ameli_build.core.snapshot import is_own_file, is_whole_picture, write_bytes
from ameli_build.models.detect import PROMPTLESS
from ameli_build.models.patches import detect_some
from ameli_build.models.sources import identity

PATCHES = "stages/clean/patches"
SHARD = 32
"""Pictures of a shard: the largest number of detections that a killed run loses."""
SHARDS_AT_ONCE = 32
"""Shards whose patches are in memory at the same time."""
STORED = pl.Schema({"score": pl.Float64, "cleaned": pl.String})


class ObjectSettings(Section):
    """Filter 7."""

    box_threshold: Probability = 0.3
    """Score that the box of the object must exceed, else the image is dropped (filter 7)."""
    text_threshold: Probability = 0.25
    """Score that a word of the prompt must exceed in the box (Grounding DINO only)."""


def find_objects(work: Work, settings: Settings, pictures: pl.DataFrame) -> pl.DataFrame:
    """Find the products in photographs, and write patches as JPEG to `stages/clean/patches/<sha256>.jpg`.

    Other files in that folder, which are patches of earlier settings, are removed.

    Args:
        work: Cache and workers of the stage.
        settings: Settings of the run.
        pictures: Table with `path` and with `name` and `leaf` of the product. `leaf` can be null or empty.

    Returns:
        `pictures` with `cleaned` (path of the patch, null on a miss) and `score` (of the best box, null without a box).
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
    found = _best(pictures, first, second, needed)
    current = set(found["cleaned"].drop_nulls())
    for path in () if work.only_fills else (work.snapshot.root / PATCHES).glob("*"):
        if f"{PATCHES}/{path.name}" not in current:
            path.unlink()
    return found


def _hit(needed: float) -> pl.Expr:
    return (pl.col("score") > needed).fill_null(False)


def _best(pictures: pl.DataFrame, first: pl.DataFrame, second: pl.DataFrame, needed: float) -> pl.DataFrame:
    """`pictures` with the patch of the first prompt if it hit, else of the second prompt."""
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
    """Items of `detection_kind` for the first prompts of `find_objects`.

    Args:
        settings: Settings of the run.
        root: Folder of the snapshot.
        pictures: Table with `path` and `name`. Paths that are no files of the snapshot have no item.
    """
    if settings.models.detector in PROMPTLESS:
        pictures = pictures.with_columns(name=pl.lit(""))
    rows = pictures.select("path", "name").iter_rows()
    return _by_key(root, [(path, prompt) for path, prompt in rows if is_own_file(root, path)])


def detection_kind(settings: Settings, root: Path) -> Kind:
    """The cached work that finds the best box and patch of a picture."""
    models = settings.models
    device = models.device_of("detector")
    mine = fingerprint("objects", identity(models.detector), device)
    common = (str(root), models.detector, device)
    is_model = models.detector not in PROMPTLESS
    return Kind("detect objects", detect_some, common, mine, 1, model=is_model, device=device, unit="pictures")


def _by_key(root: Path, pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Pairs of path and prompt by a key that begins with the key of the picture."""
    return {f"{content_key(root, path)}{sha256(prompt.encode()).hexdigest()}": (path, prompt) for path, prompt in pairs}


def _detect(work: Work, settings: Settings, pairs: pl.DataFrame, needed: float) -> pl.DataFrame:
    """`path`, `prompt`, `score` and `cleaned` of each distinct pair. Patches with scores above `needed` are written."""
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
    """The score that a box must exceed: both thresholds, because a box without a word of the prompt has no phrase."""
    clean = settings.section(ObjectSettings)
    if settings.models.detector in PROMPTLESS:
        return clean.box_threshold
    return max(clean.box_threshold, clean.text_threshold)


def object_not_found(settings: Settings) -> Verdict:
    """Drop a review if the product is in none of its photographs."""
    return Verdict(
        Reason.OBJECT_NOT_FOUND,
        fails=pl.col("n_found") == 0,
        detail=pl.format("product found in none of {} images", pl.col("n_decoded")),
        value=pl.col("best_score"),
        threshold=pl.lit(str(score_needed(settings))),
    )
