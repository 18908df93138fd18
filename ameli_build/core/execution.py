"""How a stage runs: it is skipped if its result is up to date, its run is recorded, and its rows are counted."""

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
    """Run `stage` unless its result is up to date; True if it ran. Raises `RunFailed` if rows are lost."""
    before = stage_record(snapshot, stage.name)
    found = standing_of(stage, snapshot, settings, before)
    if not found.why:
        if found.archives != before.get("archives", {}):  # files were only copied: do not read them again next time
            with recorded(snapshot.root, f"stages/{stage.name}"):
                write_json(mark_of(snapshot, stage.name), before | {"archives": found.archives})
        return False
    require_space(snapshot.root, settings.run.least_free)
    say(f"{place()}{stage.name}: running")
    mark = mark_of(snapshot, stage.name)
    work = Work.of(snapshot, settings, mapper)
    with recorded(snapshot.root, f"stages/{stage.name}", stage.name):  # the tables of `catalog` are in catalog/
        mark.unlink(missing_ok=True)
        with doing(snapshot.root, stage.name), noted_use(work, stage.name):
            record = _run(stage, work, settings)
        state = {"fingerprint": found.fingerprint, "inputs": found.inputs, "archives": found.archives}
        write_json(mark, {**state, "finished": now(), **record})
    if "raw" in stage.files:  # the archive that this stage has read
        note(snapshot.root, "raw", known={name: str(state[-1]) for name, state in found.archives.items()})
    say(f"{place()}{stage.name}: done in {record['seconds']:.1f} s")
    return True


def _run(stage: Stage, work: Work, settings: Settings) -> dict[str, Any]:
    """Write the tables of a stage; returns the part of its record that describes them."""
    started, snapshot = time.monotonic(), work.snapshot
    tables = _without({name: snapshot.scan(name) for name in stage.inputs}, stage.without)
    clear_folder(work.scratch)  # left by a killed run
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
    """The tables without the reviews that the tables `dropped` list; the tables `dropped` do not change."""
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
    """`settings` with the recorded values of the sections that the stages `names` read; later names win."""
    changed: dict[str, Any] = {}
    for name in names:
        for section, values in stage_record(snapshot, name).get("settings", {}).items():
            before = changed.get(section, getattr(settings, section))
            changed[section] = type(before).model_validate(before.model_dump() | values)
    return settings.model_copy(update=changed)


def peak_memory_mb() -> int:
    """The largest resident set so far of this process or one of its children, living workers included, in MiB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    live = (_peak_kib(child.pid) for child in multiprocessing.active_children())
    return max(*(resource.getrusage(processes).ru_maxrss for processes in who), *live) // 1024


def _peak_kib(pid: int | None) -> int:
    """The largest resident set so far of a living process, in KiB; 0 if the system has no such number."""
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
    numbers = pl.collect_all([keys.unique() for keys in (lost, both, new)], engine="streaming")
    if any(map(len, numbers)):
        lost_n, both_n, new_n = map(len, numbers)
        raise RunFailed(
            f"stage {stage.name}: rows not conserved for {rule.key}: {lost_n} lost, {both_n} kept and dropped, "
            f"{new_n} from nowhere (for example {pl.concat(numbers)[rule.key].min()!r})"
        )
