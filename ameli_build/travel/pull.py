"""`ameli pull`: a snapshot's files from a URL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ameli_build.core.copies import copy_content
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.progress import say, track
from ameli_build.core.running import LOCK
from ameli_build.core.snapshot import Snapshot, file_digest, whole_file
from ameli_build.core.space import free_space
from ameli_build.core.text import gigabytes
from ameli_build.core.workers import thread_mapper
from ameli_build.travel.manifest import SHOWN, Entry, paths_of, read, some
from ameli_build.travel.remote import THREADS, Damaged, Remote


class Content(NamedTuple):
    """A content with the paths where it is missing, and a file of the snapshot with the same content."""

    missing: list[Entry]
    here: Path | None


def pull(url: str, target: Path, *, cache: bool = False, only: Sequence[str] = (), overwrite: bool = False) -> None:
    """Download the missing files of a snapshot. A new snapshot appears under its name when it is complete.

    Args:
        url: An fsspec URL, or a path.
        target: Folder of the snapshot.
        cache: Whether to download the cache too.
        only: Folders and files of the snapshot to download (`dataset`, `raw/images`); empty for all.
        overwrite: Replace files that differ from those at the URL.

    Raises:
        RunFailed: The URL cannot be read, or files there are damaged; the message names them.
        UnusableInput: There is no snapshot at the URL, its manifest is damaged or names files outside the snapshot,
            a name in `only` is not in it, or files of the target differ.
    """
    target = target.absolute()
    if target.exists() and not (target / LOCK).is_file() and any(target.iterdir()):
        Snapshot.open(target)
    new = not target.exists()
    root = target.with_name(f".{target.name}.partial") if new else target
    remote = Remote.at(url)
    listed = read(remote.manifest(), root, f"{remote.url}/manifest.jsonl")
    entries = [entry for entry in listed if cache or not entry.in_cache]
    wanted = _within(remote, entries, only)
    with Snapshot(root).lock():
        _clear_leftovers(root, {entry.path for entry in entries}, new)
        _download(remote, root, wanted, overwrite or new)
        if more := sorted({*paths_of(root, cache=False)} - {entry.path for entry in entries}):
            say(f"{len(more):,} files here are not in the snapshot of {remote.url}, and stay: {some(more)}")
    if new:
        root.rename(target)


def _within(remote: Remote, entries: list[Entry], only: Sequence[str]) -> list[Entry]:
    """The entries of some folders or files; raises `UnusableInput` for a name without entries."""
    found: dict[str, Entry] = {}
    for name in only:
        some_of = {entry.path: entry for entry in entries if PurePosixPath(entry.path).is_relative_to(name)}
        if not some_of:
            there = ", ".join(sorted({entry.path.partition("/")[0] for entry in entries}))
            raise UnusableInput(f"--only {name}: nothing of that name in the snapshot of {remote.url} ({there})")
        found |= some_of
    return list(found.values()) if only else entries


def _clear_leftovers(root: Path, paths: set[str], new: bool) -> None:
    """Remove the unfinished files of a killed pull; in a `new` snapshot also the files of an earlier one."""
    for folder in {(root / path).parent for path in paths}:
        for leftover in folder.glob(".*.partial"):
            leftover.unlink()
    for path in list(paths_of(root, cache=True)) if new else ():
        if path not in paths:
            (root / path).unlink()


def _download(remote: Remote, root: Path, entries: list[Entry], overwrite: bool) -> None:
    with thread_mapper(THREADS) as mapper:
        states = track(mapper(partial(_is_there, root), entries), "compare", len(entries), "files")
        lacking = [entry for entry, there in zip(entries, states, strict=True) if not there]
        _refuse_changed(remote, root, lacking, overwrite)
        todo = _by_content(root, entries, {entry.path for entry in lacking})
        needed, free = sum(content.missing[0].size for content in todo), free_space(root)
        if needed > free:
            raise RunFailed(f"{root}: {gigabytes(free)} free on this disk, {gigabytes(needed)} needed")
        fetched = track(mapper(partial(_bring, remote, root), todo), "pull", len(todo), "files")
        damaged = [problem for problem in fetched if problem]
    if damaged:
        shown = "; ".join(damaged[:SHOWN])
        raise RunFailed(f"{remote.url}: {len(damaged):,} damaged files, not pulled: {shown}; push --check mends them")
    if own := [entry.path for entry in lacking if entry.path.startswith("settings/")]:
        say(f"the snapshot has its own settings: {', '.join(own)}")
    say(f"pulled {len(lacking):,} files, {gigabytes(needed)}; {len(entries) - len(lacking):,} were here")


def _is_there(root: Path, entry: Entry) -> bool:
    path = root / entry.path
    return path.is_file() and path.stat().st_size == entry.size and file_digest(path) == entry.sha256


def _refuse_changed(remote: Remote, root: Path, lacking: list[Entry], overwrite: bool) -> None:
    """Raise an error that names the files that differ. Files named by their content are damaged and can be replaced."""
    changed = [entry for entry in lacking if (root / entry.path).exists()]
    work = [entry.path for entry in changed if not entry.is_named_by_content]
    if work and not overwrite:
        raise UnusableInput(
            f"{root}: {len(work):,} files differ from those at {remote.url} ({some(work)}); "
            "pull into another folder, or replace them with --overwrite"
        )
    if changed:
        say(f"warning: {len(changed):,} files differ, and are replaced: {some([entry.path for entry in changed])}")


def _by_content(root: Path, entries: list[Entry], lacking: set[str]) -> list[Content]:
    """The contents that are missing at a path, in the order of the paths."""
    missing: dict[str, list[Entry]] = defaultdict(list)
    here: dict[str, Path] = {}
    for entry in entries:
        if entry.path in lacking:
            missing[entry.sha256].append(entry)
        else:
            here[entry.sha256] = root / entry.path
    return [Content(group, here.get(sha256)) for sha256, group in missing.items()]


def _bring(remote: Remote, root: Path, content: Content) -> str:
    """Download a content once and copy it to its paths; returns a message about damage, or ""."""
    here = content.here
    for entry in content.missing:
        path = root / entry.path
        if here is not None:
            _copy(here, path, entry)
        else:
            try:
                remote.fetch(entry, path)
            except Damaged as error:
                return str(error)
        here = path
    return ""


def _copy(source: Path, target: Path, entry: Entry) -> None:
    with source.open("rb") as handle, whole_file(target) as copy:
        copy_content(handle, copy)
        entry.stamp(copy)
