"""Section 3.1 as a flow: from the shop to `raw/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from ameli_build.core.errors import Outage
from ameli_build.core.progress import say
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.journal import Selection
from ameli_build.crawl.latest import newest_finished
from ameli_build.crawl.run import crawl as crawl_shop
from ameli_build.crawl.run import with_site
from ameli_build.flows.parameters import Profile
from ameli_build.flows.watch import watched

RETRY_AFTER: list[float] = [60, 600, 3600]
"""Seconds before each retry of a crawl after an outage."""


def passes_by_itself(_task: Any, _run: Any, state: Any) -> bool:
    """Whether a retry may help: after an outage, but not after a refusal, unusable input or a held lock."""
    return isinstance(state.result(raise_on_failure=False), Outage)


@task(
    name="3.1 crawl",
    retries=len(RETRY_AFTER),
    retry_delay_seconds=RETRY_AFTER,
    retry_condition_fn=passes_by_itself,
    persist_result=False,
    cache_policy=NO_CACHE,
)
def crawl_site(
    snapshot: Snapshot,
    profile: str | None,
    overrides: list[str],
    site_url: str | None,
    selection: Selection,
    earlier: Snapshot | None = None,
) -> None:
    """Crawl, and resume where the last attempt ended."""
    settings = with_site(load_settings(profile, overrides, snapshot), site_url, *filter(None, (snapshot, earlier)))
    with snapshot.lock():
        crawl_shop(
            snapshot,
            settings,
            categories=selection.categories,
            skus=selection.skus,
            max_products=selection.max_products,
            refresh=earlier,
        )


def find_earlier(
    refresh: str | None,
    snapshot: Snapshot,
    profile: str | None,
    overrides: list[str],
    site_url: str | None,
    selection: Selection,
) -> Snapshot | None:
    """The snapshot that `refresh` names: a folder beside `snapshot`, or "latest" for the newest finished snapshot."""
    if refresh is None:
        return None
    folder = snapshot.root.parent
    if refresh != "latest":
        return Snapshot(folder / refresh)
    settings = with_site(load_settings(profile, overrides, snapshot), site_url, snapshot)
    found = newest_finished(folder, snapshot, settings.crawl.site_url, selection)
    say(
        f"refresh: starting from {found.root}"
        if found is not None
        else "refresh: no earlier snapshot to start from, or the crawl has begun before"
    )
    return found


@flow(name="crawl", log_prints=True)
def crawl(
    snapshot: Path,
    profile: Profile = "small",
    overrides: list[str] | None = None,
    site_url: str | None = None,
    categories: list[str] | None = None,
    max_products: int | None = None,
    refresh: str | None = None,
) -> None:
    """Crawl listings, product pages, reviews and images into SNAPSHOT/raw/.

    Args:
        snapshot: Folder of the snapshot; created if missing.
        profile: Profile of the settings.
        overrides: Settings that replace values of the profile, as SECTION.KEY=VALUE.
        site_url: URL that replaces all hosts of the shop.
        categories: Category ids to start at; by default, the crawl starts at the product sitemap.
        max_products: Largest number of products.
        refresh: Name of a finished snapshot in the same folder to start from, or "latest".
    """
    target, chosen = Snapshot(snapshot), Selection(tuple(categories or ()), (), max_products)
    with watched("crawl-progress"):
        earlier = find_earlier(refresh, target, profile, overrides or [], site_url, chosen)
        crawl_site(target, profile, overrides or [], site_url, chosen, earlier)
