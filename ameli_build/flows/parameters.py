"""Parameters of several flows, as the form in Prefect's UI shows and accepts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from prefect.runtime import flow_run

Profile = Literal["demo", "local", "small", "paper", "authors"]
"""The profiles of the package; use `overrides` for single settings."""
SheetFormat = Literal["html", "zip", "xlsx", "labelstudio"]
ExportFormat = Literal["none", "official", "hf"]


def with_strict(overrides: Sequence[str] | None, strict: bool) -> list[str]:
    """The overrides of an unattended run; the user's overrides have priority."""
    return [f"run.strict={str(strict).lower()}", *(overrides or ())]


def month() -> str:
    """The month for which the running flow was scheduled, as 2026-11; a late start does not change it."""
    return f"{flow_run.scheduled_start_time:%Y-%m}"
