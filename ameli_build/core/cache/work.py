"""Cached work: shards whose results are kept by content, so that a killed run goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from ameli_build.core.cache.sealed import SEALED, read_entry, write_entry
from ameli_build.core.fingerprints import fingerprint, function_code
from ameli_build.core.progress import track
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes

CODE_LETTERS = 16
"""Of the hash of a function's code, in the names of cached results."""
USED = "cache.txt"
"""Beside a stage's record: the files of the cache that its last finished run asked for, a line each."""
USERS = ".users"
"""Folder in a cache that snapshots share: a file a snapshot, which holds its path."""

T = TypeVar("T")
R = TypeVar("R")

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Applies a picklable function to each item and yields the results in the items' order.

One that never leaves this process, a single thread at a time, says so with an attribute `stays_in_process`: it gets the
shards that need a model even where models are loaded in one process.
"""


def in_process(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The mapper of one worker: the plain loop."""
    return map(function, items)


@dataclass(frozen=True, slots=True)
class Shard:
    """One piece of cached work: `payload` is all that the worker gets, `key` tells its content (not its code)."""

    key: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage may use beside its tables: the snapshot's files, the mapper, the cache of shards."""

    snapshot: Snapshot
    mapper: Mapper = in_process
    cache: Path | None = None
    """A cache that snapshots share; None for the snapshot's own."""
    models_in_one_process: bool = False
    """Shards that need a model run in this process, whatever the mapper is."""
    used: set[str] = field(default_factory=set, compare=False)
    """Files of the cache that this run asked for, as `label/name`."""

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process) -> Work:
        """With the cache that the settings name, and models where they say."""
        cache = Path(settings.run.cache) if settings.run.cache else None
        return cls(snapshot, mapper, cache, settings.models.in_one_process)

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
        return self.snapshot.root / "cache" / "scratch"

    def map(
        self,
        label: str,
        function: Callable[[Any], pl.DataFrame],
        shards: Sequence[Shard],
        cached: bool = True,
        model: bool = False,
    ) -> list[pl.DataFrame]:
        """`function(payload)` for each shard, in order; `function` is a top-level one, its result a table.

        A cached result is taken only for a whole shard of the same key, so what a batch holds never depends on what
        the cache lacks. The key must cover all that the result depends on beside the code of `function`, which counts
        by itself. `model` tells that the function loads a large model, of which there may have to be one in memory.
        """
        alone = model and self.models_in_one_process and not getattr(self.mapper, "stays_in_process", False)
        mapper = in_process if alone else self.mapper
        if not cached:
            jobs: list[Any] = [(function, shard.payload, None) for shard in shards]
            return list(track(mapper(_run_shard, jobs), label, len(jobs)))
        folder = self.folder(label)
        names = [entry_name(function, shard.key) for shard in shards]
        self.used.update(f"{folder.name}/{name}" for name in names)
        paths = [folder / name for name in names]
        known = {n: table for n, path in enumerate(paths) if (table := read_entry(path)) is not None}
        missing = [n for n in range(len(paths)) if n not in known]
        jobs = [(function, shards[n].payload, paths[n]) for n in missing]
        known |= zip(missing, track(mapper(_run_shard, jobs), label, len(jobs)), strict=True)
        return [known[n] for n in range(len(paths))]


def entry_name(function: Callable[..., Any], key: str) -> str:
    """The name of the file that keeps what `function` makes of the shard `key`: other code, other name."""
    return f"{function_code(function)[:CODE_LETTERS]}-{key}{SEALED}"


def _run_shard(job: tuple[Callable[[Any], pl.DataFrame], Any, Path | None]) -> pl.DataFrame:
    function, payload, path = job
    table = function(payload)
    if path is not None:
        write_entry(path, table)
    return table


@contextmanager
def noted_use(work: Work, name: str) -> Iterator[None]:
    """Note which files of the cache a run of the stage `name` used; where it did not finish, nothing says so."""
    note = work.snapshot.root / "stages" / name / USED
    note.unlink(missing_ok=True)
    note.parent.mkdir(parents=True, exist_ok=True)
    if work.cache is not None:
        root = str(work.snapshot.root.resolve())
        write_bytes(work.cache / USERS / fingerprint(root)[:16], root.encode())
    yield
    write_bytes(note, "".join(f"{one}\n" for one in sorted(work.used)).encode())
