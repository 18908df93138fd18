"""Declarations of higher rooms that `core` needs. Those rooms import `core`, so it loads them by name at first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Protocol

_CLEAN = "ameli_build.clean.settings"
_STAGES = "ameli_build.stages"


class AddedStage(Protocol):
    """The parts of a stage that settings and reasons need; `core.stage.Stage` has all parts."""

    name: str
    settings: type[Any] | None
    reasons: Mapping[str, str]


def clean_section() -> type[Any]:
    """The class of the section `clean`, whose settings stand beside the rules in `ameli_build/clean`."""
    found: type[Any] = import_module(_CLEAN).CleanSettings
    return found


@cache
def added_stages() -> tuple[AddedStage, ...]:
    """The stages of `ameli_build/stages`, in the order of their files' names.

    The first call imports the files. They can import all rooms on lower floors, so no module calls this at import.
    """
    found: tuple[AddedStage, ...] = import_module(_STAGES).STAGES
    return found
