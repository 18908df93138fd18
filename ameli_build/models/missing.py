"""What is said of a model that cannot be had."""

from __future__ import annotations

from ameli_build.snapshot import UnusableInput


def unavailable(setting: str, name: str, cause: BaseException) -> UnusableInput:
    """The error for a model that did not load; `setting` is its key below `models`."""
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    why = lines[0] if lines else type(cause).__name__
    return UnusableInput(f"setting models.{setting}: the model {name!r} cannot be had ({why[:200]})")
