"""Whether a stage's result is up to date, and if not, why; for the build and for `ameli status`."""

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
"""Ending of files in a folder that count by content, since they can change at equal size."""
MOST_REASONS = 3
"""Most reasons that are shown."""
HOW = ("device", "batch", "text_backend", "precision")
"""Settings of the section `models` that hold for every model."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The current fingerprint of a stage, and whether it must run."""

    fingerprint: str
    inputs: Mapping[str, str]
    """Hashes of the inputs, by name."""
    why: str
    """The reason to run; "" if the result is up to date."""
    archives: Mapping[str, Any] = field(default_factory=dict)
    """`Archives.seen` of its archives."""


def standing_of(stage: Stage, snapshot: Snapshot, settings: Settings, record: Mapping[str, Any]) -> Standing:
    """The standing of a stage whose last run left `record`; raises `UnusableInput` if an input table is missing."""
    inputs = {name: digest(snapshot.table_path(name)) for name in stage.inputs if snapshot.scan(name) is not None}
    archives = Archives(snapshot.root, record.get("archives"))
    inputs |= {path: content(snapshot.root / path, archives.digest) for path in stage.files}
    inputs |= {name: content(path) for name, path in _named_files(stage, settings) if path.exists()}
    inputs |= {f"counts of {name}": fingerprint(stage_record(snapshot, name).get("counts")) for name in stage.counts}
    current = _fingerprint(stage, settings, inputs)
    if not record:
        why = NEVER
    elif record.get("fingerprint") != current:
        changes = [*_changed_inputs(record, inputs), *_changed_settings(stage, settings, record)]
        why = "; ".join(changes[:MOST_REASONS]) or "models or code changed"
    else:
        why = next(_damaged(stage, snapshot, record), "")
    return Standing(current, inputs, why, archives.seen)


def mark_of(snapshot: Snapshot, name: str) -> Path:
    """The file that records a stage's last finished run."""
    return snapshot.root / "stages" / name / "stage.json"


def stage_record(snapshot: Snapshot, name: str) -> dict[str, Any]:
    """The record of a stage's last finished run (`stages/<name>/stage.json`); empty if there is none."""
    mark = mark_of(snapshot, name)
    try:
        record = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # missing or damaged: as if the stage had not run
        return {}
    return record if isinstance(record, dict) else {}


def stage_records(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Records of all stages that have run, in order of their tables; stages without input tables come last."""
    marks = sorted((snapshot.root / "stages").glob("*/stage.json"))
    records = {
        name: record for name in (mark.parent.name for mark in marks) if (record := stage_record(snapshot, name))
    }
    ordered: dict[str, dict[str, Any]] = {}
    while rest := [name for name in records if name not in ordered]:
        first = min(rest, key=lambda name: (bool(_reads(records[name]) & set(rest)), "inputs" not in records[name]))
        ordered[first] = records[first]
    return ordered


def _reads(record: Mapping[str, Any]) -> set[str]:
    """The stages whose tables a run read."""
    return {name.partition("/")[0] for name in record.get("inputs", {})}


def settings_of(stage: Stage, settings: Settings) -> dict[str, Any]:
    """The settings that a stage reads, by section, for its record."""
    sections = {*stage.sections, "run", *(("models",) if stage.models else ())}
    found = {name: getattr(settings, name).model_dump(mode="json") for name in sorted(sections)}
    for value in stage.values:
        section, _, name = value.partition(".")
        found.setdefault(section, {})[name] = attrgetter(value)(settings)
    return found


def digest(path: Path) -> str:
    """`file_digest`, which reads an unchanged file once a process."""
    status = path.stat()
    return _digest(path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))


@lru_cache(maxsize=256)
def _digest(path: Path, _status: tuple[int, ...]) -> str:
    return file_digest(path)


class Archives:
    """Digests of archives. They are large, so an archive is read only if its size or a time of change differs.

    The kernel sets the time of the last change, and no writer can set it back.
    """

    def __init__(self, root: Path, known: object) -> None:
        """Take `known`, which is `seen` from the record of an earlier run in the snapshot at `root`."""
        self._root = root
        self._known: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
        self.seen: dict[str, list[int | str]] = {}
        """Size, times of change and digest, by path in the snapshot."""

    def digest(self, path: Path) -> str:
        """The SHA-256 of an archive's content."""
        status, name = path.stat(), path.relative_to(self._root).as_posix()
        state = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
        before = self._known.get(name)
        value = str(before[-1]) if isinstance(before, list) and before[:-1] == state else digest(path)
        self.seen[name] = [*state, value]
        return value


def content(path: Path, archive_digest: Callable[[Path], str] = digest) -> str:
    """A hash of a file's content, or of the names and sizes of all files below a folder.

    Archives in the folder count by `archive_digest` instead of size. Images need no digest: their names are digests,
    and the stage that decodes them checks it.
    """
    if path.is_file():
        return digest(path)
    return fingerprint(sorted(_below(path, archive_digest)))


def _below(folder: Path, archive_digest: Callable[[Path], str]) -> Iterator[tuple[str, int | str]]:
    """Relative names of all visible files below a folder, with their sizes or digests."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if not name.startswith(".") and path.is_file():
                mark = archive_digest(path) if name.endswith(ARCHIVE) else path.stat().st_size
                yield str(path.relative_to(folder)), mark


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
    """A value as it is shown; a model without its revision."""
    return repr(value.partition("@")[0] if isinstance(value, str) else value)


def _damaged(stage: Stage, snapshot: Snapshot, record: Mapping[str, Any]) -> Iterator[str]:
    """A reason for each table or file of the result that is missing or has changed."""
    for name in stage.outputs:
        path = snapshot.table_path(name)
        if not path.is_file() or digest(path) != record.get("outputs", {}).get(name):
            yield f"{name} is not as it was written"
    for name in stage.made:
        if not is_as_left(snapshot.root / name, record.get("made", {}).get(name)):
            yield f"{name} is not as it was written"
