"""Where the tables of one snapshot live, and how a file gets there whole."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from ameli_build.core.errors import Held, RunFailed, UnusableInput
from ameli_build.core.running import LOCK, holder, sign

if TYPE_CHECKING:  # an error message or --version need not wait for it
    import polars as pl

_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)

_ADDRESS = re.compile(r"[0-9a-f]{64}")
"""The name, without its ending, of a file that is named by its SHA-256."""

_MAY_BE_LINKS = ("raw/images", "dataset", LOCK)
"""What `links_in` leaves to the stage `release` and to `lock`, and the folder of pictures."""
_LARGE = re.compile(r"raw/images|dataset|cache/[^/]+|stages/clean/patches")
"""Folders of very many files."""

_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
"""A lock that is a symbolic link is not opened: what is written to it would end in another file."""

ROW_GROUP = 131_072
"""Rows a group of a table that is written as it comes."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of `path` when the block ends well, and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            os.fchmod(handle.fileno(), 0o644)
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a full disk does not say which file it cut
            error.filename = str(path)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, whole or not at all."""
    with whole_file(path) as handle:
        handle.write(data)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, whole or not at all."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(path, text.encode() + b"\n")


def write_table(path: Path, table: pl.DataFrame | pl.LazyFrame | Path) -> int:
    """Write a table as Parquet, whole or not at all; returns its number of rows. Raises `RunFailed` on a full disk.

    A lazy table is written as it comes, and never as a whole in memory. A path is a finished file on the same disk,
    which takes the place of `path`.
    """
    import polars as pl

    if isinstance(table, Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        table.replace(path)
        return _rows_of(path)
    try:
        with whole_file(path) as handle:
            if isinstance(table, pl.LazyFrame):
                table.sink_parquet(handle, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
            else:
                table.write_parquet(handle, compression="zstd", statistics=True)
    except pl.exceptions.ComputeError as error:  # how polars tells of a full disk
        raise RunFailed(f"{path}: cannot be written ({error})") from None
    return table.height if isinstance(table, pl.DataFrame) else _rows_of(path)


def _rows_of(path: Path) -> int:
    import polars as pl

    rows: int = pl.scan_parquet(path).select(pl.len()).collect().item()
    return rows


def own_place(root: Path, path: str) -> Path | None:
    """Where the folder `root` itself has a file `path`, or would have it; None where the path leads elsewhere.

    Tables, archives and folders can come from anybody: a path in them must not make a file of this machine part of a
    release. No file is reached by a symbolic link. A folder may be a link to another disk; there only names that are a
    digest count, so that nothing else on that disk can be meant.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.name or ".." in pure.parts or "\0" in path:
        return None
    place = root / pure
    try:
        inside = place.parent.resolve().is_relative_to(root.resolve())
        return place if (inside or is_named_by_content(place)) and not place.is_symlink() else None
    except (OSError, ValueError, RuntimeError):  # a name too long, a loop of links
        return None


def is_own_file(root: Path, path: str) -> bool:
    """Whether `own_place` of a path is a file."""
    place = own_place(root, path)
    try:
        return place is not None and place.is_file()
    except OSError:  # a name too long
        return False


def links_in(root: Path) -> Iterator[Path]:
    """Symbolic links in a snapshot, through which a run would read or write elsewhere.

    `raw/images` may be one, to another disk. Neither its files nor those of `dataset` and of caches are looked at: each
    is checked where it is used.
    """
    for folder, names, files in os.walk(root):
        place = Path(folder)
        yield from (
            path
            for name in sorted([*names, *files])
            if (path := place / name).is_symlink() and path.relative_to(root).as_posix() not in _MAY_BE_LINKS
        )
        names[:] = [name for name in names if not _LARGE.fullmatch((place / name).relative_to(root).as_posix())]


def is_named_by_content(path: Path) -> bool:
    """Whether a file's name, without its ending, is a SHA-256: that of its content, where it is whole."""
    return _ADDRESS.fullmatch(path.stem) is not None


def is_whole_picture(path: Path) -> bool:
    """Whether there is a file whose content is what its name says, where that is a SHA-256."""
    return path.is_file() and (not is_named_by_content(path) or file_digest(path) == path.stem)


def clear_folder(path: Path) -> None:
    """Remove a folder with all that lies in it; a symbolic link itself, never what it leads to."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot folder: `raw/`, `catalog/`, `stages/`, `dataset/`, `sheets/`, `baseline/`, `run.json`.

    Raises:
        UnusableInput: `root` is a URL.
    """

    root: Path

    def __post_init__(self) -> None:
        if _URL.match(str(self.root)):  # a path has lost one of the slashes
            raise UnusableInput(f"{self.root}: a URL; a snapshot is a folder on this machine")

    @classmethod
    def open(cls, root: Path) -> Snapshot:
        """An existing snapshot; raises `UnusableInput` where there is none."""
        if not (root / "raw").is_dir() and not (root / "catalog").is_dir():
            raise UnusableInput(f"{root}: no snapshot here (no raw/ and no catalog/); make one with crawl or ingest")
        return cls(root)

    @property
    def raw(self) -> Path:
        """Responses and images as they came."""
        return self.root / "raw"

    @property
    def dataset(self) -> Path:
        """The released data set."""
        return self.root / "dataset"

    def table_path(self, name: str) -> Path:
        """The file of the table `stage/table`: `catalog/` lies at the top, every other stage below `stages/`."""
        folder = self.root if name.startswith("catalog/") else self.root / "stages"
        return folder / f"{name}.parquet"

    def scan(self, name: str) -> pl.LazyFrame:
        """The table `stage/table`, lazily; raises `UnusableInput` where it is missing."""
        import polars as pl

        path = self.table_path(name)
        if not path.is_file():
            raise UnusableInput(f"{path}: missing; run the stage {name.split('/')[0]!r} first")
        return pl.scan_parquet(path)

    def read(self, name: str) -> pl.DataFrame:
        """The table `stage/table`; raises `UnusableInput` where it is missing."""
        return self.scan(name).collect()

    def store_image(self, body: bytes, extension: str) -> str:
        """Keep an image body under its SHA-256; returns its path in the snapshot, `raw/images/<sha256>.<ext>`."""
        relative = f"raw/images/{hashlib.sha256(body).hexdigest()}.{extension}"
        path = self.root / relative
        if not path.is_file():
            write_bytes(path, body)
        return relative

    @contextmanager
    def lock(self, *, links: bool = False, shared: bool = False) -> Iterator[None]:
        """Hold the snapshot for one run; the kernel frees it on a kill.

        Args:
            links: The run goes through no file of the snapshot, so there may be symbolic links in it.
            shared: The run only fills the cache, so others that do may hold the snapshot too.

        Raises:
            Held: Another run has it.
            RunFailed: The folder cannot be written.
            UnusableInput: There is a symbolic link in it.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            handle = os.fdopen(os.open(self.root / LOCK, _LOCK_FLAGS, 0o644), "a+")
        except OSError as error:
            raise RunFailed(f"{self.root}: cannot be written ({error.strerror})") from error
        with handle:
            if not _taken(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
                other = holder(self.root)
                who = f" (process {other.pid}, since {other.since})" if other is not None and other.pid else ""
                raise Held(f"{self.root}: another run is working in this snapshot{who}")
            if not shared:
                sign(handle)
            if not links and (link := next(links_in(self.root), None)) is not None:
                raise UnusableInput(
                    f"{link}: a symbolic link, which may lead anywhere; of a snapshot only raw/images may be one"
                )
            yield


def _taken(handle: IO[str], kind: int) -> bool:
    """Whether a lock could be had. A look at it (`running.holder`) holds it for a moment, so it is tried again."""
    for wait in (0.1, 0.2, 0):
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(wait)
        else:
            return True
    return False
