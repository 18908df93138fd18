"""The whole data set, from the shop to the scores: what is scheduled every month."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from prefect import flow

from ameli_build.models.needs import ROLES, require
from ameli_build.settings import load_settings
from flows.annotate import export_annotation
from flows.baseline import baseline
from flows.build import build
from flows.crawl import crawl


@flow(name="rebuild", log_prints=True)
def rebuild(
    snapshots: Path,
    name: str | None = None,
    profile: str = "small",
    overrides: list[str] | None = None,
    site_url: str | None = None,
    categories: list[str] | None = None,
    max_products: int | None = None,
    annotators: int = 12,
    refresh: str | None = None,
) -> Path:
    """Crawl, build, hand sheets to annotators, and score; returns the snapshot's folder.

    `name` is the snapshot's folder below `snapshots`, by default this month (2026-11): a run that failed goes on in
    the same folder when it is started again. `refresh` names another such folder, an earlier one: what has not changed
    since is taken over from there.
    """
    require(load_settings(profile, overrides or []), ROLES)  # before a crawl of weeks, not after
    snapshot = snapshots / (name or f"{date.today():%Y-%m}")
    earlier = snapshots / refresh if refresh is not None else None
    crawl(snapshot, profile, overrides, site_url, categories, max_products, earlier)  # 3.1
    build(snapshot, profile, overrides)  # 3.1 to 3.5
    export_annotation(snapshot, annotators, profile=profile)  # 3.5
    baseline(snapshot, profile, overrides)  # 4, 5
    return snapshot
