"""The settings of a run as text: each value with its source and its meaning."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings.loading import load_settings, sources_of
from ameli_build.core.settings.section import Described
from ameli_build.core.settings.settings import sections
from ameli_build.core.snapshot import Snapshot

WIDTH = 100
"""Width of the printed meanings, in characters."""


def settings_text(
    part: str = "", profile: str | None = None, overrides: Sequence[str] = (), snapshot: Snapshot | None = None
) -> str:
    """Settings with their values, sources and meanings.

    Args:
        part: A section (`clean`), a setting (`clean.max_tokens`), or "" for all settings.
        profile: As in `load_settings`.
        overrides: As in `load_settings`.
        snapshot: As in `load_settings`.

    Raises:
        UnusableInput: The part, a setting or a profile is unknown or wrong.
    """
    settings = load_settings(profile, overrides, snapshot)
    sources = sources_of(profile, overrides, snapshot)
    chosen = [(key, setting) for key, setting in described() if part in ("", key, key.partition(".")[0])]
    if not chosen:
        raise UnusableInput(f"{part}: no such section or setting; the sections are {', '.join(sections())}")
    lines: list[str] = []
    for key, setting in chosen:
        section, _, name = key.partition(".")
        value, source = getattr(getattr(settings, section), name), sources.get(key, "default")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False, default=str)}  ({_origin(source, setting)})"]
        lines += textwrap.wrap(setting.meaning, WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)


def described() -> Iterator[tuple[str, Described]]:
    """Every setting by its full name, such as `clean.max_tokens`."""
    for section, kind in sections().items():
        for setting in kind.described():
            yield f"{section}.{setting.name}", setting


def _origin(source: str, setting: Described) -> str:
    unit = f"; {setting.unit}" if setting.unit else ""
    if source == "default":
        return source + unit
    return f"{source}; default {json.dumps(setting.default, ensure_ascii=False, default=str)}{unit}"
