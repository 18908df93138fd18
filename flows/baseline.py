"""Sections 4 and 5 as a flow: the released splits into Tables 4 and 5."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from ameli_build.baseline.run import run_baseline
from ameli_build.baseline.text import render
from ameli_build.settings import load_settings
from ameli_build.snapshot import Snapshot
from flows.mapping import ONE_SHARD_AT_A_TIME, prefect_mapper


@task(name="4-5 baseline", persist_result=False, cache_policy=NO_CACHE)
def score(snapshot: Snapshot, profile: str | None, overrides: list[str]) -> str:
    """Retrieval and disambiguation, as the tables that a person reads."""
    settings = load_settings(profile, overrides, snapshot)
    with snapshot.lock():
        return render(run_baseline(snapshot, settings, prefect_mapper()))


@flow(name="baseline", log_prints=True, task_runner=ONE_SHARD_AT_A_TIME)
def baseline(snapshot: Path, profile: str | None = None, overrides: list[str] | None = None) -> None:
    """Score the released splits."""
    print(score(Snapshot.open(snapshot), profile, overrides or []))
