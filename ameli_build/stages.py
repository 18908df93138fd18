"""How a stage runs: one mechanism for skipping, resuming, sharding, locks, counts and provenance.

A stage is a pure function from named tables and settings to named tables. It is skipped when its fingerprint (content
of its inputs, its settings, content of its own modules, identity of its models) has not changed and its outputs are
there. Costly work inside a stage goes through `Work.map`, whose results are kept by content, a shard a file, so that
a killed run goes on with the shard it was at.
"""

from __future__ import annotations

import json
import resource
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.models.sources import identity
from ameli_build.progress import say, track
from ameli_build.settings import Settings
from ameli_build.snapshot import RunFailed, Snapshot, file_digest, write_json, write_table

T = TypeVar("T")
R = TypeVar("R")

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""Applies a picklable function to each item and yields the results in the items' order."""

Tables = Mapping[str, pl.LazyFrame]


def in_process(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """The mapper of one worker: the plain loop."""
    return map(function, items)


@dataclass(frozen=True, slots=True)
class Shard:
    """One piece of cached work: `payload` is all that the worker gets, `key` tells its content."""

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

    @classmethod
    def of(cls, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process) -> Work:
        """With the cache that the settings name, and models where they say."""
        cache = Path(settings.run.cache) if settings.run.cache else None
        return cls(snapshot, mapper, cache, settings.models.in_one_process)

    def folder(self, label: str) -> Path:
        """Where the results of this label are kept."""
        return (self.cache or self.snapshot.root / "cache") / label.replace(" ", "-")

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
        the cache lacks. The key must cover all that the result depends on: use `fingerprint`. `model` tells that the
        function loads a large model, of which there may have to be one in memory.
        """
        mapper = in_process if model and self.models_in_one_process else self.mapper
        if not cached:
            jobs: list[Any] = [(function, shard.payload, None) for shard in shards]
            return list(track(mapper(_run_shard, jobs), label, len(jobs)))
        folder = self.folder(label)
        paths = [folder / f"{shard.key}.parquet" for shard in shards]
        missing = [n for n, path in enumerate(paths) if not path.is_file()]
        jobs = [(function, shards[n].payload, paths[n]) for n in missing]
        fresh = dict(zip(missing, track(mapper(_run_shard, jobs), label, len(jobs)), strict=True))
        return [fresh[n] if n in fresh else pl.read_parquet(path) for n, path in enumerate(paths)]


def _run_shard(job: tuple[Callable[[Any], pl.DataFrame], Any, Path | None]) -> pl.DataFrame:
    function, payload, path = job
    table = function(payload)
    if path is not None:
        write_table(path, table)
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
    folders, whose content is an input; `sections` and `models` are names in the settings; `modules` are modules or
    packages whose source counts; `named_files` are settings (`clean.profanity_list`) that can name a file or folder of
    the user's, whose content is an input too.
    """

    name: str
    compute: Callable[[Tables, Settings, Work], Result]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    sections: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    named_files: tuple[str, ...] = ()
    conserved: tuple[Conserved, ...] = ()
    made: tuple[str, ...] = ()
    """Further files or folders of the snapshot that the stage makes beside its tables."""


def run_stage(stage: Stage, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process) -> bool:
    """Run `stage` unless its result is there already; True when it ran. Raises `RunFailed` when rows got lost."""
    mark = snapshot.root / "stages" / stage.name / "stage.json"
    inputs = {name: file_digest(snapshot.table_path(name)) for name in stage.inputs if snapshot.scan(name) is not None}
    inputs |= {path: _content(snapshot.root / path) for path in stage.files}
    inputs |= {name: _content(path) for name, path in _named_files(stage, settings) if path.exists()}
    mine = _fingerprint_of(stage, settings, inputs)
    if _is_done(mark, mine, snapshot, stage):
        return False
    say(f"{stage.name}: running")
    mark.unlink(missing_ok=True)
    started = time.monotonic()
    tables = {name: snapshot.scan(name) for name in stage.inputs}
    work = Work.of(snapshot, settings, mapper)
    shutil.rmtree(work.scratch, ignore_errors=True)  # of a run that was killed
    try:
        result = stage.compute(tables, settings, work)
        if set(result.tables) != set(stage.outputs):
            raise RunFailed(f"stage {stage.name}: made {sorted(result.tables)}, declared {sorted(stage.outputs)}")
        rows = {name: write_table(snapshot.table_path(name), table) for name, table in result.tables.items()}
    finally:
        shutil.rmtree(work.scratch, ignore_errors=True)
    for rule in stage.conserved:
        _check_conserved(stage.name, rule, snapshot)
    seconds = time.monotonic() - started
    record = {
        "fingerprint": mine,
        "settings": _settings_of(stage, settings),
        "inputs": inputs,
        "outputs": {name: file_digest(snapshot.table_path(name)) for name in stage.outputs},
        "made": {path: _content(snapshot.root / path) for path in stage.made},
        "rows": rows,
        "counts": dict(result.counts),
        "seconds": round(seconds, 2),
        "peak_memory_mb": peak_memory_mb(),
    }
    write_json(mark, record)
    say(f"{stage.name}: done in {seconds:.1f} s")
    return True


def stage_record(snapshot: Snapshot, name: str) -> dict[str, Any]:
    """What the last finished run of a stage noted (`stages/<name>/stage.json`), empty where there is none."""
    mark = snapshot.root / "stages" / name / "stage.json"
    record: dict[str, Any] = json.loads(mark.read_text()) if mark.is_file() else {}
    return record


def settings_as_run(snapshot: Snapshot, settings: Settings, *names: str) -> Settings:
    """`settings` with the sections that the stages `names` read as they were when each last ran; later names win."""
    changed: dict[str, Any] = {}
    for name in names:
        for section, values in stage_record(snapshot, name).get("settings", {}).items():
            changed[section] = type(getattr(settings, section)).model_validate(values)
    return settings.model_copy(update=changed)


def peak_memory_mb() -> int:
    """The largest resident set of this process or of one of its finished children so far, in MiB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) // 1024


def _fingerprint_of(stage: Stage, settings: Settings, inputs: Mapping[str, str]) -> str:
    sections = {name: getattr(settings, name).model_dump(mode="json") for name in (*stage.sections, "run")}
    models = {role: identity(getattr(settings.models, role)) for role in stage.models}
    if stage.models:
        models |= {"device": settings.models.device, "batch": str(settings.models.batch)}
        models |= {"text_backend": settings.models.text_backend, "precision": settings.models.precision}
    return fingerprint(stage.name, inputs, sections, models, module_fingerprint(*stage.modules))


def _settings_of(stage: Stage, settings: Settings) -> dict[str, Any]:
    sections = {*stage.sections, "run", *(("models",) if stage.models else ())}
    return {name: getattr(settings, name).model_dump(mode="json") for name in sorted(sections)}


def _named_files(stage: Stage, settings: Settings) -> list[tuple[str, Path]]:
    named = [(name, attrgetter(name)(settings)) for name in stage.named_files]
    return [(name, Path(value)) for name, value in named if value]


def _is_done(mark: Path, mine: str, snapshot: Snapshot, stage: Stage) -> bool:
    if not mark.is_file():
        return False
    record = json.loads(mark.read_text())
    if record["fingerprint"] != mine:
        return False
    paths = {name: snapshot.table_path(name) for name in stage.outputs}
    if not all(path.is_file() and file_digest(path) == record["outputs"].get(name) for name, path in paths.items()):
        return False
    return all(_content(snapshot.root / path) == record["made"].get(path) for path in stage.made)


def _content(path: Path) -> str:
    """A hash of a file's content; of a folder, of the names and sizes of all that lies below it."""
    if path.is_file():
        return file_digest(path)
    below = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")) if path.is_dir() else []
    return fingerprint([(str(p.relative_to(path)), p.stat().st_size) for p in below])


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
