"""Free disk space, which dry runs report, and crawls and stages require."""

from __future__ import annotations

import shutil
from pathlib import Path

from ameli_build.core.errors import RunFailed
from ameli_build.core.text import gigabytes


def free_space(folder: Path) -> int:
    """Free bytes on the disk of `folder`, which need not exist yet."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def require_space(folder: Path, needed: int) -> None:
    """Raise `RunFailed` if fewer than `needed` bytes are free: a full disk would lose work, a refusal does not."""
    free = free_space(folder)
    if free < needed:
        raise RunFailed(
            f"{folder}: {gigabytes(free)} free on this disk, at least {gigabytes(needed)} needed (run.least_free)"
        )
