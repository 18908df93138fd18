"""`ameli verify`, from the files to the rules: a rule is checked only if all files are as they were written."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.checksums import RELEASED, SUMS
from ameli_build.core.errors import Held, RunFailed, UnusableInput
from ameli_build.core.running import holder
from ameli_build.core.snapshot import Snapshot, links_in
from ameli_build.core.standing import stage_record
from ameli_build.release.tables import SCHEMAS
from ameli_build.verify.files import (
    Found,
    look_at_pictures,
    look_at_release,
    look_at_runs,
    missing_pictures,
    read,
    without_checksum,
)
from ameli_build.verify.rules import broken_in_snapshot, broken_rules, lost_reviews, unnamed_images
from ameli_build.verify.schemas import broken_json, broken_tables, read_json
from ameli_build.verify.tables import read_tables

SHOWN = 20
"""Problems that a message lists."""
SHARED = "can share products"
"""Words of the card of a data set whose splits can share products."""


def verify(place: Snapshot, mapper: Mapper = in_process) -> str:
    """Check a snapshot, a release or an export.

    Args:
        place: A snapshot, or the folder of a release (`dataset/`) or of an export without a snapshot around it.
        mapper: Maps a function over batches of files.

    Returns:
        A line with the numbers of checked files and tables; a second line names files without checksums.

    Raises:
        RunFailed: The check found problems; the message lists them.
        Held: A run is working in the snapshot.
        UnusableInput: There is nothing to check.
    """
    if holder(place.root) is not None:
        raise Held(f"{place.root}: another run is working in this snapshot; verify it when that has finished")
    return check(place, mapper)


def check(place: Snapshot, mapper: Mapper = in_process) -> str:
    """`verify`, for a caller that holds the snapshot's lock."""
    root = place.root
    alone = not any((root / name).is_dir() for name in ("raw", "catalog", "dataset"))
    folder = root if alone else place.dataset
    if alone and not any((root / name).is_file() for name in (RELEASED, SUMS)):
        raise UnusableInput(f"{root}: no snapshot, release or export here; nothing released: run build first")
    found = Found()
    found.problems += [f"{path.relative_to(root).as_posix()}: a symbolic link" for path in links_in(root)]
    if (folder / RELEASED).is_file() or (folder.exists() and not alone):
        look_at_release(folder, "" if alone else "dataset/", found)
    look_at_runs(root, found)
    look_at_pictures(root, found)
    found.problems += read(found.contents, mapper)
    tables: dict[str, pl.DataFrame] = {}
    if not found.problems:  # a damaged table is one problem, not many
        found.problems += missing_pictures(place)
        tables = read_tables(folder, found.problems)
    if tables and not found.problems:
        found.problems += _faults(place, folder, tables)
    if found.problems:
        listed = "; ".join(found.problems[:SHOWN]) + ("; ..." if len(found.problems) > SHOWN else "")
        raise RunFailed(f"{root}: {len(found.problems)} problem(s): {listed}")
    checked = "checksums, schemas and rules" if tables else "checksums"
    line = f"{root}: {len(found.contents):,} files, {len(tables)} tables: {checked} hold"
    if not folder.is_dir():
        line += "; nothing released yet"
    return "\n".join([line, *without_checksum(found)])


def _faults(place: Snapshot, folder: Path, tables: dict[str, pl.DataFrame]) -> list[str]:
    """The broken schemas of a data set, else its broken rules."""
    missing = [f"{name}.parquet: missing" for name in SCHEMAS if name not in tables and name != "clean_test"]
    release = (folder / "products.parquet").is_file()
    names = ("stats", "croissant") if release else ("stats",)
    if broken := [*missing, *broken_tables(folder, tables), *broken_json(folder, *names)]:
        return broken
    policy = stage_record(place, "splits").get("settings", {}).get("splits", {}).get("policy")
    shared = policy == "review" or (policy is None and SHARED in (folder / "README.md").read_text(errors="replace"))
    return [
        *broken_rules(tables, shared=shared),
        *lost_reviews(tables, read_json(folder / "stats.json")),
        *(unnamed_images(tables, folder) if release else ()),
        *broken_in_snapshot(place, tables),
    ]
