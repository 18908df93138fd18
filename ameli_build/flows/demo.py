"""The whole chain on a small generated world, to test server, worker and volume together."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from ameli_build.core.settings import load_settings
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.storefront import Storefront
from ameli_build.flows.rebuild import rebuild

BY_JSON = "crawl.specifications=json"


@flow(name="demo", log_prints=True)
def demo(snapshot: Path, products: int = 60, seed: int = 13, annotators: int = 2) -> None:
    """Crawl the bundled storefront, build, write sheets, score and report. The numbers describe a toy world.

    Args:
        snapshot: Folder of the demo's snapshot.
        products: Products in the generated catalogue; with fewer than 60, a split may be empty.
        seed: Seed of the generated world.
        annotators: Number of annotation sheets.
    """
    # A remote browser cannot reach the storefront on this machine's loopback.
    overrides = [BY_JSON] if load_settings("demo").crawl.browser_url else []
    with Storefront(make_world(seed, products)) as shop:
        rebuild(
            snapshot.parent,
            name=snapshot.name,
            profile="demo",
            overrides=overrides,
            site_url=shop.site_url,
            annotators=annotators,
        )
