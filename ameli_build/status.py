"""`ameli status`: the finished and the stale parts of a snapshot, and the process that works in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ameli_build.baseline.sources import Source
from ameli_build.baseline.standing import fingerprint_of, finished
from ameli_build.catalog.build import CUT_OFF, ingested_files
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import duration
from ameli_build.core.running import Holder, holder
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.stage import Stage
from ameli_build.core.standing import mark_of, stage_record, standing_of
from ameli_build.core.text import columns, gigabytes
from ameli_build.crawl.stats import FILE as CRAWL_STATS
from ameli_build.pipeline import STAGES
from ameli_build.release.stage import ANSWERS_FILE

DONE, STALE, RUNNING, NEVER = "done", "stale", "running", "not run"
"""States of a stage. `ameli build` (or `ameli baseline`) would run a stale stage again."""
KINDS = {
    "page": "product pages",
    "api": "API pages",
    "clicked": "after a click",
    "reviews": "review pages",
    "image": "images",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a snapshot, with its state and the cost of its last run.

    `since` is a time in UTC, "" if unknown. `seconds` and `peak_memory_mb` (MiB) are for the last run.
    """

    name: str
    state: str
    since: str = ""
    seconds: float | None = None
    peak_memory_mb: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The parts of a snapshot in the order of their making, and the process that works in it, if any."""

    snapshot: str
    profile: str
    running: Holder | None
    rows: tuple[Row, ...]

    def as_json(self) -> str:
        """The status as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    def __str__(self) -> str:
        lines = [("what", "state", "since", "took", "memory", "")]
        lines += [
            (
                row.name,
                row.state,
                row.since.replace("T", " ").removesuffix("Z"),
                "" if row.seconds is None else duration(row.seconds),
                "" if row.peak_memory_mb is None else f"{row.peak_memory_mb:,} MiB",
                row.detail,
            )
            for row in self.rows
        ]
        return "\n".join([f"{self.snapshot}, profile {self.profile}, times in UTC", *self._running(), columns(lines)])

    def _running(self) -> Iterator[str]:
        if self.running is not None:
            who = f"process {self.running.pid}" if self.running.pid else "a process"
            yield f"{who} works here" + (f" since {self.running.since}" if self.running.since else "")


def status_of(snapshot: Snapshot, settings: Settings) -> Status:
    """The status of a snapshot: a build with the same settings would run all stages that are not done.

    No model is loaded. The function reads the same files as a build that has nothing to do.
    """
    held = holder(snapshot.root)
    rows = {"raw": _raw(snapshot, held), **stage_rows(snapshot, settings, held)}
    rows["answers"] = _answers(snapshot)
    rows["baseline"] = _baseline(snapshot, settings, held, rows)
    rows["report"] = _report(snapshot, rows)
    return Status(str(snapshot.root), settings.profile, held, tuple(rows.values()))


def stage_rows(snapshot: Snapshot, settings: Settings, held: Holder | None) -> dict[str, Row]:
    """The rows of the build's stages by name; `held` is the process that works in the snapshot."""
    rows: dict[str, Row] = {}
    for stage in STAGES:
        rows[stage.name] = _stage(stage, snapshot, settings, held, rows)
    return rows


def _stage(
    stage: Stage, snapshot: Snapshot, settings: Settings, held: Holder | None, earlier: Mapping[str, Row]
) -> Row:
    if held is not None and held.doing == stage.name:
        return Row(stage.name, RUNNING, held.doing_since)
    record = stage_record(snapshot, stage.name)
    try:
        why = standing_of(stage, snapshot, settings, record).why
    except UnusableInput as error:
        why = str(error)
    if not record:
        return Row(stage.name, NEVER)
    read = dict.fromkeys(name.partition("/")[0] for name in stage.inputs)
    waits = [name for name in read if earlier[name].state != DONE]
    detail = why or (f"waits for {', '.join(waits)}" if waits else _row_counts(stage, record))
    return _ran(stage.name, STALE if why or waits else DONE, snapshot, record, detail)


def _ran(name: str, state: str, snapshot: Snapshot, record: Mapping[str, Any], detail: str) -> Row:
    since = record.get("finished") or _moment(mark_of(snapshot, name))
    return Row(name, state, since, record.get("seconds"), record.get("peak_memory_mb"), detail)


def _row_counts(stage: Stage, record: Mapping[str, Any]) -> str:
    """The numbers of rows in a stage's tables; for the release, in `dataset/`."""
    rows = {name.partition("/")[2]: record["rows"][name] for name in stage.outputs} or record["counts"]
    return ", ".join(f"{name} {number:,}" for name, number in rows.items())


def _raw(snapshot: Snapshot, held: Holder | None) -> Row:
    """The row of `raw/`. A crawl updates its counts each minute; if its archive is newer, it was killed."""
    archived = sorted(snapshot.raw.glob("pages-*.warc.gz"))
    if not archived:
        return _ingested(snapshot)
    size = f"{gigabytes(sum(path.stat().st_size for path in archived))} of pages"
    stats, newest = snapshot.raw / CRAWL_STATS, max(archived, key=lambda path: path.stat().st_mtime)
    detail = "; ".join([size, *_counted(stats)])
    if held is not None and held.doing == "crawl":
        return Row("raw", RUNNING, held.doing_since, detail=detail)
    if not stats.is_file() or stats.stat().st_mtime < newest.stat().st_mtime:
        return Row("raw", "cut off", _moment(newest), detail=detail)
    return Row("raw", "crawled", _moment(stats), detail=detail)


def _counted(path: Path) -> Iterator[str]:
    """The last counts of a crawl; empty before the first counts."""
    if not path.is_file():
        return
    stats = json.loads(path.read_text(encoding="utf-8"))
    counts = {kind: sum(stats["archived"].get(kind, {}).values()) for kind in KINDS}
    parts = [f"{number:,} {KINDS[kind]}" for kind, number in counts.items() if number]
    failed = [f"{len(failures):,} {error}" for error, failures in sorted(stats["failed"].items())]
    yield ", ".join(parts)
    if failed:
        yield f"failed: {', '.join(failed)}"


def _ingested(snapshot: Snapshot) -> Row:
    files = list(ingested_files(snapshot).values())
    if not files:
        return Row("raw", NEVER)
    cut = (snapshot.raw / CUT_OFF).exists()
    sizes = ", ".join(f"{path.name} {gigabytes(path.stat().st_size)}" for path in files)
    return Row("raw", "cut off" if cut else "ingested", _moment(files[-1]), detail=sizes)


def _answers(snapshot: Snapshot) -> Row:
    """The row of the annotation: answers are imported, or sheets are exported."""
    path = snapshot.root / ANSWERS_FILE
    if path.is_file():
        return Row("answers", "imported", _moment(path))
    sheets = sorted((snapshot.root / "sheets").glob("*/*"))
    return Row("answers", "sheets out" if sheets else NEVER, _moment(sheets[-1]) if sheets else "")


def _baseline(snapshot: Snapshot, settings: Settings, held: Holder | None, rows: Mapping[str, Row]) -> Row:
    if held is not None and held.doing == "baseline":
        return Row("baseline", RUNNING, held.doing_since)
    record = stage_record(snapshot, "baseline")
    if not record:
        return Row("baseline", NEVER)
    waits = rows["release"].state != DONE
    detail = "waits for release" if waits else "data, settings, models or code changed"
    if not waits and finished(snapshot, fingerprint_of(Source.of(snapshot), settings)) is not None:
        return _ran("baseline", DONE, snapshot, record, "")
    return _ran("baseline", STALE, snapshot, record, detail)


def _report(snapshot: Snapshot, rows: Mapping[str, Row]) -> Row:
    """The row of the report, which is stale if any of its inputs is newer."""
    path = snapshot.root / "report.html"
    if not path.is_file():
        return Row("report", NEVER)
    since = _moment(path)
    newer = [row.name for row in rows.values() if row.since > since]
    return Row("report", STALE if newer else DONE, since, detail=f"older than {', '.join(newer)}" if newer else "")


def _moment(path: Path) -> str:
    """Time of a file's last change."""
    return f"{datetime.fromtimestamp(path.stat().st_mtime, UTC):%Y-%m-%dT%H:%M:%SZ}"
