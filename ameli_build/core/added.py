"""The stages of `ameli_build/stages`, which is the only room that core loads without naming its modules."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ameli_build.core.stage import Stage


@cache
def added_stages() -> tuple[Stage, ...]:
    """The stages of `ameli_build/stages`, in the order of their files' names.

    The first call imports the files. They can import all rooms on lower floors, so no module calls this at import,
    except the pipeline.
    """
    found: tuple[Stage, ...] = import_module("ameli_build.stages").STAGES
    return found
