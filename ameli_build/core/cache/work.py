"""Cached work: results of shards are stored by content, so a killed run continues after its last finished shard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from ameli_build.core.cache.sealed import SEALED, read_entry, write_entry
from ameli_build.core.cache.store import Store
from ameli_build.core.fingerprints import fingerprint, function_code
from ameli_build.core.progress import track
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.core.workers import Mapper, in_process

CODE_LETTERS = 16
"""Length of the hash of a function's code in the names of cached results."""
USED = "cache.txt"
"""File in the folder of a stage: the cached files that its last finished run used, a line each."""
SEEN_WITHIN = 60.0
"""Longest delay, in seconds, until a file that another machine wrote is visible here."""
USERS = ".users"
"""Folder in a cache that snapshots share: a file for each snapshot, with its path."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece of cached work: `payload` is the input of the worker, and `key` covers its content but not the code."""

    key: str
    payload: Any
    size: int = 1
    """Number of items in the payload, for the progress."""


class Job(NamedTuple):
    """The task of a worker: the result is written to `path`, and also returned unless the worker is `far` away."""

    function: Callable[[Any], pl.DataFrame]
    payload: Any
    path: Path | None = None
    far: bool = False
    store: Store | None = None

    def is_made(self) -> bool:
        """Whether the result is cached; a result at a URL is copied to this disk."""
        if self.path is None:
            return False
        if self.store is not None and not self.path.is_file():
            self.store.fetch(self.path)
        return self.path.is_file()

    def write(self, table: pl.DataFrame) -> None:
        """Write the result to the cache."""
        if self.path is not None:
            write_entry(self.path, table)
            if self.store is not None:
                self.store.send(self.path)


@dataclass(frozen=True, slots=True)
class Work:
    """The means of a stage: the snapshot's files, the mapper, and the cache of shards."""

    snapshot: Snapshot
    mapper: Mapper = in_process
    cache: Path | None = None
    """The folder of a cache that snapshots share; None for the snapshot's own."""
    store: Store | None = None
    """A cache at a URL; its files are copied to the folder for a run."""
    models_in_one_process: bool = False
    """Shards that need a model run in this process, unless the mapper has `on`."""
    scratch_folder: Path | None = None
    """The folder of `scratch`; None for one in the snapshot."""
    only_fills: bool = False
    """This run only fills the cache; no stage writes to the snapshot."""
    used: set[str] = field(default_factory=set, compare=False)
    """Files of the cache that this run used, as `label/name`."""

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process) -> Work:
        """With the cache of the settings, and their choice of processes for models."""
        store = Store(settings.run.cache_url) if settings.run.cache_url else None
        return cls(snapshot, mapper, settings.run.cache_folder, store, settings.models.processes == "one")

    def folder(self, label: str) -> Path:
        """The folder for results of this label."""
        return self.cache_folder / label.replace(" ", "-")

    @property
    def cache_folder(self) -> Path:
        """The folder of the cache: the shared cache, or the snapshot's own."""
        return self.cache or self.snapshot.root / "cache"

    @property
    def scratch(self) -> Path:
        """A folder for files that lazy tables read; it is removed after the tables are written."""
        return self.scratch_folder or self.snapshot.root / "cache" / "scratch"

    def map(
        self,
        label: str,
        function: Callable[[Any], pl.DataFrame],
        shards: Sequence[Shard],
        cached: bool = True,
        model: bool = False,
        device: str = "cpu",
        unit: str = "items",
    ) -> list[pl.DataFrame]:
        """The tables of `stream`, as a list."""
        return list(self.stream(label, function, shards, cached, model, device, unit))

    def stream(
        self,
        label: str,
        function: Callable[[Any], pl.DataFrame],
        shards: Sequence[Shard],
        cached: bool = True,
        model: bool = False,
        device: str = "cpu",
        unit: str = "items",
    ) -> Iterator[pl.DataFrame]:
        """Yield `function(payload)` for each shard, in order.

        A cached result is used only for a whole shard with the same key. So the content of a batch never depends on
        the state of the cache.

        Args:
            label: Name of the work, for its folder in the cache and for the progress.
            function: A top-level function that returns a table.
            shards: The work. A key must cover all that a result depends on, except the code of `function`.
            cached: Whether results are cached.
            model: Whether `function` loads a large model, which might fit into memory only once.
            device: Device of the model.
            unit: Name of the items of the shards, in the plural, for the progress.
        """
        mapper, far = self._mapper(model, device)
        if not cached:
            jobs = [Job(function, shard.payload) for shard in shards]
            sizes = [shard.size for shard in shards]
            yield from track(mapper(_run_shard, jobs), label, sum(sizes), unit, sizes)
            return
        folder = self.folder(label)
        names = [entry_name(function, shard.key) for shard in shards]
        self.used.update(f"{folder.name}/{name}" for name in names)
        paths = [folder / name for name in names]
        if self.store is not None:
            self.store.share(paths)
        missing = {n for n, path in enumerate(paths) if not path.is_file()}
        jobs = [Job(function, shards[n].payload, paths[n], far, self.store) for n in sorted(missing)]
        sizes = [shards[n].size for n in sorted(missing)]
        made = iter(track(mapper(_run_shard, jobs), label, sum(sizes), unit, sizes))
        for n, path in enumerate(paths):
            table = next(made) if n in missing else None
            if table is None:
                table = _awaited(path) if n in missing else read_entry(path)
            if table is None:  # damaged
                (table,) = mapper(_run_shard, [Job(function, shards[n].payload)])
                Job(function, None, path, store=self.store).write(table)
            yield table
        next(made, None)  # ends the display of the progress

    def _mapper(self, model: bool, device: str) -> tuple[Mapper, bool]:
        """The mapper for shards of this kind, and whether its workers' results are read from the cache."""
        on = getattr(self.mapper, "on", None)
        if on is not None:
            return on(resource_of(device) if model else "cpu"), True
        once = model and (self.models_in_one_process or device != "cpu")
        return (in_process if once and not getattr(self.mapper, "stays_in_process", False) else self.mapper), False


def resource_of(device: str) -> str:
    """The resource that a model on this device needs: "cpu" or "gpu"."""
    return "cpu" if device == "cpu" else "gpu"


def entry_name(function: Callable[..., Any], key: str) -> str:
    """The name of the cached file for the result of `function` on the shard `key`; it changes with the code."""
    return f"{function_code(function)[:CODE_LETTERS]}-{key}{SEALED}"


def _run_shard(job: Job) -> pl.DataFrame | None:
    """Compute and cache the table of a shard; returns None if the caller reads it from the cache."""
    table = job.function(job.payload)
    job.write(table)
    return None if job.far else table


def _awaited(path: Path) -> pl.DataFrame | None:
    """A table that another machine has written; a network file system can show the file late."""
    until = time.monotonic() + SEEN_WITHIN
    while not path.is_file() and time.monotonic() < until:
        time.sleep(0.1)
    return read_entry(path)


@contextmanager
def noted_use(work: Work, name: str) -> Iterator[None]:
    """List the cached files that a run of the stage `name` used; a run that does not finish leaves no list."""
    note = work.snapshot.root / "stages" / name / USED
    note.unlink(missing_ok=True)
    note.parent.mkdir(parents=True, exist_ok=True)
    if work.store is not None:
        work.store.check()
    if work.cache is not None:
        root = str(work.snapshot.root.resolve())
        write_bytes(work.cache / USERS / fingerprint(root)[:16], root.encode())
    yield
    write_bytes(note, "".join(f"{entry}\n" for entry in sorted(work.used)).encode())
