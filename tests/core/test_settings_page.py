"""Every setting has a meaning and a unit, and the page of settings agrees with them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Annotated, Literal

import pytest

from ameli_build.core.settings import PROFILES, Section, Settings, load_settings
from ameli_build.core.settings.section import Described, unit

ROOT = Path(__file__).parents[2]
SECTIONS = {name: type(getattr(Settings(), name)) for name in Settings.model_fields if name != "profile"}
SETTINGS = [(name, setting) for name, section in SECTIONS.items() for setting in section.described()]


class Sample(Section):
    """One setting of each kind."""

    rows: Annotated[int, unit("rows")] = 3
    """Rows of a
    sample."""
    plain: float = 0.5
    switch: bool = True
    """A switch."""
    choice: Literal["a", "b"] = "a"
    """A choice."""
    names: tuple[str, ...] = ()
    """Names."""
    turns: tuple[Literal[90, 180], ...] = ()
    """Turns."""


def test_units_choices_and_meanings_of_a_section() -> None:
    assert [(setting.name, setting.default, setting.unit, setting.meaning) for setting in Sample.described()] == [
        ("rows", 3, "rows", "Rows of a sample."),
        ("plain", 0.5, "", ""),
        ("switch", True, "true or false", "A switch."),
        ("choice", "a", "a or b", "A choice."),
        ("names", (), "list of text", "Names."),
        ("turns", (), "list of 90 or 180", "Turns."),
    ]


@pytest.mark.parametrize("name", ["rows", "choice", "turns"])
def test_the_help_of_a_section_shows_meaning_and_unit(name: str) -> None:
    setting = next(setting for setting in Sample.described() if setting.name == name)
    assert f"{name} ({setting.unit}; default {setting.default!r}): {setting.meaning}" in (Sample.__doc__ or "")
    schema = Sample.model_json_schema()["properties"]
    assert " ".join(schema[name]["description"].split()) == setting.meaning
    assert schema["rows"]["unit"] == "rows"


@pytest.mark.parametrize(("section", "setting"), SETTINGS, ids=[f"{name}.{setting.name}" for name, setting in SETTINGS])
def test_every_setting_has_a_meaning_and_a_unit(section: str, setting: Described) -> None:
    assert setting.unit
    assert setting.meaning.endswith(".")


def test_the_page_is_up_to_date() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "settings_page.py"))["page"]()
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page, "run python tools/settings_page.py"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_page_names_each_value_that_a_profile_changes(profile: str) -> None:
    lines = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    settings, default = load_settings(profile), Settings()
    for section, setting in SETTINGS:
        if setting.name == "device":  # depends on the machine
            continue
        (line,) = (line for line in lines if line.startswith(f"| `{section}.{setting.name}` |"))
        differs = getattr(getattr(settings, section), setting.name) != getattr(getattr(default, section), setting.name)
        assert (profile in re.findall(r"(\w+)[,:] ", line.split(" | ")[1])) == differs
