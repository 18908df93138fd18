"""The table of `ameli models list`."""

from __future__ import annotations

from collections.abc import Iterable

from ameli_build.core.settings import Settings
from ameli_build.core.text import gigabytes
from ameli_build.models.needs import ROLES, Need, memory_text, needs_of
from ameli_build.models.sources import Source
from ameli_build.models.store import models_folder

HEAD = ("role", "model", "revision", "licence", "size", "here")


def list_models(settings: Settings, roles: Iterable[str] = ROLES) -> str:
    """A line for each source, with role, name, revision, licence, size and state; then the sums."""
    needs = needs_of(settings, roles)
    rows = [HEAD, *(row for need in needs for row in _rows(need))]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    missing = sum(bool(need.problems()) for need in needs)
    state = "all here" if not missing else f"{missing} missing"
    return "\n".join([*lines, "", f"{memory_text(settings, needs)}; {state}; folder {models_folder()}"])


def _rows(need: Need) -> list[tuple[str, ...]]:
    name = need.name.partition("@")[0]
    if not need.sources:
        return [(need.role, name, "", "", "", "yes")]
    shown = [name, *(source.label for source in need.sources[1:])]
    return [(need.role, label, *_facts(source)) for label, source in zip(shown, need.sources, strict=True)]


def _facts(source: Source) -> tuple[str, str, str, str]:
    facts = source.facts
    size = gigabytes(facts.size) if facts.size else "?"
    return facts.revision[:12] or "newest", facts.licence, size, source.problem() or "yes"
