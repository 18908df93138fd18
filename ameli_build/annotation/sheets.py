"""Export of sheets and import of answers, for the command line and the flows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ameli_build.annotation.answers import read_answers
from ameli_build.annotation.assign import assign
from ameli_build.annotation.check import check
from ameli_build.annotation.codes import UnreadableAnswers
from ameli_build.annotation.disputes import ADJUDICATOR, by_adjudicator, disputed_reviews
from ameli_build.annotation.html import sheet_page, sheet_pages
from ameli_build.annotation.labelstudio import config_xml, picture_files, tasks_json
from ameli_build.annotation.pictures import data_uri
from ameli_build.annotation.report import AnnotationReport, record
from ameli_build.annotation.tasks import CLEAN_TEST, Task, choose, load_task
from ameli_build.annotation.zipped import write_zip
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say, track
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes

ENDINGS = {"html": "html", "zip": "zip", "xlsx": "xlsx", "labelstudio": "json"}
"""File extension of each format."""
_ADJUDICATION = "adjudication-"


def export_sheets(
    snapshot: Snapshot,
    format: str,
    annotators: int,
    overlap: int,
    task: str,
    settings: Settings,
    *,
    split_megabytes: float | None = None,
    disagreements: bool = False,
) -> list[Path]:
    """Write a sheet for each annotator into `SNAPSHOT/sheets/<format>/` (section 3.5).

    Sheets of an earlier export of the same task and format are removed.

    Args:
        snapshot: Snapshot with the tables of the task.
        format: "html", "zip" (a page and its pictures in full size), "xlsx" or "labelstudio".
        annotators: Number of annotators.
        overlap: Number of reviews that all annotators get; each other review goes to a single annotator.
        task: "clean-test" (all reviews of the test split), "informativeness" or "mentions".
        settings: Settings of the run.
        split_megabytes: Size in MB above which an HTML sheet is written in parts, each a sheet of its own.
        disagreements: Only reviews for which imported answers differ. The sheets are for adjudicators, whose answers
            decide.

    Returns:
        The files of the sheets.

    Raises:
        UnusableInput: The format or the task is unknown, or tables are missing.
    """
    if format not in ENDINGS:
        raise UnusableInput(f"format {format!r}: unknown (known: {', '.join(ENDINGS)})")
    if annotators < 1 or overlap < 0:
        raise UnusableInput("--annotators must be at least 1 and --overlap at least 0")
    if split_megabytes is not None and (format != "html" or not split_megabytes > 0):
        raise UnusableInput("--split-megabytes must be above 0 and needs --format html")
    loaded = load_task(snapshot, task)
    adjudicators = settings.sheets.adjudicators
    ids = disputed_reviews(snapshot, loaded, adjudicators) if disagreements else choose(loaded, settings)
    parts = assign(ids, annotators, overlap, settings.run.seed)
    _warn_of_empty(task, parts)
    folder = snapshot.root / "sheets" / format
    prefix = f"{_ADJUDICATION}{task}" if disagreements else sheet_prefix(task)
    names = sheet_names(prefix, annotators)
    written = []
    sheets = zip(names, parts, strict=True)
    # the pictures of HTML sheets take most of the time and have a separate progress bar
    for name, part in sheets if format in ("html", "zip") else track(sheets, f"write {format}", annotators, "sheets"):
        if format == "zip":
            written.append(folder / f"{name}.zip")
            write_zip(written[-1], loaded, name, annotator_of(name), part, settings)
            continue
        for file, content in _files(loaded, format, name, part, settings, folder, split_megabytes).items():
            written.append(folder / f"{file}.{ENDINGS[format]}")
            write_bytes(written[-1], content)
    if format == "labelstudio":
        written.append(folder / f"{prefix}-config.xml")
        write_bytes(written[-1], config_xml(task).encode())
    for old in folder.glob(f"{prefix}-*"):
        if old not in written:
            old.unlink()
    return written


def import_answers(snapshot: Snapshot, files: Sequence[Path], settings: Settings) -> AnnotationReport:
    """Read answers; writes `sheets/answers.parquet` and `sheets/report.json`.

    A new answer replaces the annotator's earlier answer for that review, unless the earlier one was given later. A
    review that a later file lists without an answer loses its earlier answer. If an annotator gave a review two
    different answers in this import, the later counts; both are ignored if their times are unknown. The report counts
    all ignored answers.

    Raises:
        UnusableInput: No file has a usable answer.
    """
    given, problems = [], []
    for path in files:
        try:
            given += read_answers(path)
        except UnreadableAnswers as error:
            problems.append(f"{path.name}: {error}")
    tasks = {name: load_task(snapshot, name) for name in sorted({row.task for row in given if row.known_task})}
    checked = check(given, tasks)
    problems += checked.problems
    if not checked.answers:
        reasons = "; ".join(problems) or "all rows are blank"
        raise UnusableInput(f"no usable answer in {', '.join(path.name for path in files)}: {reasons}")
    return record(snapshot, tasks, checked, problems, by_adjudicator(settings.sheets.adjudicators))


def _warn_of_empty(task: str, parts: Sequence[Sequence[str]]) -> None:
    empty, reviews = sum(not part for part in parts), len(set().union(*parts))
    if not reviews:
        say(f"warning: task {task}: there are no reviews; the sheets are empty")
    elif empty:
        say(f"warning: task {task}: {empty} of {len(parts)} sheets are empty; there are only {reviews} reviews")


def sheet_prefix(task: str) -> str:
    """The beginning of the names of a task's sheets."""
    return "sheet" if task == CLEAN_TEST else task


def sheet_names(prefix: str, annotators: int) -> list[str]:
    """The names of the sheets, without file extension."""
    return [f"{prefix}-{number:02d}" for number in range(1, annotators + 1)]


def annotator_of(sheet: str) -> str:
    """The name of the annotator of a sheet."""
    who = ADJUDICATOR if sheet.startswith(_ADJUDICATION) else "annotator-"
    return who + sheet.rpartition("-")[2]


def _files(
    task: Task,
    format: str,
    name: str,
    review_ids: Sequence[str],
    settings: Settings,
    folder: Path,
    split_megabytes: float | None,
) -> dict[str, bytes]:
    """The files of a sheet by name, without extension."""
    if split_megabytes is None:
        return {name: _sheet(task, format, name, review_ids, settings, folder)}
    pages = sheet_pages(task, name, annotator_of(name), review_ids, settings, split_megabytes)
    return {part: page.html.encode() for part, page in pages.items()}


def _sheet(task: Task, format: str, name: str, review_ids: Sequence[str], settings: Settings, folder: Path) -> bytes:
    annotator = annotator_of(name)
    if format == "html":
        return sheet_page(task, name, annotator, review_ids, settings).html.encode()
    if format == "xlsx":
        from ameli_build.annotation.xlsx import sheet_workbook

        return sheet_workbook(task, annotator, review_ids)
    place = picture_files(folder / "pictures") if settings.sheets.labelstudio_files else data_uri
    return tasks_json(task, annotator, review_ids, settings.sheets.megabytes, place).encode()
