"""Free disk: told by dry runs, asked for before a crawl or a stage begins."""

from __future__ import annotations

import shutil
from pathlib import Path

from ameli_build.core.errors import RunFailed
from ameli_build.core.text import gigabytes


def free_space(folder: Path) -> int:
    """Bytes that are free where `folder` lies, or will lie."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def require_space(folder: Path, needed: int) -> None:
    """Raise `RunFailed` where fewer bytes are free; a kill by a full disk loses work, a refusal does not."""
    free = free_space(folder)
    if free < needed:
        raise RunFailed(
            f"{folder}: {gigabytes(free)} free on this disk, at least {gigabytes(needed)} needed (run.least_free)"
        )
