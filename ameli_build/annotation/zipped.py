"""An HTML sheet in a zip, with its pictures in full size beside the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ameli_build.annotation.html import sheet_page
from ameli_build.annotation.tasks import Task
from ameli_build.core.progress import track
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import whole_file


def write_zip(
    path: Path, task: Task, sheet: str, annotator: str, review_ids: Sequence[str], settings: Settings
) -> None:
    """Write `sheet/sheet.html` and `sheet/pictures/NUMBER.jpg` into a zip; the same content gives the same bytes."""
    page = sheet_page(task, sheet, annotator, review_ids, settings, full=True)
    with whole_file(path) as handle, ZipFile(handle, "w") as archive:
        archive.writestr(_entry(f"{sheet}/{sheet}.html"), page.html, ZIP_DEFLATED)
        for number, picture in track(enumerate(page.pictures), "write full pictures", len(page.pictures), "pictures"):
            jpeg = task.pictures.full(picture)
            if jpeg is not None:
                archive.writestr(_entry(f"{sheet}/pictures/{number}.jpg"), jpeg)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)  # with the date of all: 1980
    entry.external_attr = 0o644 << 16
    return entry
