"""Declarations of higher rooms that `core` needs. Those rooms import `core`, so it loads them by name at first use."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

_CLEAN = "ameli_build.clean.settings"
_STAGES = "ameli_build.stages"


def clean_section() -> type[Any]:
    """The class of the section `clean`, whose settings stand beside the rules in `ameli_build/clean`."""
    found: type[Any] = import_module(_CLEAN).CleanSettings
    return found


@cache
def added_stages() -> tuple[Any, ...]:
    """The stages (`core.stage.Stage`) of `ameli_build/stages`, in the order of their files' names.

    The first call imports the files. They can import all rooms on lower floors, so no module calls this at import.
    """
    found: tuple[Any, ...] = import_module(_STAGES).STAGES
    return found
