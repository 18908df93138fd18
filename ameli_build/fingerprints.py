"""Hashes of values, tables and source code: what tells whether a result is still the one that is wanted."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.snapshot import file_digest


def fingerprint(*parts: Any) -> str:
    """A SHA-256 of parts: bytes, tables and whatever JSON can say."""
    digest = hashlib.sha256()
    for part in parts:
        data = _as_bytes(part)
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def _as_bytes(part: Any) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, pl.DataFrame):
        return part.write_ndjson().encode()
    return json.dumps(part, sort_keys=True, ensure_ascii=True, default=str).encode()


@cache
def module_fingerprint(*names: str) -> str:
    """A hash of the source of modules and of their tables.

    A package counts with every .py and .toml file below it, a module with the .toml files beside it that it names.
    """
    parts: list[str] = []
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ValueError(f"no module named {name}")
        parts += [f"{path.name}:{file_digest(path)}" for path in _files_of(Path(spec.origin))]
    return fingerprint(*parts)


def _files_of(origin: Path) -> list[Path]:
    if origin.name == "__init__.py":
        return sorted(path for path in origin.parent.rglob("*") if path.suffix in (".py", ".toml"))
    source = origin.read_text(encoding="utf-8")
    return [origin, *(table for table in sorted(origin.parent.glob("*.toml")) if table.name in source)]
