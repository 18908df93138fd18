"""Section 3.5's verification as flows: sheets out to annotators, answers back in."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task

from ameli_build.build import release_again
from ameli_build.settings import load_settings
from ameli_build.snapshot import Snapshot
from annotation.sheets import export_sheets, import_answers


@task(name="export sheets")
def export(snapshot: Snapshot, profile: str | None, format: str, annotators: int, overlap: int) -> list[Path]:
    """One sheet an annotator, below SNAPSHOT/sheets/."""
    with snapshot.lock():
        settings = load_settings(profile, (), snapshot)
        return export_sheets(snapshot, format, annotators, overlap, "clean-test", settings)


@task(name="import answers")
def read_answers(snapshot: Snapshot, profile: str | None, files: list[Path]) -> str:
    """Accuracy and agreement of the answers; the release is made again with them."""
    settings = load_settings(profile, (), snapshot)
    with snapshot.lock():
        report = import_answers(snapshot, files, settings)
        release_again(snapshot, settings)
    return str(report)


@flow(name="export-sheets", log_prints=True)
def export_annotation(
    snapshot: Path, annotators: int, format: str = "html", overlap: int = 0, profile: str | None = None
) -> list[Path]:
    """Write annotation sheets for the test split."""
    return export(Snapshot.open(snapshot), profile, format, annotators, overlap)


@flow(name="import-answers", log_prints=True)
def import_annotation(snapshot: Path, answers: list[Path], profile: str | None = None) -> None:
    """Read answers back and release again, with Clean-Test."""
    print(read_answers(Snapshot.open(snapshot), profile, answers))
