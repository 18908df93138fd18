"""Everything on a small generated world, to see that server, worker and browser work together."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from ameli_build.demo.catalogue import make_world
from ameli_build.demo.storefront import Storefront
from flows.annotate import export_annotation
from flows.baseline import baseline
from flows.build import build
from flows.crawl import crawl


@flow(name="demo", log_prints=True)
def demo(snapshot: Path, products: int = 24, seed: int = 13, annotators: int = 2) -> None:
    """Crawl the bundled storefront, build, write sheets, and score. The numbers are a toy's."""
    with Storefront(make_world(seed, products)) as shop:
        crawl(snapshot, "demo", site_url=shop.site_url)
    build(snapshot, "demo")
    export_annotation(snapshot, annotators, profile="demo")
    baseline(snapshot, "demo")
