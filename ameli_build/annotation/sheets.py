"""Sheets out, answers in: what the command line and the flows call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ameli_build.annotation.answers import read_answers
from ameli_build.annotation.assign import assign
from ameli_build.annotation.check import check
from ameli_build.annotation.codes import UnreadableAnswers
from ameli_build.annotation.html import sheet_page
from ameli_build.annotation.labelstudio import config_xml, tasks_json
from ameli_build.annotation.report import AnnotationReport, record
from ameli_build.annotation.tasks import CLEAN_TEST, Task, choose, load_task
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say, track
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes

ENDINGS = {"html": "html", "xlsx": "xlsx", "labelstudio": "json"}
"""Formats of sheets, and how their files end."""


def export_sheets(
    snapshot: Snapshot, format: str, annotators: int, overlap: int, task: str, settings: Settings
) -> list[Path]:
    """Write a sheet an annotator into `SNAPSHOT/sheets/<format>/`; returns the files.

    The reviews of `clean-test` are the test split; every review goes to one annotator, `overlap` of them to all.
    Sheets of an earlier export of the same task and format are removed. Raises `UnusableInput` for an unknown format
    or task, and where the tables are missing.
    """
    if format not in ENDINGS:
        raise UnusableInput(f"format {format!r}: not one of {', '.join(ENDINGS)}")
    if annotators < 1 or overlap < 0:
        raise UnusableInput("--annotators must be at least 1 and --overlap at least 0")
    asked = load_task(snapshot, task)
    ids = choose(asked, settings)
    if not ids:
        say(f"warning: task {task}: there is no review to judge, the sheets are empty")
    folder, prefix = snapshot.root / "sheets" / format, "sheet" if task == CLEAN_TEST else task
    parts = assign(ids, annotators, overlap, settings.run.seed)
    names = [f"{prefix}-{number:02d}" for number in range(1, annotators + 1)]
    written = []
    sheets = zip(names, parts, strict=True)
    # the pictures of an HTML sheet, most of its work, have a bar of their own
    for name, part in sheets if format == "html" else track(sheets, f"{format} sheets", annotators):
        path = folder / f"{name}.{ENDINGS[format]}"
        write_bytes(path, _sheet(asked, format, name, part, settings))
        written.append(path)
    if format == "labelstudio":
        written.append(folder / f"{prefix}-config.xml")
        write_bytes(written[-1], config_xml(task).encode())
    for old in folder.glob(f"{prefix}-*"):
        if old not in written:
            old.unlink()
    return written


def import_answers(snapshot: Snapshot, files: Sequence[Path], settings: Settings) -> AnnotationReport:
    """Read answers back; writes `sheets/answers.parquet` and `sheets/report.json`.

    Answers of annotators who are in the files take the place of their earlier ones, those of others stay. Two
    different answers of one annotator for one review are both left out. Whatever is left out is counted in the report,
    and nothing else is lost. Raises `UnusableInput` when no usable answer is in any of the files.
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
    return record(snapshot, tasks, checked, problems)


def _sheet(task: Task, format: str, name: str, review_ids: Sequence[str], settings: Settings) -> bytes:
    annotator = "annotator-" + name.rpartition("-")[2]
    if format == "html":
        return sheet_page(task, name, annotator, review_ids, settings).encode()
    if format == "xlsx":
        from ameli_build.annotation.xlsx import sheet_workbook

        return sheet_workbook(task, annotator, review_ids)
    return tasks_json(task, annotator, review_ids).encode()
