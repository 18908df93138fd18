"""The folder of a snapshot: its paths, its lock, and atomic writes."""

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

if TYPE_CHECKING:  # --version and error messages need not wait for polars
    import polars as pl

_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)

_ADDRESS = re.compile(r"[0-9a-f]{64}")
"""The stem of a file that is named by its SHA-256."""

_MAY_BE_LINKS = ("raw/images", "dataset", LOCK)
"""Paths that `links_in` does not report: pictures may lie on another disk; the stage `release` and `lock` check the
other two."""
_LARGE = re.compile(r"raw/images|dataset|cache/[^/]+|stages/clean/patches")
"""Folders of very many files."""
_IMAGES = PurePosixPath("raw/images")

_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
"""Flags to open a lock. A symbolic link is refused, since a write would change another file."""

ROW_GROUP = 131_072
"""Rows of a row group of a streamed table."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` when the block ends; an exception removes it instead."""
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
        if isinstance(error, OSError) and error.filename is None:  # a full disk does not name the file
            error.filename = str(path)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically."""
    with whole_file(path) as handle:
        handle.write(data)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, atomically."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(path, text.encode() + b"\n")


def write_table(path: Path, table: pl.DataFrame | pl.LazyFrame | Path) -> int:
    """Write a table as Parquet, atomically.

    Args:
        path: The file to write.
        table: A frame; a lazy frame, which is streamed; or the path of a finished file on the same disk, which is
            moved.

    Returns:
        The number of rows.

    Raises:
        RunFailed: The disk is full.
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
    except pl.exceptions.ComputeError as error:  # polars' error for a full disk
        raise RunFailed(f"{path}: cannot be written ({error})") from None
    return table.height if isinstance(table, pl.DataFrame) else _rows_of(path)


def _rows_of(path: Path) -> int:
    import polars as pl

    rows: int = pl.scan_parquet(path).select(pl.len()).collect().item()
    return rows


def own_place(root: Path, path: str) -> Path | None:
    """The path of a file within the folder `root`, existing or not; None if `path` leads out of the folder.

    Tables, archives and folders can come from anybody, and a path in them must not bring a file of this machine into a
    release. A file must not be a symbolic link. A folder may be a link to another disk, but then the file's name must
    be a digest, so that the path can name no other file of that disk.
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
    """Whether `path` is a file within the folder `root` (`own_place`)."""
    place = own_place(root, path)
    try:
        return place is not None and place.is_file()
    except OSError:  # a name too long
        return False


def image_file(root: Path, path: str) -> Path | None:
    """The file in `raw/images/` of the snapshot at `root` that a record's `path` names, existing or not.

    None if `path` leads out of that folder: records can come from anybody (`own_place`).
    """
    return own_place(root, path) if PurePosixPath(path).parent == _IMAGES else None


def links_in(root: Path) -> Iterator[Path]:
    """Symbolic links in a snapshot, which would let a run read or write elsewhere.

    `raw/images` may be a link to another disk. Its files, and the files of `dataset` and of caches, are not visited:
    each is checked when it is used.
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
    """Whether the stem of a file's name has the form of a SHA-256, which the file's content should have."""
    return _ADDRESS.fullmatch(path.stem) is not None


def is_whole_picture(path: Path) -> bool:
    """Whether there is a file, whose content matches its name if the name is a SHA-256."""
    return path.is_file() and (not is_named_by_content(path) or file_digest(path) == path.stem)


def clear_folder(path: Path) -> None:
    """Remove a folder with its content; of a symbolic link only the link."""
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
        if _URL.match(str(self.root)):  # `Path` has removed a slash
            raise UnusableInput(f"{self.root}: a URL; a snapshot is a folder on this machine")

    @classmethod
    def open(cls, root: Path) -> Snapshot:
        """An existing snapshot; raises `UnusableInput` if there is none."""
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
        """The file of the table `stage/table`, below `stages/` for all stages but `catalog`."""
        folder = self.root if name.startswith("catalog/") else self.root / "stages"
        return folder / f"{name}.parquet"

    def scan(self, name: str) -> pl.LazyFrame:
        """The table `stage/table`, lazily; raises `UnusableInput` if it is missing."""
        import polars as pl

        path = self.table_path(name)
        if not path.is_file():
            raise UnusableInput(f"{path}: missing; run the stage {name.split('/')[0]!r} first")
        return pl.scan_parquet(path)

    def read(self, name: str) -> pl.DataFrame:
        """The table `stage/table`; raises `UnusableInput` if it is missing."""
        return self.scan(name).collect()

    def store_image(self, body: bytes, extension: str) -> str:
        """Store an image body under its SHA-256; returns its path in the snapshot, `raw/images/<sha256>.<ext>`."""
        relative = f"raw/images/{hashlib.sha256(body).hexdigest()}.{extension}"
        path = self.root / relative
        if not path.is_file():
            write_bytes(path, body)
        return relative

    @contextmanager
    def lock(self, *, links: bool = False, shared: bool = False) -> Iterator[None]:
        """Lock the snapshot for a run; the kernel frees the lock of a killed process.

        Args:
            links: Accept symbolic links in the snapshot, for a run that opens none of its files.
            shared: Let other runs that only fill the cache lock the snapshot at the same time.

        Raises:
            Held: Another run holds the lock.
            RunFailed: The folder cannot be written.
            UnusableInput: The snapshot contains a symbolic link.
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
                    f"{link}: a symbolic link, which may lead anywhere; in a snapshot only raw/images may be a link"
                )
            yield


def _taken(handle: IO[str], kind: int) -> bool:
    """Whether this process got the lock. Retries, since `running.holder` takes the lock for a moment to test it."""
    for wait in (0.1, 0.2, 0):
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(wait)
        else:
            return True
    return False
