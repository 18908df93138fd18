"""`SNAPSHOT/report.html`: one file that a browser opens without a network."""

from __future__ import annotations

from pathlib import Path

from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.report.inputs import Inputs
from ameli_build.report.page import render


def make_report(snapshot: Snapshot, settings: Settings) -> Path:
    """Write the report, whole or not at all; returns its path.

    What has not run yet has its line in it. The same snapshot gives the same bytes. Raises `UnusableInput` where a
    file of the snapshot is unreadable or of an earlier version.
    """
    path = snapshot.root / "report.html"
    write_bytes(path, render(Inputs.read(snapshot), settings).encode())
    return path
