"""Differences between two snapshots in settings, models, versions, and in the last runs of their stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_records
from ameli_build.provenance import noted

Pairs = dict[str, list[Any]]
"""Different values by name, `[in A, in B]`; None on a side without a value."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Differences of two `run.json`; `settings` includes the profile."""

    settings: Pairs
    models: Pairs
    versions: Pairs

    def as_json(self) -> dict[str, Pairs]:
        """The differences as JSON values."""
        return asdict(self)


def compare_runs(a: Snapshot, b: Snapshot) -> Runs:
    """Compare settings, models and versions; the baseline's as it ran, if both sides have one.

    Raises `UnusableInput` if a snapshot has no readable `run.json`.
    """
    records = [_record(snapshot) for snapshot in (a, b)]
    if not all(_of_baseline(record, "settings") for record in records):
        records = [record | {"stages": {}} for record in records]
    settings, models, versions = (
        _differing(*(dict(part(record)) for record in records)) for part in (_settings, _models, _versions)
    )
    return Runs(settings, models, versions)


def compare_stages(a: Snapshot, b: Snapshot) -> dict[str, str]:
    """The causes of different results by stage; stages that ran alike are left out."""
    of_a, of_b = stage_records(a), stage_records(b)
    found = {name: "; ".join(_unlike(of_a.get(name, {}), of_b.get(name, {}))) for name in {**of_a, **of_b}}
    return {name: why for name, why in found.items() if why}


def _unlike(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    if not a or not b:
        yield f"has not run in {'B' if a else 'A'}"
        return
    if a.get("fingerprint") == b.get("fingerprint"):
        return
    inputs = _differing(_mapping(a, "inputs"), _mapping(b, "inputs"))
    if inputs:
        yield f"other inputs: {', '.join(inputs)}"
    if a.get("settings") != b.get("settings"):
        yield "other settings"
    if not inputs and a.get("settings") == b.get("settings"):
        yield "other code, models or libraries"


def _record(snapshot: Snapshot) -> dict[str, Any]:
    path = snapshot.root / "run.json"
    record = noted(path)
    if not record:
        raise UnusableInput(f"{path}: missing or unreadable; run ameli build first")
    return record


def _settings(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each setting. The baseline can run later than the build, so its section is from its own record."""
    of_baseline = _of_baseline(record, "settings")
    for section, values in (_mapping(record, "settings") | ({"baseline": of_baseline} if of_baseline else {})).items():
        if isinstance(values, Mapping):
            yield from ((f"{section}.{name}", value) for name, value in values.items())
        else:
            yield section, values


def _models(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each model with its revision or hash; the models of the baseline are from its own record."""
    yield from _mapping(record, "models").items()
    yield from ((f"{role} of the baseline", name) for role, name in _of_baseline(record, "models").items())


def _versions(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name, record.get(name)) for name in ("ameli_build", "python"))
    yield from _mapping(record, "libraries").items()
    yield from ((f"machine: {name}", value) for name, value in _mapping(record, "machine").items())


def _of_baseline(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    return _mapping(_mapping(_mapping(record, "stages"), "baseline"), name)


def _mapping(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part of a record; empty if it is missing or damaged."""
    part = record.get(name)
    return part if isinstance(part, dict) else {}


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> Pairs:
    return {name: [a.get(name), b.get(name)] for name in {**a, **b} if a.get(name) != b.get(name)}
