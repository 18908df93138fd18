"""Parameters that several flows share: what the form in Prefect's UI offers, and takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from prefect.runtime import flow_run

Profile = Literal["demo", "local", "small", "paper", "authors"]
"""The profiles that come with the package; a setting of your own goes into `overrides`."""
SheetFormat = Literal["html", "xlsx", "labelstudio"]
ExportFormat = Literal["none", "official", "hf"]


def with_strict(overrides: Sequence[str] | None, strict: bool) -> list[str]:
    """The overrides of a run that nobody watches; what the user overrides wins."""
    return [f"run.strict={str(strict).lower()}", *(overrides or ())]


def month() -> str:
    """The month that the running flow was scheduled for, as 2026-11: a run that starts late keeps its folder."""
    return f"{flow_run.scheduled_start_time:%Y-%m}"
