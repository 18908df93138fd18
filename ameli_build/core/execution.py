"""Running a stage: skipped where its result is up to date, recorded where it ran, and checked for lost rows."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.as_left import leave
from ameli_build.core.cache import Mapper, Work, in_process, noted_use
from ameli_build.core.checksums import note, recorded
from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import place, say
from ameli_build.core.running import doing, now
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, clear_folder, write_json, write_table
from ameli_build.core.space import require_space
from ameli_build.core.stage import Conserved, Stage
from ameli_build.core.standing import digest, mark_of, settings_of, stage_record, standing_of


def run_stage(stage: Stage, snapshot: Snapshot, settings: Settings, mapper: Mapper = in_process) -> bool:
    """Run `stage` unless its result is there already; True when it ran. Raises `RunFailed` when rows got lost."""
    before = stage_record(snapshot, stage.name)
    found = standing_of(stage, snapshot, settings, before)
    if not found.why:
        if found.archives != before.get("archives", {}):  # only copied: so that they are not read each time
            with recorded(snapshot.root, f"stages/{stage.name}"):
                write_json(mark_of(snapshot, stage.name), before | {"archives": found.archives})
        return False
    require_space(snapshot.root, settings.run.least_free)
    say(f"{place()}{stage.name}: running")
    mark = mark_of(snapshot, stage.name)
    work = Work.of(snapshot, settings, mapper)
    with recorded(snapshot.root, f"stages/{stage.name}", stage.name):  # tables of the catalogue lie in catalog/
        mark.unlink(missing_ok=True)
        with doing(snapshot.root, stage.name), noted_use(work, stage.name):
            record = _run(stage, work, settings)
        told = {"fingerprint": found.fingerprint, "inputs": found.inputs, "archives": found.archives, "finished": now()}
        write_json(mark, told | record)
    if "raw" in stage.files:  # the archive as this stage has read it
        note(snapshot.root, "raw", known={name: str(state[-1]) for name, state in found.archives.items()})
    say(f"{place()}{stage.name}: done in {record['seconds']:.1f} s")
    return True


def _run(stage: Stage, work: Work, settings: Settings) -> dict[str, Any]:
    """Make a stage's tables; returns what its record tells of that."""
    started, snapshot = time.monotonic(), work.snapshot
    tables = _without({name: snapshot.scan(name) for name in stage.inputs}, stage.without)
    clear_folder(work.scratch)  # of a run that was killed
    try:
        result = stage.compute(tables, settings, work)
        if set(result.tables) != set(stage.outputs):
            raise RunFailed(f"stage {stage.name}: made {sorted(result.tables)}, declared {sorted(stage.outputs)}")
        rows = {name: write_table(snapshot.table_path(name), table) for name, table in result.tables.items()}
    finally:
        clear_folder(work.scratch)
    for rule in stage.conserved:
        _check_conserved(stage, rule, snapshot)
    return {
        "settings": settings_of(stage, settings),
        "outputs": {name: digest(snapshot.table_path(name)) for name in stage.outputs},
        "made": {path: leave(snapshot.root / path) for path in stage.made},
        "rows": rows,
        "counts": dict(result.counts),
        "seconds": round(time.monotonic() - started, 2),
        "peak_memory_mb": peak_memory_mb(),
    }


def _without(tables: dict[str, pl.LazyFrame], dropped: Sequence[str]) -> dict[str, pl.LazyFrame]:
    """The tables without the reviews in the tables `dropped`, which stay as they are."""
    if not dropped:
        return tables
    gone = pl.concat([tables[name].select("review_id") for name in dropped])
    return {
        name: table
        if name in dropped or "review_id" not in table.collect_schema()
        else table.join(gone, on="review_id", how="anti", maintain_order="left")
        for name, table in tables.items()
    }


def settings_as_run(snapshot: Snapshot, settings: Settings, *names: str) -> Settings:
    """`settings` with the sections that the stages `names` read as they were when each last ran; later names win."""
    changed: dict[str, Any] = {}
    for name in names:
        for section, values in stage_record(snapshot, name).get("settings", {}).items():
            before = changed.get(section, getattr(settings, section))
            changed[section] = type(before).model_validate(before.model_dump() | values)
    return settings.model_copy(update=changed)


def peak_memory_mb() -> int:
    """The largest resident set of this process or of one of its children so far, in MiB; workers still live count."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    live = (_peak_kib(child.pid) for child in multiprocessing.active_children())
    return max(*(resource.getrusage(one).ru_maxrss for one in who), *live) // 1024


def _peak_kib(pid: int | None) -> int:
    """The largest resident set that a live process has had, in KiB; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def _check_conserved(stage: Stage, rule: Conserved, snapshot: Snapshot) -> None:
    names = (rule.source, rule.kept, rule.dropped)
    tables = _without({name: snapshot.scan(name) for name in (*names, *stage.without)}, stage.without)
    source, kept, dropped = (tables[name].select(rule.key) for name in names)
    both = kept.join(dropped, on=rule.key, how="semi")
    lost = source.join(kept, on=rule.key, how="anti").join(dropped, on=rule.key, how="anti")
    new = pl.concat([kept, dropped]).join(source, on=rule.key, how="anti")
    numbers = pl.collect_all([one.unique() for one in (lost, both, new)], engine="streaming")
    if any(len(one) for one in numbers):
        lost_n, both_n, new_n = map(len, numbers)
        raise RunFailed(
            f"stage {stage.name}: rows not conserved for {rule.key}: {lost_n} lost, {both_n} kept and dropped, "
            f"{new_n} from nowhere (for example {pl.concat(numbers)[rule.key].min()!r})"
        )
