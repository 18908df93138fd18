"""Atomic writing of a folder with many files, on this machine or at any URL that fsspec supports."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ameli_build.core.copies import copy_content
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.remote import file_system
from ameli_build.core.snapshot import clear_folder, own_place, write_json

MARK = ".ameli-export.json"
"""A file that marks a folder as an export and lists its entries."""


def copy_picture(source: Path, target: Path) -> None:
    """Copy a picture into a folder that is not finished yet.

    Raises:
        RunFailed: The file is missing, or is a symbolic link, which could lead out of the snapshot.
    """
    if source.is_symlink():
        raise RunFailed(f"{source}: a symbolic link, not a picture of the snapshot")
    if not source.is_file():
        raise RunFailed(f"{source}: missing, though a table names it; run ameli build again")
    with source.open("rb") as handle, target.open("wb") as copy:
        copy_content(handle, copy)


def copy_own(root: Path, path: str, target: Path) -> None:
    """`copy_picture` for a picture that a table of the folder `root` names; `RunFailed` if it is outside the folder."""
    place = own_place(root, path)
    if place is None:
        raise RunFailed(f"{root / path}: a symbolic link, or outside of {root}, not a picture in it")
    copy_picture(place, target)


def make_folder(out: str, fill: Callable[[Path], None], scratch: Path) -> None:
    """Write the folder `out`.

    Args:
        out: A path or an fsspec URL. An earlier export there is replaced.
        fill: Writes the content into an empty folder.
        scratch: Folder for temporary files, used if `out` is a URL.

    Raises:
        UnusableInput: `out` exists and is not an earlier export.
    """
    if "://" in out and not out.startswith("file://"):
        _make_remote(out, fill, scratch)
        return
    with whole_folder(Path(out.removeprefix("file://"))) as folder:
        fill(folder)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` that replaces it when the block succeeds, and is deleted otherwise.

    Files that others added to an earlier export, such as results of a baseline, are moved to the new folder.
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
    """Entries of an earlier export in `out`; none for a new or empty folder."""
    if out.exists() and not out.is_dir():
        raise UnusableInput(f"--out {out}: a file, not a folder")
    if not out.is_dir() or not any(out.iterdir()):
        return frozenset()
    mark = out / MARK
    if not mark.is_file():
        raise UnusableInput(f"--out {out}: not empty, and not an earlier export; choose another folder")
    try:
        return frozenset(json.loads(mark.read_text(encoding="utf-8"))["entries"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnusableInput(f"{mark}: unreadable ({error})") from None


def _make_remote(url: str, fill: Callable[[Path], None], scratch: Path) -> None:
    files, path = file_system(url, f"--out {url}")
    if files.exists(path) and files.find(path) and not files.exists(f"{path}/{MARK}"):
        raise UnusableInput(f"--out {url}: not empty, and not an earlier export; choose another folder")
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=scratch) as temporary:
        folder = Path(temporary) / "folder"
        folder.mkdir()
        fill(folder)
        _sign(folder)
        if files.exists(path):
            files.rm(path, recursive=True)
        files.makedirs(path, exist_ok=True)
        files.put_file(str(folder / MARK), f"{path}/{MARK}")  # first: an interrupted upload can be repeated
        for entry in sorted(entry for entry in folder.iterdir() if entry.name != MARK):
            files.put(str(entry), f"{path}/{entry.name}", recursive=entry.is_dir())
