"""The device of a role applies to the work of that role and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from ameli_build.clean.objects import detection_kind
from ameli_build.core.cache import Kind
from ameli_build.core.settings import Settings, load_settings
from ameli_build.models.embed import image_kind, text_kind


def kinds(settings: Settings, root: Path) -> dict[str, Kind]:
    return {
        "detector": detection_kind(settings, root),
        "text_encoder": text_kind(settings, ""),
        "image_encoder": image_kind(settings, root),
    }


@pytest.mark.parametrize("role", ["detector", "text_encoder", "image_encoder"])
def test_a_device_changes_only_the_work_of_its_role(tmp_path: Path, role: str) -> None:
    before = kinds(load_settings("demo", ["models.device=cpu"]), tmp_path)
    after = kinds(load_settings("demo", ["models.device=cpu", f"models.{role}.device=mps"]), tmp_path)
    assert {name: kind.device for name, kind in after.items()} == dict.fromkeys(after, "cpu") | {role: "mps"}
    assert "mps" in after[role].common
    assert {name for name in after if after[name] != before[name]} == {role}
    assert after[role].identity != before[role].identity


def test_the_same_device_for_each_role_equals_the_common_device(tmp_path: Path) -> None:
    everywhere = kinds(load_settings("demo", ["models.device=mps"]), tmp_path)
    apart = kinds(
        load_settings("demo", ["models.device=cpu", *(f"models.{r}.device=mps" for r in everywhere)]), tmp_path
    )
    assert apart == everywhere
