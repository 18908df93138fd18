"""Sections 4 and 5 as a flow: from the released splits to Tables 4 and 5."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from ameli_build.baseline.run import run_baseline
from ameli_build.cluster.connect import Runner, shared
from ameli_build.core.logs import RESULTS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.flows.mapping import ONE_SHARD_AT_A_TIME, Shards
from ameli_build.flows.parameters import Profile, with_strict
from ameli_build.flows.tables import show_scores
from ameli_build.flows.watch import Watch, watched
from ameli_build.scores.tables import null_rows
from ameli_build.scores.text import render
from ameli_build.whole import demand


@task(name="4-5 baseline", persist_result=False, cache_policy=NO_CACHE)
def score(snapshot: Snapshot, profile: str | None, overrides: list[str], watch: Watch, shards: Shards) -> None:
    """Run retrieval and disambiguation; the tables become artifacts and are logged as text."""
    snapshot, settings = shared(snapshot, load_settings(profile, overrides, snapshot))
    with snapshot.lock(), shards.mapper(snapshot, settings, watch) as mapper:
        scores = run_baseline(snapshot, settings, mapper)
    show_scores(scores)
    RESULTS.info(render(scores))
    demand(null_rows(scores), settings)


@flow(name="baseline", log_prints=True, task_runner=ONE_SHARD_AT_A_TIME)
def baseline(
    snapshot: Path,
    profile: Profile | None = None,
    overrides: list[str] | None = None,
    strict: bool = True,
    runner: Runner = "process",
    address: str | None = None,
    workers: int = 1,
) -> None:
    """Score the released splits.

    Args:
        snapshot: Folder of the snapshot.
        profile: Profile of the settings; by default, the settings of the build.
        overrides: Settings that replace values of the profile, as SECTION.KEY=VALUE.
        strict: Fail, instead of warning, if an expected row has no numbers.
        runner: Where shards run: processes of this machine, or a cluster, whose workers see the snapshot's folder.
        address: Address of the cluster (dask://HOST:PORT, ray://HOST:PORT); by default, one that starts here.
        workers: Number of worker processes without an address; with one process, each shard is a task of the flow.
    """
    with watched("baseline-progress") as watch:
        shards = Shards(runner, address, workers)
        score(Snapshot.open(snapshot), profile, with_strict(overrides, strict), watch, shards)
