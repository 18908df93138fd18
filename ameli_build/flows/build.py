"""Sections 3.1 to 3.5 as a flow from `raw/` to `dataset/`. Each stage is a task, each shard a task of its own."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from ameli_build.cluster.connect import Runner, shared
from ameli_build.core.cache import Mapper
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.stage import Stage
from ameli_build.flows.mapping import ONE_SHARD_AT_A_TIME, Shards
from ameli_build.flows.parameters import Profile, with_strict
from ameli_build.flows.tables import show_data_set
from ameli_build.flows.watch import Watch, watched
from ameli_build.pipeline import build as build_stages


@task(name="stage", task_run_name="{stage.name}", persist_result=False, cache_policy=NO_CACHE)
def run(stage: Stage, snapshot: Snapshot, settings: Settings, mapper: Mapper) -> bool:
    """Run a stage unless its result is up to date; its shards are tasks of the same run."""
    return run_stage(stage, snapshot, settings, mapper)


def build_data_set(snapshot: Snapshot, profile: str | None, overrides: list[str], watch: Watch, shards: Shards) -> None:
    """Run the library's `build` with a task for each stage, and show the tables as artifacts."""
    snapshot, settings = shared(snapshot, load_settings(profile, overrides, snapshot))
    try:
        with snapshot.lock(), shards.mapper(snapshot, settings, watch) as mapper:
            build_stages(snapshot, settings, mapper=mapper, run=run)
    finally:
        show_data_set(snapshot)  # also for an incomplete data set, where the tables matter most


@flow(name="build", log_prints=True, task_runner=ONE_SHARD_AT_A_TIME)
def build(
    snapshot: Path,
    profile: Profile | None = None,
    overrides: list[str] | None = None,
    strict: bool = True,
    runner: Runner = "process",
    address: str | None = None,
    workers: int = 1,
) -> None:
    """Clean, detect mentions, filter, find candidates, split, release.

    Args:
        snapshot: Folder of the snapshot.
        profile: Profile of the settings; by default, the settings of the crawl.
        overrides: Settings that replace values of the profile, as SECTION.KEY=VALUE.
        strict: Fail, instead of warning, if a split is empty.
        runner: Where shards run: processes of this machine, or a cluster, whose workers see the snapshot's folder.
        address: Address of the cluster (dask://HOST:PORT, ray://HOST:PORT); by default, one that starts here.
        workers: Number of worker processes without an address; with one process, each shard is a task of the flow.
    """
    with watched("build-progress") as watch:
        shards = Shards(runner, address, workers)
        build_data_set(Snapshot.open(snapshot), profile, with_strict(overrides, strict), watch, shards)
