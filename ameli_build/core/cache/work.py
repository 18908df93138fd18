"""Cached work: shards whose results are kept by content, so that a killed run goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import polars as pl

from ameli_build.core.cache.sealed import SEALED, read_entry, write_entry
from ameli_build.core.cache.store import Store
from ameli_build.core.fingerprints import fingerprint, function_code
from ameli_build.core.progress import track
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes

CODE_LETTERS = 16
"""Of the hash of a function's code, in the names of cached results."""
USED = "cache.txt"
"""Beside a stage's record: the files of the cache that its last finished run asked for, a line each."""
SEEN_WITHIN = 60.0
"""Seconds within which a file that another machine wrote is seen here."""
USERS = ".users"
"""Folder in a cache that snapshots share: a file a snapshot, which holds its path."""

T = TypeVar("T")
R = TypeVar("R")

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Applies a picklable function to each item and yields the results in the items' order.

A mapper that never leaves this process, a single thread at a time, has a true attribute `stays_in_process`: it gets the
shards that need a model even where models are loaded in one process. A mapper over other machines has a method `on`,
which returns the mapper over the workers with a resource ("cpu" or "gpu"). Its workers load models, and the results of
cached shards are read from the cache, not sent.
"""


def in_process(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The mapper of one worker: the plain loop."""
    return map(function, items)


@dataclass(frozen=True, slots=True)
class Shard:
    """One piece of cached work: `payload` is all that the worker gets, `key` tells its content (not its code)."""

    key: str
    payload: Any
    size: int = 1
    """Number of items in the payload, for the progress."""


class Job(NamedTuple):
    """What a mapper gets of a shard: its result is written to `path`, and not returned if it is `far` away."""

    function: Callable[[Any], pl.DataFrame]
    payload: Any
    path: Path | None = None
    far: bool = False
    store: Store | None = None

    def is_made(self) -> bool:
        """Whether the result is kept; one at a URL is copied to this disk."""
        if self.path is None:
            return False
        if self.store is not None and not self.path.is_file():
            self.store.fetch(self.path)
        return self.path.is_file()

    def keep(self, table: pl.DataFrame) -> None:
        """Write the result where it is kept."""
        if self.path is not None:
            write_entry(self.path, table)
            if self.store is not None:
                self.store.send(self.path)


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage may use beside its tables: the snapshot's files, the mapper, the cache of shards."""

    snapshot: Snapshot
    mapper: Mapper = in_process
    cache: Path | None = None
    """The folder of a cache that snapshots share; None for the snapshot's own."""
    store: Store | None = None
    """A cache at a URL; the folder has what a run takes from it."""
    models_in_one_process: bool = False
    """Shards that need a model run in this process, unless the mapper has `on`."""
    scratch_folder: Path | None = None
    """The folder of `scratch`; None for one in the snapshot."""
    only_fills: bool = False
    """This run only fills the cache: a stage leaves the snapshot as it is."""
    used: set[str] = field(default_factory=set, compare=False)
    """Files of the cache that this run asked for, as `label/name`."""

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process) -> Work:
        """With the cache that the settings name, and models where they say."""
        store = Store(settings.run.cache_url) if settings.run.cache_url else None
        return cls(snapshot, mapper, settings.run.cache_folder, store, settings.models.processes == "one")

    def folder(self, label: str) -> Path:
        """Where the results of this label are kept."""
        return self.kept / label.replace(" ", "-")

    @property
    def kept(self) -> Path:
        """The folder of the cache: that which snapshots share, or the snapshot's own."""
        return self.cache or self.snapshot.root / "cache"

    @property
    def scratch(self) -> Path:
        """A folder for what a stage's lazy tables are read from; it is gone when the tables are written."""
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
        """The tables of `stream`, all at once."""
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

        A cached result is taken only for a whole shard of the same key, so what a batch holds never depends on what
        the cache lacks.

        Args:
            label: Name of the work, for its folder in the cache and for the progress.
            function: A top-level function that returns a table.
            shards: The work. A key must cover all that a result depends on, except the code of `function`.
            cached: Whether results are kept.
            model: Whether `function` loads a large model, of which there may have to be one in memory.
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
                Job(function, None, path, store=self.store).keep(table)
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
    """The name of the file that keeps what `function` makes of the shard `key`: other code, other name."""
    return f"{function_code(function)[:CODE_LETTERS]}-{key}{SEALED}"


def _run_shard(job: Job) -> pl.DataFrame | None:
    """Make a shard's table, and write it where it is kept; None where the caller reads it from there."""
    table = job.function(job.payload)
    job.keep(table)
    return None if job.far else table


def _awaited(path: Path) -> pl.DataFrame | None:
    """A table that another machine has written: a network file system can show its name late."""
    until = time.monotonic() + SEEN_WITHIN
    while not path.is_file() and time.monotonic() < until:
        time.sleep(0.1)
    return read_entry(path)


@contextmanager
def noted_use(work: Work, name: str) -> Iterator[None]:
    """Note which files of the cache a run of the stage `name` used; where it did not finish, nothing says so."""
    note = work.snapshot.root / "stages" / name / USED
    note.unlink(missing_ok=True)
    note.parent.mkdir(parents=True, exist_ok=True)
    if work.store is not None:
        work.store.check()
    if work.cache is not None:
        root = str(work.snapshot.root.resolve())
        write_bytes(work.cache / USERS / fingerprint(root)[:16], root.encode())
    yield
    write_bytes(note, "".join(f"{one}\n" for one in sorted(work.used)).encode())
