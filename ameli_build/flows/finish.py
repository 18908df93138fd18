"""Last tasks of a rebuild: check, report and export of the snapshot."""

from __future__ import annotations

import os
from urllib.parse import quote

from prefect import task
from prefect.artifacts import create_link_artifact
from prefect.cache_policies import NO_CACHE

from ameli_build.core.errors import RunFailed
from ameli_build.core.logs import RESULTS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.export.formats import export as export_data_set
from ameli_build.report.run import make_report
from ameli_build.verify import verify as verify_snapshot
from ameli_build.whole import demand

ADDRESS = "AMELI_SNAPSHOTS_URL"
"""Variable with the URL at which the operator's browser finds the folder of snapshots."""


@task(name="verify", persist_result=False, cache_policy=NO_CACHE)
def verify(snapshot: Snapshot, profile: str | None, overrides: list[str]) -> None:
    """Check the snapshot against its checksums, schemas and rules."""
    try:
        RESULTS.info(verify_snapshot(snapshot))
    except RunFailed as error:
        demand([str(error)], load_settings(profile, overrides, snapshot))


@task(name="report", persist_result=False, cache_policy=NO_CACHE)
def report(snapshot: Snapshot, profile: str | None, overrides: list[str]) -> None:
    """Write the report, and show a link to it as an artifact."""
    with snapshot.lock():
        path = make_report(snapshot, load_settings(profile, overrides, snapshot))
    base = os.environ.get(ADDRESS, "").rstrip("/")
    link = f"{base}/{quote(snapshot.root.name)}/{path.name}" if base else path.resolve().as_uri()
    create_link_artifact(link, link_text=f"{snapshot.root.name}: report", key="report", description="The report")


@task(name="export", persist_result=False, cache_policy=NO_CACHE)
def export(snapshot: Snapshot, profile: str | None, overrides: list[str], layout: str) -> None:
    """Write the data set in another layout, to SNAPSHOT/exports/."""
    with snapshot.lock():
        settings = load_settings(profile, overrides, snapshot)
        export_data_set(snapshot, settings, layout, str(snapshot.root / "exports" / layout))
