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
    """A hash of the source of modules; a package counts with all that lies below it."""
    parts: list[str] = []
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ValueError(f"no module named {name}")
        origin = Path(spec.origin)
        paths = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        parts += [f"{path.name}:{file_digest(path)}" for path in paths]
    return fingerprint(*parts)
