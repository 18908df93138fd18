"""Licences and sizes of models that are not fetched yet, from `known.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Facts:
    """Revision or version, licence, and size in bytes (0 for unknown)."""

    revision: str = ""
    licence: str = "unknown"
    size: int = 0


def known(*names: str) -> Facts:
    """The facts of the first of `names` that has an entry in the table."""
    table = _table()
    entry = next((table[name] for name in names if name in table), {})
    return Facts("", str(entry.get("licence", "unknown")), int(entry.get("bytes", 0)))


@cache
def _table() -> dict[str, dict[str, str | int]]:
    text = files("ameli_build.models").joinpath("known.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
