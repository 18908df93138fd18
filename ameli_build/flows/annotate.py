"""Flows for the verification by annotators (section 3.5): export of sheets, import of answers."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.core.logs import RESULTS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.flows.parameters import Profile, SheetFormat
from ameli_build.flows.watch import watched
from ameli_build.pipeline import release_again


@task(name="3.5 sheets", persist_result=False, cache_policy=NO_CACHE)
def export(
    snapshot: Snapshot, profile: str | None, overrides: list[str], format: str, annotators: int, overlap: int
) -> list[Path]:
    """Write a sheet for each annotator into SNAPSHOT/sheets/."""
    with snapshot.lock():
        settings = load_settings(profile, overrides, snapshot)
        return export_sheets(snapshot, format, annotators, overlap, "clean-test", settings)


@task(name="import answers", persist_result=False, cache_policy=NO_CACHE)
def read_answers(snapshot: Snapshot, profile: str | None, files: list[Path]) -> str:
    """Compute accuracy and agreement of the answers, and release again with them."""
    settings = load_settings(profile, (), snapshot)
    with snapshot.lock():
        report = import_answers(snapshot, files, settings)
        release_again(snapshot, settings)
    return str(report)


@flow(name="export-sheets", log_prints=True)
def export_annotation(
    snapshot: Path,
    annotators: int,
    format: SheetFormat = "html",
    overlap: int = 0,
    profile: Profile | None = None,
) -> list[Path]:
    """Write annotation sheets for the test split.

    Args:
        snapshot: Folder of the snapshot.
        annotators: Number of annotators; each gets a sheet.
        format: HTML pages, workbooks, or tasks for Label Studio.
        overlap: Number of reviews that all annotators get.
        profile: Profile of the settings; by default, the settings of the build.
    """
    with watched("sheets-progress"):
        return export(Snapshot.open(snapshot), profile, [], format, annotators, overlap)


@flow(name="import-answers", log_prints=True)
def import_annotation(snapshot: Path, answers: list[Path], profile: Profile | None = None) -> None:
    """Read answers and release again, with Clean-Test.

    Args:
        snapshot: Folder of the snapshot.
        answers: The annotators' files (JSON, CSV or XLSX), as paths on the worker.
        profile: Profile of the settings; by default, the settings of the build.
    """
    with watched("answers-progress"):
        RESULTS.info(read_answers(Snapshot.open(snapshot), profile, answers))
