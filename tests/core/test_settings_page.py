"""Every setting says what it means and in which unit, and the page of settings says the same."""

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
SETTINGS = [(name, one) for name, section in SECTIONS.items() for one in section.described()]


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
    assert [(one.name, one.default, one.unit, one.meaning) for one in Sample.described()] == [
        ("rows", 3, "rows", "Rows of a sample."),
        ("plain", 0.5, "", ""),
        ("switch", True, "true or false", "A switch."),
        ("choice", "a", "a or b", "A choice."),
        ("names", (), "list of text", "Names."),
        ("turns", (), "list of 90 or 180", "Turns."),
    ]


@pytest.mark.parametrize("name", ["rows", "choice", "turns"])
def test_the_model_s_help_shows_meaning_and_unit(name: str) -> None:
    one = next(one for one in Sample.described() if one.name == name)
    assert f"{name} ({one.unit}; default {one.default!r}): {one.meaning}" in (Sample.__doc__ or "")
    schema = Sample.model_json_schema()["properties"]
    assert " ".join(schema[name]["description"].split()) == one.meaning
    assert schema["rows"]["unit"] == "rows"


@pytest.mark.parametrize(("section", "one"), SETTINGS, ids=[f"{name}.{one.name}" for name, one in SETTINGS])
def test_every_setting_has_a_meaning_and_a_unit(section: str, one: Described) -> None:
    assert one.unit
    assert one.meaning.endswith(".")


def test_the_page_is_up_to_date() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "settings_page.py"))["page"]()
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page, "run python tools/settings_page.py"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_page_names_each_value_of_a_profile_that_differs(profile: str) -> None:
    lines = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    settings, default = load_settings(profile), Settings()
    for name, one in SETTINGS:
        if one.name == "device":  # depends on the machine
            continue
        (line,) = (line for line in lines if line.startswith(f"| `{name}.{one.name}` |"))
        differs = getattr(getattr(settings, name), one.name) != getattr(getattr(default, name), one.name)
        assert (profile in re.findall(r"(\w+)[,:] ", line.split(" | ")[1])) == differs
