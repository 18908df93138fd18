"""Which picture of a snapshot a record's path means: records may come from other people, and their files as well."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ameli_build.core.snapshot import own_place

FOLDER = PurePosixPath("raw/images")


def image_file(root: Path, path: str) -> Path | None:
    """The file in `raw/images/` of the snapshot at `root` that a record's `path` names, whether it is there or not.

    None where the path leads elsewhere; see `own_place`.
    """
    return own_place(root, path) if PurePosixPath(path).parent == FOLDER else None
