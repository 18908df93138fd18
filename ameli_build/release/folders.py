"""A folder of many files that appears whole, here or at any address that fsspec knows."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.snapshot import clear_folder, own_place, write_json

MARK = ".ameli-export.json"
"""Tells a folder that an export made, and its entries, from one that holds something else."""


def link(source: Path, target: Path) -> None:
    """A hard link where the file system has them, else a copy: pictures are never changed in place.

    Raises `RunFailed` where there is no file, or a symbolic link, which may lead anywhere.
    """
    if source.is_symlink():
        raise RunFailed(f"{source}: a symbolic link, and no picture of the snapshot's own")
    try:
        os.link(source, target)
    except OSError:
        if not source.is_file():
            raise RunFailed(f"{source}: missing, though a table names it; run ameli build again") from None
        shutil.copyfile(source, target)


def link_own(root: Path, path: str, target: Path) -> None:
    """`link` of a picture that a table of the folder `root` names. Raises `RunFailed` where it is not in the folder."""
    place = own_place(root, path)
    if place is None:
        raise RunFailed(f"{root / path}: a symbolic link, or elsewhere, and no picture of {root}'s own")
    link(place, target)


def make_folder(out: str, fill: Callable[[Path], None], scratch: Path) -> None:
    """Make the folder `out`, a path or an fsspec URL, with what `fill` puts into an empty one.

    An earlier export gives way to it. Raises `UnusableInput` where `out` holds something else. What goes to a URL is
    made in `scratch` first.
    """
    if "://" in out and not out.startswith("file://"):
        _make_remote(out, fill, scratch)
        return
    with whole_folder(Path(out.removeprefix("file://"))) as folder:
        fill(folder)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` that takes its place when the block ends well, and vanishes when it does not.

    What others put into an earlier export, such as a baseline's results, moves over.
    """
    out = out.resolve()
    before = _earlier(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = out.parent / f".{out.name}.partial", out.parent / f".{out.name}.old"
    for leftover in (fresh, old):
        clear_folder(leftover)
    fresh.mkdir()
    try:
        yield fresh
        _sign(fresh)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    for path in sorted(old.glob("*")) if before else ():
        if path.name not in before and not (out / path.name).exists():
            path.rename(out / path.name)
    shutil.rmtree(old, ignore_errors=True)


def _sign(folder: Path) -> None:
    write_json(folder / MARK, {"entries": sorted([MARK, *(path.name for path in folder.iterdir())])})


def _earlier(out: Path) -> frozenset[str]:
    """Entries of the export that `out` holds, none for a new or empty folder."""
    if out.exists() and not out.is_dir():
        raise UnusableInput(f"--out {out}: a file, not a folder")
    if not out.is_dir() or not any(out.iterdir()):
        return frozenset()
    mark = out / MARK
    if not mark.is_file():
        raise UnusableInput(f"--out {out}: not empty, and no earlier export; choose another folder")
    try:
        return frozenset(json.loads(mark.read_text(encoding="utf-8"))["entries"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnusableInput(f"{mark}: unreadable ({error})") from None


def _make_remote(url: str, fill: Callable[[Path], None], scratch: Path) -> None:
    files, path = _file_system(url)
    if files.exists(path) and files.find(path) and not files.exists(f"{path}/{MARK}"):
        raise UnusableInput(f"--out {url}: not empty, and no earlier export; choose another folder")
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="export-", dir=scratch) as temporary:
        folder = Path(temporary) / "folder"
        folder.mkdir()
        fill(folder)
        _sign(folder)
        if files.exists(path):
            files.rm(path, recursive=True)
        files.makedirs(path, exist_ok=True)
        files.put_file(str(folder / MARK), f"{path}/{MARK}")  # first: an upload that broke off can be made again
        for one in sorted(entry for entry in folder.iterdir() if entry.name != MARK):
            files.put(str(one), f"{path}/{one.name}", recursive=one.is_dir())


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise UnusableInput(f"--out {url}: {error}") from None
    return files, str(path).rstrip("/")
