"""How a stage runs: one mechanism for skipping, resuming, sharding, locks, counts and provenance.

A stage is a pure function from named tables and settings to named tables. It is skipped when its fingerprint (content
of its inputs, its settings, content of its own modules, identity of its models) has not changed and its outputs are
there. Costly work inside a stage goes through `Work.map`, whose results are kept by content, a shard a file, so that
a killed run goes on with the shard it was at.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from ameli_build.as_left import leave
from ameli_build.fingerprints import fingerprint, function_code
from ameli_build.progress import say, track
from ameli_build.running import doing, now
from ameli_build.sealed import SEALED, read_entry, write_entry
from ameli_build.settings import Settings
from ameli_build.snapshot import RunFailed, Snapshot, clear_folder, write_bytes, write_json, write_table
from ameli_build.space import require_space
from ameli_build.standing import digest, mark_of, settings_of, stage_record, standing_of

CODE_LETTERS = 16
"""Of the hash of a function's code, in the names of cached results."""

T = TypeVar("T")
R = TypeVar("R")

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Applies a picklable function to each item and yields the results in the items' order.

One that never leaves this process, a single thread at a time, says so with an attribute `stays_in_process`: it gets the
shards that need a model even where models are loaded in one process.
"""

Tables = Mapping[str, pl.LazyFrame]


def in_process(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The mapper of one worker: the plain loop."""
    return map(function, items)


@dataclass(frozen=True, slots=True)
class Shard:
    """One piece of cached work: `payload` is all that the worker gets, `key` tells its content (not its code)."""

    key: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What a stage leaves: its tables by name (`stage/table`), and further counts for `stats.json`.

    A table that is too large for a frame is the path of a finished Parquet file in the snapshot.
    """

    tables: Mapping[str, pl.DataFrame | pl.LazyFrame | Path]
    counts: Mapping[str, int] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Conserved:
    """Distinct `key`s of the table `source` must be those of `kept` and `dropped` together, none in both."""

    source: str
    kept: str
    dropped: str
    key: str = "review_id"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it reads, what it makes, and what its result depends on.

    `inputs` and `outputs` are table names (`catalog/reviews`); `files` are further paths in the snapshot, files or
    folders, whose content is an input; `sections` and `models` are names in the settings, `more_models` gives further
    models that some settings ask for; `libraries` are distributions whose version counts; `named_files` are settings
    (`clean.profanity_list`) that can name a file or folder of the user's, whose content is an input too; `counts` are
    stages whose counts are read. The code follows from the imports of the module of `compute`.
    """

    name: str
    compute: Callable[[Tables, Settings, Work], Result]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    sections: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    more_models: Callable[[Settings], tuple[str, ...]] | None = None
    identity: Callable[[str], str] = str
    """What tells a model from another of the same name (`models.sources.identity`)."""
    libraries: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    named_files: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    conserved: tuple[Conserved, ...] = ()
    made: tuple[str, ...] = ()
    """Further files or folders of the snapshot that the stage makes beside its tables."""

    def roles(self, settings: Settings) -> tuple[str, ...]:
        """The models that the stage uses with these settings."""
        return self.models if self.more_models is None else (*self.models, *self.more_models(settings))


def run_stage(stage: Stage, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process) -> bool:
    """Run `stage` unless its result is there already; True when it ran. Raises `RunFailed` when rows got lost."""
    before = stage_record(snapshot, stage.name)
    found = standing_of(stage, snapshot, settings, before)
    if not found.why:
        if found.archives != before.get("archives", {}):  # only copied: so that they are not read each time
            write_json(mark_of(snapshot, stage.name), before | {"archives": found.archives})
        return False
    require_space(snapshot.root, settings.run.least_free)
    say(f"{stage.name}: running")
    mark = mark_of(snapshot, stage.name)
    mark.unlink(missing_ok=True)
    work = Work.of(snapshot, settings, mapper)
    with doing(snapshot.root, stage.name), noted_use(work, stage.name):
        record = _run(stage, work, settings)
    told = {"fingerprint": found.fingerprint, "inputs": found.inputs, "archives": found.archives, "finished": now()}
    write_json(mark, told | record)
    say(f"{stage.name}: done in {record['seconds']:.1f} s")
    return True


def _run(stage: Stage, work: Work, settings: Settings) -> dict[str, Any]:
    """Make a stage's tables; returns what its record tells of that."""
    started, snapshot = time.monotonic(), work.snapshot
    tables = {name: snapshot.scan(name) for name in stage.inputs}
    clear_folder(work.scratch)  # of a run that was killed
    try:
        result = stage.compute(tables, settings, work)
        if set(result.tables) != set(stage.outputs):
            raise RunFailed(f"stage {stage.name}: made {sorted(result.tables)}, declared {sorted(stage.outputs)}")
        rows = {name: write_table(snapshot.table_path(name), table) for name, table in result.tables.items()}
    finally:
        clear_folder(work.scratch)
    for rule in stage.conserved:
        _check_conserved(stage.name, rule, snapshot)
    return {
        "settings": settings_of(stage, settings),
        "outputs": {name: digest(snapshot.table_path(name)) for name in stage.outputs},
        "made": {path: leave(snapshot.root / path) for path in stage.made},
        "rows": rows,
        "counts": dict(result.counts),
        "seconds": round(time.monotonic() - started, 2),
        "peak_memory_mb": peak_memory_mb(),
    }


USED = "cache.txt"
"""Beside a stage's record: the files of the cache that its last finished run asked for, a line each."""
USERS = ".users"
"""Folder in a cache that snapshots share: a file a snapshot, which holds its path."""


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


def settings_as_run(snapshot: Snapshot, settings: Settings, *names: str) -> Settings:
    """`settings` with the sections that the stages `names` read as they were when each last ran; later names win."""
    changed: dict[str, Any] = {}
    for name in names:
        for section, values in stage_record(snapshot, name).get("settings", {}).items():
            changed[section] = type(getattr(settings, section)).model_validate(values)
    return settings.model_copy(update=changed)


def peak_memory_mb() -> int:
    """The largest resident set of this process or of one of its children so far, in MiB; workers still live count."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    live = (_peak_kib(child.pid) for child in multiprocessing.active_children())
    return max(*(resource.getrusage(one).ru_maxrss for one in who), *live) // 1024


def _peak_kib(pid: int | None) -> int:
    """The largest resident set that a live process has had, in KiB; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def _check_conserved(stage: str, rule: Conserved, snapshot: Snapshot) -> None:
    source, kept, dropped = (snapshot.scan(name).select(rule.key) for name in (rule.source, rule.kept, rule.dropped))
    both = kept.join(dropped, on=rule.key, how="semi")
    lost = source.join(kept, on=rule.key, how="anti").join(dropped, on=rule.key, how="anti")
    new = pl.concat([kept, dropped]).join(source, on=rule.key, how="anti")
    numbers = pl.collect_all([one.unique() for one in (lost, both, new)], engine="streaming")
    if any(len(one) for one in numbers):
        lost_n, both_n, new_n = map(len, numbers)
        raise RunFailed(
            f"stage {stage}: rows not conserved for {rule.key}: {lost_n} lost, {both_n} kept and dropped, "
            f"{new_n} from nowhere (for example {pl.concat(numbers)[rule.key].min()!r})"
        )
