"""Checksums of the files that runs write into a snapshot, in the format of `sha256sum --check`.

A run removes the lines of its files before it writes them and adds lines when it has finished. So a file that a killed
run left has no line, rather than a wrong one. There are no lines for pictures, whose names are their digests, for
`dataset/`, which has a list of its own, and for the work of people and the cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from ameli_build.core.snapshot import file_digest, write_bytes
from ameli_build.core.standing import digest

SUMS = "stages/SHA256SUMS"
"""The list in a snapshot; its names start from the folder of the snapshot."""
RELEASED = "SHA256SUMS"
"""The list in a release or an export."""
PICTURES = ("raw/images", "stages/clean/patches")
"""Folders of pictures that are named by their digests."""
AREAS = ("raw", "catalog", "stages", "baseline", "settings", "run.json", "report.html", "report-tables")
"""Folders and files that runs write, and that have lines."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


def read_sums(path: Path) -> dict[str, str]:
    """Digests by name in a list of checksums; empty if there is none. A line that is cut off has another name."""
    try:
        *lines, rest = path.read_bytes().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return {}
    lines += [f"{rest} (cut off)"] if rest else []
    return {name: value for value, _, name in (line.partition("  ") for line in lines)}


def write_released(folder: Path, known: Mapping[str, str] = _NOTHING) -> None:
    """Write `RELEASED`, the list of all files below the folder of a release or an export.

    Args:
        folder: A folder that has no list yet.
        known: Digests that need not be computed, by name.
    """
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    write_bytes(folder / RELEASED, _written({name: known.get(name) or file_digest(folder / name) for name in names}))


def _written(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{value}  {name}\n" for name, value in sorted(digests.items())).encode()


def names_below(root: Path, *paths: str) -> Iterator[str]:
    """The names of all files at or below some paths in a snapshot that should have a line."""
    for path in paths:
        if _is_plain(root / path):
            yield path
        for folder, folders, files in os.walk(root / path):
            place = Path(folder).relative_to(root).as_posix()
            folders[:] = [name for name in folders if f"{place}/{name}" not in PICTURES and not name.startswith(".")]
            names = (f"{place}/{name}" for name in files if not name.startswith("."))
            yield from (name for name in names if name != SUMS and _is_plain(root / name))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def note(root: Path, *paths: str, known: Mapping[str, str] = _NOTHING) -> None:
    """Replace the lines of all files at or below some paths.

    Args:
        root: Folder of the snapshot.
        paths: Files and folders within it, which need not exist.
        known: Digests that need not be computed, by name.
    """
    before = read_sums(root / SUMS)
    found = {name: known.get(name) or digest(root / name) for name in names_below(root, *paths)}
    _replace(root, before, _outside(before, paths) | found)


@contextmanager
def recorded(root: Path, *paths: str) -> Iterator[None]:
    """A block that writes files at or below some paths: they have no lines while it runs, and new lines afterwards.

    A file that the block does not change keeps its line.
    """
    before = read_sums(root / SUMS)
    rest = _outside(before, paths)
    states = {name: _state(root / name) for name in before.keys() - rest.keys()}
    _replace(root, before, rest)
    try:
        yield
    finally:
        same = {name for name, state in states.items() if state is not None and _state(root / name) == state}
        note(root, *paths, known={name: before[name] for name in same})


def _outside(digests: Mapping[str, str], paths: tuple[str, ...]) -> dict[str, str]:
    return {
        name: value
        for name, value in digests.items()
        if not any(name == path or name.startswith(f"{path}/") for path in paths)
    }


def _replace(root: Path, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    if after != before:
        write_bytes(root / SUMS, _written(after))


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
