"""`ameli settings`: every setting with its value, source and meaning; suggestions for wrong names."""

from __future__ import annotations

from pathlib import Path

import pytest

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.settings.show import described, settings_text
from ameli_build.core.snapshot import Snapshot


def line(text: str, key: str) -> str:
    """The line of the setting `key`."""
    (found,) = [row for row in text.splitlines() if row.startswith(f"{key} = ")]
    return found


def test_every_setting_is_shown_with_its_meaning() -> None:
    text = settings_text()
    for key, setting in described():
        assert line(text, key)
        assert setting.meaning.split()[-1] in text


def test_the_strongest_source_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "own.toml").write_text("[clean]\nbox_threshold = 0.4\nmax_tokens = 300\n")
    monkeypatch.setenv("AMELI_CLEAN__MAX_TOKENS", "200")
    text = settings_text("clean", "paper", ["clean.relink=false"], Snapshot(tmp_path))
    assert line(text, "clean.box_threshold").startswith("clean.box_threshold = 0.4  (settings/own.toml; default 0.3")
    assert line(text, "clean.max_tokens").startswith("clean.max_tokens = 200  (AMELI_CLEAN__MAX_TOKENS; default 500")
    assert line(text, "clean.relink").startswith("clean.relink = false  (--set; default true")
    assert line(text, "clean.mask_personal").startswith("clean.mask_personal = true  (default")
    assert "\nmodels." not in text
    assert "(profile paper; default " in line(settings_text("models.detector", "paper"), "models.detector")


@pytest.mark.parametrize("part", ["claen", "clean.max_token", "splits.train.share"])
def test_an_unknown_part_is_refused(part: str) -> None:
    with pytest.raises(UnusableInput, match=rf"{part}: no such section or setting; the sections are .*clean"):
        settings_text(part)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("clean.max_token=4", "clean.max_tokens"),
        ("split.policy=family", "splits.policy"),
        ("models.text_encodr=x", "models.text_encoder"),
    ],
)
def test_a_wrong_name_suggests_the_nearest_setting(tmp_path: Path, wrong: str, near: str) -> None:
    with pytest.raises(UnusableInput, match=rf"no such setting; did you mean {near}\?$"):
        load_settings("demo", [wrong])
    key, _, value = wrong.partition("=")
    section, _, name = key.partition(".")
    (tmp_path / "own.toml").write_text(f"[{near.partition('.')[0]}]\n{name} = '{value}'\n")
    if section == near.partition(".")[0]:
        with pytest.raises(UnusableInput, match=rf"did you mean {near}\?$"):
            load_settings(str(tmp_path / "own.toml"))


def test_a_name_unlike_any_setting_suggests_nothing() -> None:
    with pytest.raises(UnusableInput, match=r"no such setting$"):
        load_settings("demo", ["zzz.qqq=1"])
