"""`SNAPSHOT/report.html`: a self-contained page that needs no network; its tables as files beside it."""

from __future__ import annotations

from pathlib import Path

from ameli_build.core.checksums import recorded
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.report.inputs import Inputs
from ameli_build.report.page import is_generated, render
from ameli_build.report.tables import FOLDER, write_tables

GENERATED = "Generated world: no number describes a real shop."


def make_report(snapshot: Snapshot, settings: Settings) -> Path:
    """Write the report and its tables, each file atomically; returns the report's path.

    A line replaces each step that has not run. The same snapshot gives the same bytes.

    Raises:
        UnusableInput: A file of the snapshot is unreadable or of an earlier version.
    """
    path = snapshot.root / "report.html"
    inputs = Inputs.read(snapshot)
    page = render(inputs, settings).encode()
    with recorded(snapshot.root, path.name, FOLDER):
        write_tables(inputs, GENERATED if is_generated(settings) else "")
        write_bytes(path, page)
    return path
