"""`ameli crawl --dry-run`: the requests of the crawl, and the cost of the build on this machine."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import default_workers
from ameli_build.crawl.dry_run import Plan
from ameli_build.crawl.dry_run import dry_run as plan_crawl
from ameli_build.dry_run.build import expected_loads, missing_models, ram, time_loads
from ameli_build.dry_run.show import Plan as BuildPlan
from ameli_build.dry_run.show import Step, show_sums
from ameli_build.dry_run.work import PHOTOGRAPHS, PICTURES, PRODUCTS, REVIEWS
from ameli_build.pipeline import STAGES, roles_of
from ameli_build.shops import shop_named


def dry_run(snapshot: Snapshot, settings: Settings, **wanted: Any) -> str:
    """The text of the plan: the requests of `crawl` with these arguments, then the cost of `build`. Writes nothing."""
    plan = plan_crawl(snapshot, settings, **wanted)
    if not plan.photographs:
        return str(plan)
    heading = f"then ameli build, profile {settings.profile}, on this machine ({settings.models.device}):"
    return "\n".join([str(plan), "", heading, show_sums(build_after(settings, plan))])


def build_after(settings: Settings, plan: Plan) -> BuildPlan:
    """What a build takes of all that is asked for, measured with made-up items."""
    known = shop_named(settings.crawl.shop).estimates
    expected = {
        PRODUCTS: plan.products,
        REVIEWS: plan.photographs / known.photos_of_a_review,
        PHOTOGRAPHS: plan.photographs,
        PICTURES: plan.products * known.images_a_product,
    }
    missing = missing_models(settings, roles_of(STAGES, settings))
    with TemporaryDirectory(prefix="ameli-plan-") as scratch:
        loads = expected_loads(settings, expected, [stage.name for stage in STAGES], Path(scratch))
        timed = time_loads(settings, loads, missing, default_workers())
    steps = tuple(Step(name, "after the crawl", tuple(some)) for name, some in timed.items())
    return BuildPlan(steps, missing, "", 0, plan.free, ram())
