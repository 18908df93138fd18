"""`ameli build --dry-run`: the work of each stage and its cost on this machine; nothing is written."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ameli_build.catalog.build import ingested_files
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.not_run import NotRun
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.space import free_space
from ameli_build.core.standing import NEVER
from ameli_build.core.workers import default_workers
from ameli_build.crawl.stats import FILE as CRAWL_STATS
from ameli_build.dry_run.inputs import inputs_of, made_up_inputs
from ameli_build.dry_run.loads import Load, Speed, measured
from ameli_build.dry_run.show import MIB, BuildEstimate, Step, Timed
from ameli_build.dry_run.work import PHOTOGRAPHS, PICTURES, PRODUCTS, REVIEWS, loads_of
from ameli_build.models.needs import LIBRARIES, SPREAD, needs_of, require_device
from ameli_build.pipeline import roles_of, stages_until
from ameli_build.status import DONE, Row, stage_rows

NOT_HERE = NotRun("not here")


def dry_run(
    snapshot: Snapshot, settings: Settings, *, until: str | None = None, workers: int | None = None
) -> BuildEstimate:
    """The cost of `build` with the same arguments.

    With a catalogue, its items are counted, and each kind of work is measured on some of them for about a second. For
    a crawl without a catalogue, items are counted in its archive.

    Raises:
        UnusableInput: As `build`, except for missing models, which are in the estimate.
    """
    stages = stages_until(until)
    rows = stage_rows(snapshot, settings, None)
    whys = {stage.name: _why(rows[stage.name]) for stage in stages}
    missing = missing_models(settings, roles_of(stages, settings))
    with TemporaryDirectory(prefix="ameli-plan-") as scratch:
        loads, note = _loads(snapshot, settings, [name for name, why in whys.items() if why], rows, Path(scratch))
        timed = time_loads(settings, loads, missing, workers or default_workers())
    steps = tuple(Step(name, why, tuple(timed.get(name, ()))) for name, why in whys.items())
    tables = _tables(snapshot) if whys.get("clean") else 0
    pictures = _pictures(snapshot) if whys.get("release") else 0
    return BuildEstimate(steps, missing, note, tables, free_space(snapshot.root), ram(), pictures)


def _why(row: Row) -> str:
    return "" if row.state == DONE else row.detail or NEVER


def _loads(
    snapshot: Snapshot, settings: Settings, todo: Sequence[str], rows: Mapping[str, Row], scratch: Path
) -> tuple[dict[str, list[Load]], str]:
    """The loads of the stages to run, and a note on how they were counted."""
    if snapshot.table_path("catalog/reviews").is_file():
        inputs = inputs_of(snapshot, [name for name, row in rows.items() if row.state == DONE])
        work = replace(Work.of(snapshot, settings), store=None)
        loads = {name: loads_of(name, work, settings, inputs) for name in todo}
        url = settings.run.cache_url
        return loads, f"work that only {url} has counts as missing" if url else ""
    expected, note = _archived(snapshot)
    return expected_loads(settings, expected, todo, scratch), note


def expected_loads(
    settings: Settings, expected: Mapping[str, float], stages: Iterable[str], scratch: Path
) -> dict[str, list[Load]]:
    """The loads of stages for expected numbers of products, reviews, photographs and pictures of products.

    Measurements use made-up items in the folder `scratch`.
    """
    inputs, work = made_up_inputs(scratch), Work(Snapshot(scratch))
    return {
        name: [
            replace(load, items=math.ceil(load.items * expected[load.per]), cached=0)
            for load in loads_of(name, work, settings, inputs)
        ]
        for name in stages
    }


def missing_models(settings: Settings, roles: Iterable[str]) -> dict[str, str]:
    """The missing models of these roles, by role."""
    require_device(settings)
    return {need.role: need.name.partition("@")[0] for need in needs_of(settings, roles) if need.problems()}


def time_loads(
    settings: Settings, loads: Mapping[str, Sequence[Load]], missing: Mapping[str, str], workers: int
) -> dict[str, list[Timed]]:
    """Each load with its speed; loads of the same function are measured in the same process."""
    groups: dict[tuple[object, ...], list[Load]] = {}
    for load in (load for of_stage in loads.values() for load in of_stage):
        if load.todo and load.role not in missing:
            groups.setdefault((load.function, load.common), []).append(load)
    speeds: dict[int, Speed | NotRun] = {}
    for group in groups.values():
        processes = _processes(settings, group[0], workers)
        say(f"measuring: {group[0].name}")
        found = measured(group, max(1, default_workers() // processes))
        speeds |= {id(load): speed for load, speed in zip(group, found, strict=True)}
    return {
        name: [_timed(settings, load, speeds.get(id(load), NOT_HERE), workers) for load in of_stage]
        for name, of_stage in loads.items()
    }


def _timed(settings: Settings, load: Load, speed: Speed | NotRun, workers: int) -> Timed:
    memory = speed.memory if isinstance(speed, Speed) else 0
    if not memory and load.role and load.todo:
        weights = sum(need.size for need in needs_of(settings, [load.role]))
        memory = round((LIBRARIES + SPREAD * weights) / MIB)
    return Timed(load, speed, _processes(settings, load, workers), memory)


def _processes(settings: Settings, load: Load, workers: int) -> int:
    return 1 if load.role and settings.models.loads_once(load.role) else workers


def _archived(snapshot: Snapshot) -> tuple[dict[str, float], str]:
    """Expected numbers of items in the archive of a crawl without a catalogue, and a note on how they were counted."""
    path = snapshot.raw / CRAWL_STATS
    if ingested_files(snapshot) or not path.is_file():
        raise UnusableInput(f"{snapshot.root}: no catalogue yet; ameli build --until catalog makes it")
    archived = json.loads(path.read_text(encoding="utf-8"))["archived"]
    counts = {kind: sum(by_status.values()) for kind, by_status in archived.items()}
    images, pages = counts.get("image", 0), counts.get("page", 0)
    note = (
        f"no catalogue yet: each of {images:,} archived images may be a photograph; ameli build --until catalog knows"
    )
    return {PRODUCTS: pages, REVIEWS: images, PHOTOGRAPHS: images, PICTURES: images}, note


def _tables(snapshot: Snapshot) -> int:
    """Size of the tables of all stages in bytes. It is about the size of the catalogue, as in the demo."""
    return sum(path.stat().st_size for path in (snapshot.root / "catalog").glob("*.parquet"))


def _pictures(snapshot: Snapshot) -> int:
    """Size of all archived pictures in bytes; a release has copies of at most all of them."""
    return sum(entry.stat().st_size for entry in (snapshot.raw / "images").glob("*"))


def ram() -> int:
    """Memory of this machine in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
