"""Sections 3.1 to 3.5 as a flow: `raw/` into `dataset/`, each stage a task, each shard a task below it."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from ameli_build import candidates, splits
from ameli_build.build import STAGES, roles_of
from ameli_build.catalog.build import STAGE as CATALOG
from ameli_build.clean.stage import STAGE as CLEAN
from ameli_build.informativeness.stage import STAGE as INFORMATIVENESS
from ameli_build.mentions.stage import STAGE as MENTIONS
from ameli_build.models.needs import require
from ameli_build.provenance import write_run_record
from ameli_build.release.stage import STAGE as RELEASE
from ameli_build.settings import Settings, load_settings
from ameli_build.snapshot import Snapshot
from ameli_build.stages import Stage, run_stage
from flows.mapping import ONE_SHARD_AT_A_TIME, prefect_mapper


@task(name="stage", task_run_name="{stage.name}", persist_result=False, cache_policy=NO_CACHE)
def run(stage: Stage, snapshot: Snapshot, settings: Settings) -> bool:
    """Run one stage unless its result is there; its shards are tasks of the same run."""
    return run_stage(stage, snapshot, settings, prefect_mapper())


@flow(name="build", log_prints=True, task_runner=ONE_SHARD_AT_A_TIME)
def build(snapshot: Path, profile: str | None = None, overrides: list[str] | None = None) -> None:
    """Clean, detect mentions, filter, find candidates, split, release."""
    folder = Snapshot.open(snapshot)
    settings = load_settings(profile, overrides or [], folder)
    require(settings, roles_of(STAGES))
    with folder.lock():
        run(CATALOG, folder, settings)  # 3.1 responses to records
        run(CLEAN, folder, settings)  # 3.2 the seven filters
        run(MENTIONS, folder, settings)  # 3.3 the words that name the product
        run(INFORMATIVENESS, folder, settings)  # 3.4 four features, four thresholds
        run(candidates.STAGE, folder, settings)  # 3.5 hard negatives
        run(splits.STAGE, folder, settings)  # 3.5 train, dev, test
        run(RELEASE, folder, settings)
        write_run_record(folder, settings, "build")
