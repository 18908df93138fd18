"""The flow of the monthly schedule: the whole data set, from the shop to the scores."""

from __future__ import annotations

from pathlib import Path

from prefect import flow
from prefect.runtime import flow_run

from ameli_build.cluster.connect import Runner
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.journal import Selection
from ameli_build.flows.annotate import export as export_sheets
from ameli_build.flows.baseline import score
from ameli_build.flows.build import build_data_set
from ameli_build.flows.crawl import crawl_site, find_earlier
from ameli_build.flows.finish import export, report, verify
from ameli_build.flows.mapping import ONE_SHARD_AT_A_TIME, Shards
from ameli_build.flows.parameters import ExportFormat, Profile, month, with_strict
from ameli_build.flows.watch import watched
from ameli_build.models.needs import ROLES, require


def run_name() -> str:
    """The name of a run, after its snapshot."""
    return f"rebuild {flow_run.parameters.get('name') or month()}"


@flow(name="rebuild", flow_run_name=run_name, log_prints=True, task_runner=ONE_SHARD_AT_A_TIME)
def rebuild(
    snapshots: Path,
    name: str | None = None,
    profile: Profile = "small",
    overrides: list[str] | None = None,
    site_url: str | None = None,
    categories: list[str] | None = None,
    max_products: int | None = None,
    annotators: int = 12,
    refresh: str | None = None,
    export_as: ExportFormat = "none",
    strict: bool = True,
    runner: Runner = "process",
    address: str | None = None,
    workers: int = 1,
) -> Path:
    """Crawl, build, write annotation sheets, score, check and report; returns the snapshot's folder.

    Args:
        snapshots: Folder of all snapshots.
        name: The snapshot's subfolder; by default the month for which the run was scheduled (2026-11). If a failed run
            is started again, it continues in the same folder.
        profile: Profile of the settings.
        overrides: Settings that replace values of the profile, as SECTION.KEY=VALUE.
        site_url: URL that replaces all hosts of the shop.
        categories: Category ids to start at; by default, the crawl starts at the product sitemap.
        max_products: Largest number of products.
        annotators: Number of annotators of the test split; each gets a sheet.
        refresh: Name of an earlier snapshot to start from, or "latest" for the newest finished snapshot of the same
            shop and categories. Only changes are fetched again.
        export_as: Additional layout of the data set, written to exports/ in the snapshot.
        strict: Fail, instead of warning, if a split is empty, an expected row of the scores has no numbers, or the
            snapshot does not verify.
        runner: Where shards run: processes of this machine, or a cluster, whose workers see the snapshot's folder.
        address: Address of the cluster (dask://HOST:PORT, ray://HOST:PORT); by default, one that starts here.
        workers: Number of worker processes without an address; with one process, each shard is a task of the flow.
    """
    selection, overrides = Selection(tuple(categories or ()), (), max_products), with_strict(overrides, strict)
    # before a crawl of weeks, not after it
    require(load_settings(profile, overrides), ROLES, elsewhere=runner != "process")
    snapshot = Snapshot(snapshots / (name or month()))
    shards = Shards(runner, address, workers)
    with watched("rebuild-progress") as watch:
        earlier = find_earlier(refresh, snapshot, profile, overrides, site_url, selection)
        crawl_site(snapshot, profile, overrides, site_url, selection, earlier)  # 3.1
        build_data_set(snapshot, profile, overrides, watch, shards)  # 3.1 to 3.5
        export_sheets(snapshot, profile, overrides, "html", annotators, 0)  # 3.5
        score(snapshot, profile, overrides, watch, shards)  # 4, 5
        verify(snapshot, profile, overrides)
        report(snapshot, profile, overrides)
        if export_as != "none":
            export(snapshot, profile, overrides, export_as)
    return snapshot.root
