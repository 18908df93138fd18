"""Whether a stage's result is the one that is wanted, and if not, why: for the build and for `ameli status` alike."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ameli_build.core.as_left import is_as_left
from ameli_build.core.fingerprints import code_of, fingerprint
from ameli_build.core.snapshot import Snapshot, file_digest

if TYPE_CHECKING:
    from ameli_build.core.settings import Settings
    from ameli_build.core.stage import Stage

NEVER = "has not run"
ARCHIVE = ".warc.gz"
"""The ending of files that count by their content though they lie in a folder: they can change at equal size."""
TOLD = 3
"""Reasons that are told, at most."""
HOW = ("device", "batch", "text_backend", "precision")
"""Settings below `models` that say how every model runs."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a stage's result depends on now, and `why` the stage has to run, "" where its result is there."""

    fingerprint: str
    inputs: Mapping[str, str]
    why: str
    archives: Mapping[str, Any] = field(default_factory=dict)
    """`Archives.seen` of its archives."""


def standing_of(stage: Stage, snapshot: Snapshot, settings: Settings, record: Mapping[str, Any]) -> Standing:
    """The standing of a stage after the run of `record`; raises `UnusableInput` if a table that it reads is missing."""
    inputs = {name: digest(snapshot.table_path(name)) for name in stage.inputs if snapshot.scan(name) is not None}
    archives = Archives(snapshot.root, record.get("archives"))
    inputs |= {path: content(snapshot.root / path, archives.digest) for path in stage.files}
    inputs |= {name: content(path) for name, path in _named_files(stage, settings) if path.exists()}
    inputs |= {f"counts of {name}": fingerprint(stage_record(snapshot, name).get("counts")) for name in stage.counts}
    mine = _fingerprint(stage, settings, inputs)
    if not record:
        return Standing(mine, inputs, NEVER, archives.seen)
    if record.get("fingerprint") != mine:
        changes = [*_changed_inputs(record, inputs), *_changed_settings(stage, settings, record)]
        return Standing(mine, inputs, "; ".join(changes[:TOLD]) or "models or code changed", archives.seen)
    return Standing(mine, inputs, next(_damaged(stage, snapshot, record), ""), archives.seen)


def mark_of(snapshot: Snapshot, name: str) -> Path:
    """Where the record of a stage's last finished run lies."""
    return snapshot.root / "stages" / name / "stage.json"


def stage_record(snapshot: Snapshot, name: str) -> dict[str, Any]:
    """What the last finished run of a stage noted (`stages/<name>/stage.json`), empty where there is none."""
    mark = mark_of(snapshot, name)
    try:
        record = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # not there, or damaged: as if the stage had not run
        return {}
    return record if isinstance(record, dict) else {}


def stage_records(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Records of all stages that have run, each after the stages whose tables it read; those that read none last."""
    marks = sorted((snapshot.root / "stages").glob("*/stage.json"))
    records = {
        name: record for name in (mark.parent.name for mark in marks) if (record := stage_record(snapshot, name))
    }
    ordered: dict[str, dict[str, Any]] = {}
    while left := [name for name in records if name not in ordered]:
        first = min(left, key=lambda name: (bool(_reads(records[name]) & set(left)), "inputs" not in records[name]))
        ordered[first] = records[first]
    return ordered


def _reads(record: Mapping[str, Any]) -> set[str]:
    """The stages whose tables a run read."""
    return {name.partition("/")[0] for name in record.get("inputs", {})}


def settings_of(stage: Stage, settings: Settings) -> dict[str, Any]:
    """The settings that a stage reads, by section, as its record keeps them."""
    sections = {*stage.sections, "run", *(("models",) if stage.models else ())}
    found = {name: getattr(settings, name).model_dump(mode="json") for name in sorted(sections)}
    for value in stage.values:
        section, _, name = value.partition(".")
        found.setdefault(section, {})[name] = attrgetter(value)(settings)
    return found


def digest(path: Path) -> str:
    """`file_digest`; a file that has not been touched since is read once a process."""
    found = path.stat()
    return _digest(path, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))


@lru_cache(maxsize=256)
def _digest(path: Path, seen: tuple[int, ...]) -> str:
    return file_digest(path)


class Archives:
    """Digests of archives, which are large: one is read where its size or a time of change is not what a record tells.

    The kernel sets the time that counts, so that nobody who writes can put it back.
    """

    def __init__(self, root: Path, known: object) -> None:
        """`known` is `seen` of an earlier run in the snapshot at `root`, as its record has it."""
        self._root = root
        self._known: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
        self.seen: dict[str, list[int | str]] = {}
        """By path in the snapshot: size, times of change, digest."""

    def digest(self, path: Path) -> str:
        """The SHA-256 of an archive's content."""
        found, name = path.stat(), path.relative_to(self._root).as_posix()
        state = [found.st_size, found.st_mtime_ns, found.st_ctime_ns]
        before = self._known.get(name)
        value = str(before[-1]) if isinstance(before, list) and before[:-1] == state else digest(path)
        self.seen[name] = [*state, value]
        return value


def content(path: Path, of_archive: Callable[[Path], str] = digest) -> str:
    """A hash of a file's content; of a folder, of the names of all that lies below it, with archives by their content.

    All else counts by its size: images are named by their digest, and are read by the stage that decodes them.
    """
    if path.is_file():
        return digest(path)
    return fingerprint(sorted(_below(path, of_archive)))


def _below(folder: Path, of_archive: Callable[[Path], str]) -> Iterator[tuple[str, int | str]]:
    """Names relative to the folder and sizes, or digests, of all files below it that are not hidden."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if not name.startswith(".") and path.is_file():
                told = of_archive(path) if name.endswith(ARCHIVE) else path.stat().st_size
                yield str(path.relative_to(folder)), told


def _fingerprint(stage: Stage, settings: Settings, inputs: Mapping[str, str]) -> str:
    sections = {name: getattr(settings, name).model_dump(mode="json") for name in (*stage.sections, "run")}
    sections |= {value: attrgetter(value)(settings) for value in stage.values}
    models = {role: stage.identity(getattr(settings.models, role)) for role in stage.roles(settings)}
    if stage.models:
        models |= {name: str(getattr(settings.models, name)) for name in HOW}
        models |= {f"{role}.device": settings.models.device_of(role) for role in stage.roles(settings)}
    libraries = {name: version(name) for name in stage.libraries}
    return fingerprint(stage.name, inputs, sections, models, libraries, code_of(stage.compute.__module__))


def _named_files(stage: Stage, settings: Settings) -> list[tuple[str, Path]]:
    named = [(name, attrgetter(name)(settings)) for name in stage.named_files]
    return [(name, Path(value)) for name, value in named if value]


def _changed_inputs(record: Mapping[str, Any], inputs: Mapping[str, str]) -> Iterator[str]:
    before = record.get("inputs", {})
    yield from (f"{name} changed" for name in sorted({*before, *inputs}) if before.get(name) != inputs.get(name))


def _changed_settings(stage: Stage, settings: Settings, record: Mapping[str, Any]) -> Iterator[str]:
    for section, now in settings_of(stage, settings).items():
        before = record.get("settings", {}).get(section, {})
        whole = section != "models" or section in stage.sections
        counted = {*before, *now} if whole else {*stage.roles(settings), *HOW}
        for name in sorted(counted):
            if before.get(name) != now.get(name):
                yield f"{section}.{name} was {_short(before.get(name))}, is {_short(now.get(name))}"


def _short(value: object) -> str:
    """A value as it is told; a model without its revision."""
    return repr(value.partition("@")[0] if isinstance(value, str) else value)


def _damaged(stage: Stage, snapshot: Snapshot, record: Mapping[str, Any]) -> Iterator[str]:
    """What of the result is not there as it was left."""
    for name in stage.outputs:
        path = snapshot.table_path(name)
        if not path.is_file() or digest(path) != record.get("outputs", {}).get(name):
            yield f"{name} is not as it was written"
    for name in stage.made:
        if not is_as_left(snapshot.root / name, record.get("made", {}).get(name)):
            yield f"{name} is not as it was written"
