"""Write docs/settings.md from the descriptions of the settings: `python tools/settings_page.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ameli_build import __version__
from ameli_build.core.settings import PROFILES, sections
from ameli_build.core.settings.loading import read_profile

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
HEAD = """# Settings

This page is made by `python tools/settings_page.py` from the descriptions in the code; do not edit it.

Set any value with `--set clean.max_tokens=400`, with the variable `AMELI_CLEAN__MAX_TOKENS=400`, or in a
[profile of your own](profiles.md#a-profile-of-your-own). The defaults are those of a profile that does not name the
setting; the profiles that set another value are named with it.
"""


def page() -> str:
    """The page in Markdown."""
    values = {name: read_profile(name) for name in PROFILES}
    return "\n".join([HEAD, *_lines(values)])


def _lines(values: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A table for each section; `values` has the values of each profile."""
    for name, section in sections().items():
        yield f"## {name}\n\n{(section.__doc__ or '').splitlines()[0]}\n"
        yield "| setting | default | unit or values | meaning |\n|---|---|---|---|"
        for setting in section.described():
            by_profile = {
                profile: value.get(name, {}).get(setting.name, setting.default) for profile, value in values.items()
            }
            default = _defaults(setting.default, by_profile)
            cells = (f"`{name}.{setting.name}`", default, setting.unit, setting.meaning)
            yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
        yield ""


def _defaults(default: Any, by_profile: Mapping[str, Any]) -> str:
    """The default, then each other value with the profiles that set it."""
    named: dict[str, list[str]] = {}
    for profile, value in by_profile.items():
        named.setdefault(_value(value), []).append(profile)
    named.pop(_value(default), None)
    return "; ".join([_value(default), *(f"{', '.join(profiles)}: {value}" for value, profiles in named.items())])


def _value(value: Any) -> str:
    """A value in TOML, marked as code."""
    return f"`{json.dumps(value, ensure_ascii=False).replace(__version__, 'VERSION')}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
