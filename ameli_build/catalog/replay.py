"""Parsing the archive of a crawl again, without network."""

from __future__ import annotations

import shutil
from pathlib import Path

from ameli_build.catalog.build import STAGE
from ameli_build.catalog.warc import PARSED
from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.checksums import recorded
from ameli_build.core.copies import copy_file
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, is_named_by_content
from ameli_build.core.standing import mark_of


def replay(
    snapshot: Snapshot, settings: Settings, out: Snapshot | None = None, mapper: Mapper = in_process
) -> Snapshot:
    """Make `catalog/` again from `raw/`.

    Args:
        snapshot: The snapshot with `raw/`.
        settings: Settings of the run.
        out: Snapshot to write to, into which `raw/` is copied; None for `snapshot` itself. The caller holds its lock.
        mapper: Runs the shards.

    Returns:
        The snapshot that was written.

    Raises:
        UnusableInput: There is no `raw/`, or `out` has raw files of another snapshot.
    """
    if not snapshot.raw.is_dir():
        raise UnusableInput(f"{snapshot.raw}: missing, nothing to replay")
    target = out or snapshot
    if target.root.resolve() != snapshot.root.resolve():
        with recorded(target.root, "raw"):
            _copy_raw(snapshot.raw, target.raw)
    with recorded(target.root, f"stages/{STAGE.name}"):
        mark_of(target, STAGE.name).unlink(missing_ok=True)
    shutil.rmtree(target.root / "cache" / PARSED.replace(" ", "-"), ignore_errors=True)
    run_stage(STAGE, target, settings, mapper)
    return target


def _copy_raw(source: Path, target: Path) -> None:
    """Copy the visible files of an archive, except images that are there already."""
    names = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file() and not _hidden(path)}
    there = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file() and not _hidden(path)}
    if strays := sorted(name for name in names if not (source / name).resolve().is_relative_to(source.resolve())):
        raise UnusableInput(f"{source / strays[0]}: a symbolic link that leads out of {source}")
    if other := sorted(there - names):
        raise UnusableInput(f"{target / other[0]}: not a file of {source}; choose another --out")
    say(f"replay: copying {len(names):,} files")
    for name in sorted(names):
        place = target / name
        if not (is_named_by_content(place) and place.exists()):
            copy_file(source / name, place)


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")
