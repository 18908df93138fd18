"""`ameli crawl --dry-run`: the requests of the crawl, and the cost of the build on this machine."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Unpack

from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import default_workers
from ameli_build.crawl.journal import CrawlOptions
from ameli_build.dry_run.build import expected_loads, missing_models, ram, time_loads
from ameli_build.dry_run.requests import CrawlEstimate
from ameli_build.dry_run.requests import dry_run as estimate_crawl
from ameli_build.dry_run.show import BuildEstimate, Step, show_sums
from ameli_build.dry_run.work import PHOTOGRAPHS, PICTURES, PRODUCTS, REVIEWS
from ameli_build.pipeline import STAGES, roles_of
from ameli_build.shops import shop_named


def dry_run(snapshot: Snapshot, settings: Settings, **options: Unpack[CrawlOptions]) -> str:
    """The text of both estimates: of `crawl` with these arguments, then of `build`. Writes nothing."""
    crawl = estimate_crawl(snapshot, settings, **options)
    if not crawl.photographs:
        return str(crawl)
    heading = f"then ameli build, profile {settings.profile}, on this machine ({settings.models.device}):"
    return "\n".join([str(crawl), "", heading, show_sums(build_after(settings, crawl))])


def build_after(settings: Settings, crawl: CrawlEstimate) -> BuildEstimate:
    """The cost of a build of all selected products, measured with made-up items."""
    known = shop_named(settings.crawl.shop).estimates
    expected = {
        PRODUCTS: crawl.products,
        REVIEWS: crawl.photographs / known.photos_of_a_review,
        PHOTOGRAPHS: crawl.photographs,
        PICTURES: crawl.products * known.images_a_product,
    }
    missing = missing_models(settings, roles_of(STAGES, settings))
    with TemporaryDirectory(prefix="ameli-plan-") as scratch:
        loads = expected_loads(settings, expected, [stage.name for stage in STAGES], Path(scratch))
        timed = time_loads(settings, loads, missing, default_workers())
    steps = tuple(Step(name, "after the crawl", tuple(loads)) for name, loads in timed.items())
    return BuildEstimate(steps, missing, "", 0, crawl.free, ram(), round(crawl.sizes.get("images", 0.0)))
