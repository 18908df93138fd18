"""`SNAPSHOT/report.html`: a self-contained page that needs no network."""

from __future__ import annotations

from pathlib import Path

from ameli_build.core.checksums import recorded
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.report.inputs import Inputs
from ameli_build.report.page import render


def make_report(snapshot: Snapshot, settings: Settings) -> Path:
    """Write the report atomically; returns its path.

    A line replaces each step that has not run. The same snapshot gives the same bytes.

    Raises:
        UnusableInput: A file of the snapshot is unreadable or of an earlier version.
    """
    path = snapshot.root / "report.html"
    page = render(Inputs.read(snapshot), settings).encode()
    with recorded(snapshot.root, path.name):
        write_bytes(path, page)
    return path
