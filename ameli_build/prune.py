"""`ameli prune`: removes old snapshots, and entries of caches that no snapshot uses.

A snapshot gets a hidden name before it is removed, so that a killed removal leaves no incomplete snapshot under the old
name. Links are not followed. Outside the folder, only the cache of `run.cache` is changed, and not at a URL: nobody
knows which machines use that.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ameli_build.core.cache import SEALED, USED, USERS
from ameli_build.core.errors import UnusableInput
from ameli_build.core.logs import RESULTS
from ameli_build.core.progress import say
from ameli_build.core.running import holder
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record
from ameli_build.core.text import columns, gigabytes
from ameli_build.crawl.journal import read_journal
from ameli_build.crawl.latest import crawled_at
from ameli_build.pipeline import STAGES
from ameli_build.release.stage import ANSWERS_FILE

KEEP = 3
HIDDEN = ".pruned-"
"""Prefix of a snapshot's name during its removal."""
SHARED = ".cache"
"""Name of a cache that all snapshots of a folder share."""


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache, the snapshots that use it, and its unused entries; `reason` says why it is not pruned, "" if it is."""

    folder: Path
    users: tuple[Path, ...]
    unused: tuple[Path, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pruning:
    """Plan of a removal: snapshots, leftovers of killed removals, and entries of caches.

    `stays` has the reason why each other snapshot stays. `sizes` has the bytes of each snapshot to remove, without
    files that another snapshot shares by hard links.
    """

    snapshots: tuple[Path, ...]
    leftovers: tuple[Path, ...]
    stays: Mapping[Path, str]
    caches: tuple[Cache, ...]
    sizes: Mapping[Path, int] = field(default_factory=dict)
    freed: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not self.snapshots and not self.leftovers and not any(cache.unused for cache in self.caches)

    def __str__(self) -> str:
        rows = [("snapshot", "", "size", "")]
        rows += [(path.name, "remove", gigabytes(self.sizes[path]), "") for path in self.snapshots]
        rows += [(path.name, "remove", gigabytes(self.sizes[path]), "a killed removal") for path in self.leftovers]
        rows += [(path.name, "keep", "", why) for path, why in sorted(self.stays.items())]
        lines = [columns(rows)]
        for cache in self.caches:
            size = gigabytes(sum(path.stat().st_size for path in cache.unused))
            state = cache.reason or f"{len(cache.unused):,} entries that no snapshot uses, {size}"
            lines.append(f"cache {cache.folder}: {state}")
        return "\n".join([*lines, f"frees {gigabytes(self.freed)}"])


def prune(
    folder: Path, settings: Settings, *, keep: int = KEEP, named: Sequence[str] = (), dry_run: bool, yes: bool
) -> None:
    """Show the plan, ask, and remove. Raises `UnusableInput` if there is no terminal for the question."""
    found = find_prunable(folder, settings, keep, named)
    RESULTS.info(str(found))
    if dry_run or found.empty:
        return
    if not yes and not sys.stdin.isatty():
        raise UnusableInput("nothing removed: no terminal to ask for consent; use --yes")
    if yes or input("Remove this? [y/N] ").strip().lower() in ("y", "yes"):
        remove(found)
        say("removed")
    else:
        say("nothing removed")


def find_prunable(folder: Path, settings: Settings, keep: int = KEEP, named: Sequence[str] = ()) -> Pruning:
    """The plan for a folder of snapshots, or for a single snapshot, of which only cache entries can be removed.

    The `keep` newest finished snapshots stay, with all snapshots newer than the oldest of them. A snapshot also stays
    if a process works in it, if a remaining snapshot was refreshed from it, or if it has answers of annotators. In the
    last case, it can be removed by name (`named`).

    Raises:
        UnusableInput: The folder has no snapshot, or a named snapshot must stay.
    """
    snapshots = _snapshots_in(folder)
    if unknown := sorted(set(named) - {path.name for path in snapshots if path != folder}):
        raise UnusableInput(f"--remove {unknown[0]}: no such snapshot in {folder}")
    going, stays = _divide(snapshots, keep, set(named))
    leftovers = tuple(path for path in sorted(folder.glob(f"{HIDDEN}*")) if path.is_dir() and not path.is_symlink())
    caches = tuple(_caches(folder, settings, going, tuple(stays)))
    gone = (*going, *leftovers)
    entries = [path for cache in caches for path in cache.unused]
    sizes = {path: _freed([path]) for path in gone}
    return Pruning(going, leftovers, stays, caches, sizes, _freed([*gone, *entries]))


def remove(found: Pruning) -> None:
    """Carry out a plan; raises `Held` if a run has started in a snapshot."""
    for path in found.leftovers:
        shutil.rmtree(path)
    for path in found.snapshots:
        with Snapshot(path).lock(links=True):
            hidden = path.with_name(f"{HIDDEN}{path.name}")
            path.rename(hidden)
            shutil.rmtree(hidden)
    for cache in found.caches:
        with ExitStack() as stack:
            for user in cache.users if cache.unused else ():
                stack.enter_context(Snapshot(user).lock(links=True))
            for entry in cache.unused:
                entry.unlink(missing_ok=True)


def _snapshots_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UnusableInput(f"{folder}: no such folder")
    within = [path for path in sorted(folder.iterdir()) if not path.is_symlink() and not path.name.startswith(".")]
    found = [folder] if _is_snapshot(folder) else [path for path in within if _is_snapshot(path)]
    if not found:
        raise UnusableInput(f"{folder}: no snapshot here (no folder with raw/ or catalog/)")
    return found


def _is_snapshot(path: Path) -> bool:
    return (path / "raw").is_dir() or (path / "catalog").is_dir()


def _divide(snapshots: Sequence[Path], keep: int, named: set[str]) -> tuple[tuple[Path, ...], dict[Path, str]]:
    """The snapshots to remove, and for each other snapshot the reason to keep it."""
    finished = sorted((path for path in snapshots if _finished(path)), key=_made)
    newest = finished[-keep:]
    since = _made(newest[0]) if len(newest) == keep else ""
    stays = {path: why for path in snapshots if (why := _why(path, finished[-1:], newest, since, named))}
    for path, base in [(path, _base(path, snapshots)) for path in list(stays)]:
        if base is not None and base not in stays:
            stays[base] = f"{path.name} was refreshed from it"
    for path, why in stays.items():
        if path.name in named:
            raise UnusableInput(f"--remove {path.name}: stays ({why})")
    return tuple(path for path in snapshots if path not in stays), stays


def _why(path: Path, last: Sequence[Path], newest: Sequence[Path], since: str, named: set[str]) -> str:
    """Why a snapshot stays regardless of others: among the `newest`, or newer than `since`; "" if it need not."""
    if holder(path) is not None:
        return "a process works in it"
    if path in last:
        return "the newest finished snapshot"
    if path.name in named:
        return ""
    if path in newest:
        return "among the newest finished snapshots"
    if _made(path) >= since:
        return "newer than a finished snapshot that stays" if since else "fewer snapshots are finished than may stay"
    return "has answers of annotators; --remove takes it" if (path / ANSWERS_FILE).is_file() else ""


def _finished(path: Path) -> bool:
    return bool(stage_record(Snapshot(path), "release"))


def _made(path: Path) -> str:
    """Time of a snapshot's crawl; without a crawl, of its release or of the last change of its `catalog/`."""
    newest = crawled_at(Snapshot(path))
    if not newest:
        if finished := stage_record(Snapshot(path), "release").get("finished"):
            return str(finished)
        newest = max(place.stat().st_mtime for name in ("raw", "catalog") if (place := path / name).is_dir())
    return f"{datetime.fromtimestamp(newest, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _base(path: Path, snapshots: Iterable[Path]) -> Path | None:
    """The snapshot among `snapshots` from which `path` was refreshed; None if there is none."""
    refreshed = read_journal(path / "raw").refreshes
    return next((other for other in snapshots if refreshed and other.resolve() == Path(refreshed)), None)


def _caches(folder: Path, settings: Settings, going: Sequence[Path], staying: Sequence[Path]) -> Iterable[Cache]:
    """The caches of the remaining snapshots, and the shared caches."""
    for path in staying:
        own = path / "cache"
        if own.is_dir() and not own.is_symlink() and any(own.iterdir()):
            yield _cache(own, (path,), going)
    gone = {path.resolve() for path in going}
    for place in _shared_caches(folder, settings):
        noted = [Path(note.read_text()) for note in sorted((place / USERS).glob("*")) if not note.name.startswith(".")]
        users = tuple(path for path in dict.fromkeys(noted) if path not in gone and _is_snapshot(path))
        yield _cache(place, users, going) if noted else Cache(place, (), (), "not pruned: its users are unknown")


def _shared_caches(folder: Path, settings: Settings) -> list[Path]:
    """The cache of the settings, and a cache in the folder that is not a link."""
    own = folder / SHARED
    places = [own] if own.is_dir() and not own.is_symlink() else []
    if settings.run.cache_folder is not None and settings.run.cache_folder.is_dir():
        places.append(settings.run.cache_folder)
    return sorted({path.resolve() for path in places})


def _cache(folder: Path, users: tuple[Path, ...], going: Sequence[Path]) -> Cache:
    for path in users:
        if holder(path) is not None:
            return Cache(folder, users, (), f"not pruned: a process works in {path.name}")
        if not _records_use(path):
            return Cache(folder, users, (), f"not pruned: {path.name} is not finished, or of an earlier version")
    used = {line for path in users for line in _used(path)}
    labels = {line.partition("/")[0] for line in (*used, *(line for path in going for line in _used(path)))}
    unused = [entry for label in sorted(labels) for entry in _entries(folder / label) if _name(entry) not in used]
    return Cache(folder, users, tuple(unused))


def _records_use(path: Path) -> bool:
    """Whether every stage of a snapshot, and the baseline if it ran, has recorded the entries that it used."""
    names = {*(stage.name for stage in STAGES), *(folder.name for folder in (path / "stages").glob("baseline"))}
    return all((path / "stages" / name / USED).is_file() for name in names)


def _used(path: Path) -> Iterable[str]:
    """Entries used by the stages of a snapshot, as `label/name`."""
    for note in sorted((path / "stages").glob(f"*/{USED}")):
        yield from note.read_text(encoding="utf-8").splitlines()


def _entries(folder: Path) -> Iterable[Path]:
    """The files of a label: results of shards, leftovers of killed runs, and files of earlier versions."""
    if folder.is_dir() and not folder.is_symlink():
        yield from (
            path
            for path in sorted(folder.iterdir())
            if path.is_file() and not path.is_symlink() and path.suffix in (SEALED, ".partial", ".parquet")
        )


def _name(entry: Path) -> str:
    return f"{entry.parent.name}/{entry.name}"


def _freed(paths: Iterable[Path]) -> int:
    """Bytes that the removal of these files and folders frees; a file with other hard links frees none."""
    seen: dict[tuple[int, int], list[int]] = {}
    for path in paths:
        for file in (path, *path.rglob("*")) if path.is_dir() else (path,):
            state = file.lstat()
            entry = seen.setdefault((state.st_dev, state.st_ino), [0, state.st_nlink, state.st_size])
            entry[0] += 1
    return sum(size for count, links, size in seen.values() if count >= links or links == 0)
