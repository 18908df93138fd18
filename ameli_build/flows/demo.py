"""Everything on a small generated world, to see that server, worker and volume work together."""

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
    """Crawl the bundled storefront, build, write sheets, score, report. The numbers are a toy's.

    Args:
        snapshot: Folder of the demo's snapshot.
        products: Products in the generated catalogue; with fewer than 60 a split may stay empty.
        seed: Seed of the generated world.
        annotators: Sheets to write.
    """
    # The storefront is on this machine's loopback, which a remote browser cannot reach.
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
