"""Missing, unknown and damaged files of a snapshot, a release or an export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ameli_build.archive.framing import members
from ameli_build.core.as_left import leave
from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.checksums import AREAS, PICTURES, RELEASED, SUMS, names_below, read_sums
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import track
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.core.standing import ARCHIVE, stage_record
from ameli_build.release.folders import MARK

BATCH = 64
"""Files that a worker reads at a time."""
FEW = 10_000
"""Number of files that a single process reads before several processes could start."""

_WRITERS = {"raw": "crawl or ingest", "settings": "read by the last run", "run.json": "build"}
_WRITERS |= {"report.html": "report", "report-tables": "report"}
_PICTURES_OF = {"raw/images": ("catalog/images", "path"), "stages/clean/patches": ("clean/reviews", "cleaned_images")}
"""The table and column that name the pictures of a folder."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file, the digest that it should have, and the message if it has another."""

    path: Path
    digest: str
    fault: str


@dataclass(slots=True)
class Found:
    """The findings about files so far."""

    problems: list[str] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    """Files that have to be read."""
    uncovered: list[str] = field(default_factory=list)
    """Files without a checksum."""


def look_at_release(folder: Path, label: str, found: Found) -> None:
    """Compare a release or an export with its list of checksums; `label` precedes the names in messages."""
    listed = read_sums(folder / RELEASED)
    if not listed:
        found.problems.append(f"{label}{RELEASED}: missing")
        return
    own = label == ""  # a release without its snapshot can have results of a baseline
    present = {
        name
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink())
        and (name := path.relative_to(folder).as_posix()) not in (RELEASED, MARK)
        and not (own and _is_of_runs(name))
    }
    found.problems += [f"{label}{name}: listed in {RELEASED}, missing" for name in sorted(listed.keys() - present)]
    found.problems += [f"{label}{name}: not listed in {RELEASED}" for name in sorted(present - listed.keys())]
    for name in sorted(present):
        if (folder / name).is_symlink():
            found.problems.append(f"{label}{name}: a symbolic link")
        elif name in listed:
            fault = f"{label}{name}: content differs from its checksum{'' if own else ' (written by release)'}"
            found.contents.append(Content(folder / name, listed[name], fault))


def _is_of_runs(name: str) -> bool:
    return name.split("/")[0] in (*AREAS, "cache") or name.startswith(".")


def look_at_runs(root: Path, found: Found) -> None:
    """Compare the files of runs with their checksums."""
    listed, present = read_sums(root / SUMS), set(names_below(root, *AREAS))
    folders = {_folder(name) for name in listed} - {"", "settings"}
    for name in sorted(listed.keys() | present):
        if name not in present:
            found.problems.append(f"{name}: missing ({_writer(name)})")
        elif name in listed:
            fault = f"{name}: content differs from its checksum ({_writer(name)})"
            found.contents.append(Content(root / name, listed[name], fault))
        elif _folder(name) in folders:
            found.problems.append(f"{name}: not written by a run")
        else:
            found.uncovered.append(name)
            if name.endswith(ARCHIVE):
                found.problems += _damaged_records(root, name)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _writer(name: str) -> str:
    """The run that wrote a file, for a message."""
    first, _, rest = name.partition("/")
    known = _WRITERS.get(first, rest.split("/")[0] if first == "stages" else first)
    if name.startswith("baseline/link/"):
        known = "link"
    return known if " by " in known else f"written by {known}"


def _damaged_records(root: Path, name: str) -> list[str]:
    """The damaged records of an archive without a checksum: each record has a checksum of gzip."""
    damaged: list[str] = []
    for _ in members(root / name, damage=lambda _, start, why: damaged.append(f"the record at byte {start} ({why})")):
        pass
    return [f"{name}: damaged: {record}" for record in damaged]


def look_at_pictures(root: Path, found: Found) -> None:
    """Add the pictures to the files to read; their names are their digests."""
    for folder in PICTURES:
        for path in sorted((root / folder).glob("*")):
            name = f"{folder}/{path.name}"
            if path.is_symlink():
                found.problems.append(f"{name}: a symbolic link")
            elif path.is_file() and not path.name.startswith("."):
                found.contents.append(Content(path, path.stem, f"{name}: content differs from its name"))


def missing_pictures(snapshot: Snapshot) -> Iterator[str]:
    """Missing pictures that a table of a finished stage names, and changes in the folder of the patches."""
    for folder, (table, column) in _PICTURES_OF.items():
        if stage_record(snapshot, table.partition("/")[0]):
            try:
                paths = snapshot.read(table)[column]
            except (UnusableInput, pl.exceptions.PolarsError, OSError):
                yield f"{snapshot.table_path(table)}: cannot be read"
                continue
            named = set((paths.explode() if paths.dtype == pl.List else paths).drop_nulls())
            present = {f"{folder}/{path.name}" for path in (snapshot.root / folder).glob("*")}
            missing = sorted(path for path in named - present if path.startswith(f"{folder}/"))
            yield from (f"{path}: missing, though {table} names it" for path in missing)
    made = stage_record(snapshot, "clean").get("made", {})
    for folder in made:
        if leave(snapshot.root / folder)["content"] != made[folder]["content"]:
            yield f"{folder}: not the pictures that clean wrote"


def read(contents: Sequence[Content], mapper: Mapper) -> Iterator[str]:
    """Read files in batches; yields the fault of each damaged file."""
    batches = [contents[start : start + BATCH] for start in range(0, len(contents), BATCH)]
    mapper = mapper if len(contents) > FEW else in_process
    sizes = [len(batch) for batch in batches]
    for faults in track(mapper(faults_of, batches), "verify", len(contents), "files", sizes):
        yield from faults


def faults_of(contents: Iterable[Content]) -> list[str]:
    """The faults of the files whose digests differ."""
    return [fault for content in contents if (fault := _fault(content))]


def _fault(content: Content) -> str:
    try:
        return "" if file_digest(content.path) == content.digest else content.fault
    except OSError as error:
        return f"{content.path}: cannot be read ({error.strerror})"


def without_checksum(found: Found) -> Iterator[str]:
    """A line that names the folders and files without checksums."""
    if names := sorted({_folder(name) or name for name in found.uncovered}):
        yield f"not covered: {', '.join(names)} (no checksums: of an earlier version, or of a run that did not finish)"
