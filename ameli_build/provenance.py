"""`run.json`: the versions, settings and models of a snapshot, and the time and memory of its stages."""

from __future__ import annotations

import json
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ameli_build.core.checksums import note, recorded
from ameli_build.core.execution import peak_memory_mb
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.core.standing import stage_record, stage_records
from ameli_build.core.version import __version__
from ameli_build.models.needs import needs_of
from ameli_build.models.sources import identity

_CREDENTIALS = re.compile(r'(://)[^/@\s"]+@')
"""User and password in an address, such as that of a Selenium service."""

LIBRARIES = (
    "requests", "selenium", "beautifulsoup4", "pillow", "spacy", "sentence-transformers", "open_clip_torch",
    "groundingdino-py", "better-profanity", "prefect", "torch", "transformers", "polars", "pyarrow", "warcio", "numpy",
)  # fmt: skip


def write_run_record(snapshot: Snapshot, settings: Settings, command: str) -> None:
    """Write `run.json` from the settings of this run and the records of the stages."""
    path = snapshot.root / "run.json"
    before = noted(path)
    models = {need.role: need.name for need in needs_of(settings)}
    record = {
        "ameli_build": __version__,
        "commands": sorted({*before.get("commands", []), command}),
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "architecture": platform.machine(), "processors": os.cpu_count()},
        "libraries": {name: _version(name) for name in LIBRARIES},
        "settings": json.loads(_CREDENTIALS.sub(r"\1***@", settings.model_dump_json())),
        "seed": settings.run.seed,
        "models": {role: identity(name, role) for role, name in models.items()},
        "peak_memory_mb": max(peak_memory_mb(), int(before.get("peak_memory_mb", 0))),
        "stages": {name: _brief(record) for name, record in stage_records(snapshot).items()},
    }
    _write(snapshot, record)
    note(snapshot.root, "settings")  # people edit them; these are the settings of this run


def noted(path: Path) -> dict[str, Any]:
    """The content of a `run.json`; empty if it is missing or damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def note_stage(snapshot: Snapshot, name: str, command: str) -> None:
    """Add the record of a stage to an existing `run.json`; its settings remain the settings of the build."""
    path = snapshot.root / "run.json"
    if not path.is_file():
        return
    record = noted(path)
    record["commands"] = sorted({*record.get("commands", []), command})
    record["peak_memory_mb"] = max(peak_memory_mb(), int(record.get("peak_memory_mb", 0)))
    record["stages"] = {**record.get("stages", {}), name: _brief(stage_record(snapshot, name))}
    _write(snapshot, record)


def _write(snapshot: Snapshot, record: dict[str, Any]) -> None:
    with recorded(snapshot.root, "run.json"):
        write_json(snapshot.root / "run.json", record)


def _brief(record: dict[str, Any]) -> dict[str, Any]:
    keys = ("fingerprint", "seconds", "peak_memory_mb", "rows", "settings", "models")
    return {key: record[key] for key in keys if key in record}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
