"""The stage `release`: writes `dataset/` atomically (section 3.5)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.cache import Work
from ameli_build.core.checksums import write_released
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import picture_body
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import (
    Snapshot,
    clear_folder,
    file_digest,
    is_whole_picture,
    own_place,
    write_bytes,
    write_json,
    write_table,
)
from ameli_build.core.stage import Result, Stage, Tables
from ameli_build.core.standing import stage_record
from ameli_build.release.card import card, example_of
from ameli_build.release.croissant import croissant
from ameli_build.release.folders import copy_own
from ameli_build.release.metadata import stripped, without_metadata
from ameli_build.release.schemas import croissant_schema, stats_schema, table_schema
from ameli_build.release.statistics import statistics
from ameli_build.release.tables import SPLITS, images_of, release_tables, renamed

ANSWERS_FILE = "sheets/answers.parquet"
"""Normalised answers of the annotators; absent before the first import."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Write a new `dataset/` beside the old folder, then replace it."""
    refuse_link(work.snapshot)
    root = work.snapshot.root
    answers = root / ANSWERS_FILE
    images = images_of(tables)
    if stray := next((path for path in images if own_place(root, path) is None), None):
        raise RunFailed(f"{root / stray}: a symbolic link, or outside of the snapshot, not a picture in it")
    plain = without_metadata(work, settings, images)
    if work.only_fills:
        return Result({})
    named = renamed(release_tables(tables, pl.read_parquet(answers) if answers.is_file() else None), plain)
    check_conserved(named, tables)
    counts = stage_record(work.snapshot, "clean").get("counts", {})
    stats = statistics(named, tables, counts, _rejected(work.snapshot))
    fresh, old = root / ".dataset.partial", root / ".dataset.old"
    for leftover in (fresh, old):
        clear_folder(leftover)
    try:
        _write_images(fresh, images, plain, root)
        _fill(fresh, named, stats, settings)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if work.snapshot.dataset.exists():
        work.snapshot.dataset.rename(old)
    fresh.rename(work.snapshot.dataset)
    shutil.rmtree(old, ignore_errors=True)
    return Result({}, {name: table.height for name, table in named.items()})


def refuse_link(snapshot: Snapshot) -> None:
    """Raise `UnusableInput` if `dataset` is a symbolic link, which a release would replace."""
    if snapshot.dataset.is_symlink():
        raise UnusableInput(
            f"{snapshot.dataset}: a symbolic link, which a release would replace; move the whole snapshot to the other "
            "disk, or link to the snapshot"
        )


def check_conserved(named: Mapping[str, pl.DataFrame], tables: Tables) -> None:
    """Raise `RunFailed` unless each review of the catalogue is in exactly one split or in `dropped`."""
    came = tables["catalog/reviews"].select("review_id").unique().collect()["review_id"]
    went = pl.concat([named[name]["review_id"] for name in (*SPLITS, "dropped")])
    if not went.sort().equals(came.sort()):  # `came` has each id once; sets of millions of ids would need 1.3 GiB
        raise RunFailed(f"release: {len(came)} reviews came in, {len(went)} rows ({went.n_unique()} distinct) go out")


def _write_images(folder: Path, images: list[str], plain: Mapping[str, str], root: Path) -> None:
    """Write pictures: unchanged, or without metadata under the names in `plain`."""
    (folder / "images").mkdir(parents=True)
    for path in images:
        target = folder / "images" / plain.get(path, Path(path).name)
        if target.exists():
            continue
        if path in plain:
            write_bytes(target, stripped(picture_body(root / path))[0])
        else:
            copy_own(root, path, target)
        if not is_whole_picture(target):
            raise RunFailed(f"{root / path}: damaged, its content does not match its name; restore it")


def _fill(folder: Path, named: Mapping[str, pl.DataFrame], stats: Any, settings: Settings) -> None:
    names = sorted(named)
    for name in names:
        write_table(folder / f"{name}.parquet", named[name])
        write_json(folder / "schema" / f"{name}.json", table_schema(name, settings.informativeness.similarity))
    write_json(folder / "schema" / "stats.json", stats_schema())
    write_json(folder / "schema" / "croissant.json", croissant_schema())
    write_json(folder / "stats.json", stats)
    splits = tuple(split for split in (*SPLITS, "clean_test") if split in named)
    digest = fingerprint({name: file_digest(folder / f"{name}.parquet") for name in names})
    write_bytes(folder / "README.md", card(stats, settings, splits, digest, example_of(named)).encode())
    write_json(folder / "croissant.json", croissant(folder, names, stats, settings))
    write_released(folder, {f"images/{path.name}": path.stem for path in (folder / "images").glob("*")})


def _rejected(snapshot: Snapshot) -> int:
    path = snapshot.root / "catalog" / "rejected.jsonl"
    return sum(1 for line in path.read_bytes().splitlines() if line) if path.is_file() else 0


STAGE = Stage(
    "release",
    compute,
    inputs=(
        "catalog/products",
        "catalog/reviews",
        "clean/products",
        "clean/dropped_products",
        "clean/reviews",
        "clean/dropped",
        "mentions/mentions",
        "mentions/dropped",
        "informativeness/features",
        "informativeness/dropped",
        "candidates/candidates",
        "splits/splits",
        "splits/leaks",
        "splits/dropped",
    ),
    outputs=(),
    # needed by the card, which names models and thresholds
    sections=("release", "models", "informativeness", "splits"),
    files=(ANSWERS_FILE, "catalog/rejected.jsonl"),
    libraries=("pillow",),
    counts=("clean",),
    made=("dataset",),
)
