"""`ameli push`: a snapshot's files to a URL."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.progress import say, track
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.text import gigabytes
from ameli_build.core.workers import thread_mapper
from ameli_build.travel.manifest import Entry, entry_of, paths_of, some, written
from ameli_build.travel.remote import PREFIX, THREADS, Damaged, Remote


def push(snapshot: Snapshot, url: str, *, cache: bool = False, check: bool = False) -> None:
    """Upload the files that are missing at a URL, then the manifest. The caller holds the snapshot's lock.

    Args:
        snapshot: The snapshot.
        url: An fsspec URL, or a path.
        cache: Whether the snapshot's cache travels too.
        check: Read each file that is there already, and upload the damaged ones again.

    Raises:
        RunFailed: The URL cannot be written, or a file changed meanwhile.
        UnusableInput: A picture is damaged, a symbolic link is in the snapshot, or the URL is within it.
    """
    remote, root = Remote.at(url), snapshot.root
    if remote.is_within(root):
        raise UnusableInput(f"{url}: within the snapshot; push to a place outside of it")
    paths = list(paths_of(root, cache=cache))
    with thread_mapper(THREADS) as mapper:
        entries = list(track(mapper(partial(entry_of, root), paths), "read", len(paths), "files"))
        if damaged := [entry.path for entry in entries if entry.is_misnamed]:
            raise UnusableInput(f"{root}: {len(damaged):,} damaged pictures, not as their names say: {some(damaged)}")
        distinct = {entry.sha256: entry for entry in entries}
        prefixes = sorted({sha256[:PREFIX] for sha256 in distinct})
        sizes = {name: size for found in mapper(remote.sizes, prefixes) for name, size in found.items()}
        there = [entry for entry in distinct.values() if sizes.get(entry.sha256) == entry.size]
        if check:
            whole = track(mapper(partial(_is_whole, remote), there), "check", len(there), "files")
            there = [entry for entry, good in zip(there, whole, strict=True) if good]
        known = {entry.sha256 for entry in there}
        missing = [entry for entry in distinct.values() if entry.sha256 not in known]
        for _ in track(mapper(partial(_send, remote, root), missing), "push", len(missing), "files"):
            pass
    remote.write_manifest(written(entries))
    sent = gigabytes(sum(entry.size for entry in missing))
    say(f"pushed {len(missing):,} files, {sent}; {len(there):,} were there; {len(entries):,} paths in {url}")


def _is_whole(remote: Remote, entry: Entry) -> bool:
    try:
        for _ in remote.chunks(entry):
            pass
    except Damaged as error:
        say(f"warning: damaged: {error}; pushed again")
        return False
    return True


def _send(remote: Remote, root: Path, entry: Entry) -> None:
    remote.put(root / entry.path, entry.sha256)
    if entry_of(root, entry.path) != entry:
        remote.remove(entry.sha256)
        raise RunFailed(f"{root / entry.path}: changed while it was pushed; push again")
