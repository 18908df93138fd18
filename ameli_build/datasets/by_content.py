"""Pictures named by a hash of their content, for data sets with other file names.

Cached results then depend on content alone, and equal pictures share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ameli_build.core.cache import SEALED, read_entry, write_entry
from ameli_build.core.snapshot import file_digest
from ameli_build.release.folders import copy_picture

_INDEX = pl.Schema({"path": pl.String(), "size": pl.Int64(), "changed": pl.Int64(), "digest": pl.String()})


@dataclass(frozen=True, slots=True)
class ByContent:
    """The digests of the files in some folders of `source`, by relative path; `root` takes copies."""

    source: Path
    root: Path
    digests: Mapping[str, str]

    def place(self, path: str) -> str | None:
        """Copy a picture into `root` and return its path there; None if there is no such file."""
        digest = self.digests.get(path)
        if digest is None:
            return None
        name = f"images/{digest}{Path(path).suffix}"
        target = self.root / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f"{target.name}.partial")  # an interrupted copy must not look complete
            partial.unlink(missing_ok=True)
            copy_picture(self.source / path, partial)
            partial.replace(target)
        return name


def read_by_content(source: Path, folders: Sequence[str], root: Path) -> ByContent:
    """Hash the files in `folders`; a file with the size and time of an earlier run has the same digest as then."""
    index = root / f"pictures{SEALED}"
    earlier = read_entry(index)
    before = {} if earlier is None else {row[:3]: row[3] for row in earlier.rows()}
    rows = [(*state, before.get(state) or file_digest(source / state[0])) for state in _files(source, folders)]
    write_entry(index, pl.DataFrame(rows, _INDEX, orient="row"))
    return ByContent(source, root, {path: digest for path, _, _, digest in rows})


def _files(source: Path, folders: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Relative path, size and time of change of each file."""
    for path in (path for folder in folders for path in sorted((source / folder).glob("*"))):
        if path.is_file():
            state = path.stat()
            yield path.relative_to(source).as_posix(), state.st_size, state.st_mtime_ns
