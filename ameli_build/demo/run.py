"""`ameli demo`: the whole chain on the generated world, and a comparison of each stage with the truth."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.annotation.simulated import answer_sheets
from ameli_build.baseline.run import run_baseline
from ameli_build.core.cache import Mapper
from ameli_build.core.checksums import recorded
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import peak_memory_mb
from ameli_build.core.logs import RESULTS
from ameli_build.core.progress import busy, duration
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot, write_bytes, write_json
from ameli_build.crawl.run import crawl, with_site
from ameli_build.demo import scoreboard, summary
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.linked import link_rows
from ameli_build.demo.sample import leave_sample
from ameli_build.demo.storefront import Storefront, demo_faults
from ameli_build.demo.truth import write_truth
from ameli_build.demo.world import World
from ameli_build.informativeness.calibrate import calibrate
from ameli_build.pipeline import build
from ameli_build.provenance import write_run_record
from ameli_build.report.run import make_report

RELEASE = """\
# The demo's settings of the released folder.
[release]
name = "AMELI demo world"
license = "CC0-1.0"
published = "2024-10-01"  # after the last review of the world
generated = true
"""

PARTS = 7
ANNOTATORS = 4
OVERLAP = 10
ACCURACY = 0.8
"""Share of right answers by the simulated annotators, about that of the paper's annotators (79.73 %)."""


@dataclass(frozen=True, slots=True)
class Place:
    """The identity of a demo, stored in `truth/world.json`. Ports are part of the archived URLs."""

    seed: int
    products: int
    ports: tuple[int, ...] = ()


class _Parts:
    """Announces the parts of the demo, with the time since its start."""

    def __init__(self) -> None:
        self.number, self.started = 0, time.monotonic()

    def begin(self, text: str) -> None:
        self.number += 1
        summary.heading(f"part {self.number} of {PARTS}, after {duration(time.monotonic() - self.started)}: {text}")


def run_demo(snapshot: Snapshot, products: int, seed: int, mapper: Mapper) -> None:
    """Crawl, build, calibrate, annotate and score a generated world in `snapshot`; resumes an interrupted run.

    Prints its progress, then the funnel, the paper's tables and the scoreboard.

    Raises:
        UnusableInput: The folder has a demo of another seed or size, or another snapshot.
    """
    parts = _Parts()
    with snapshot.lock():
        place = _place(snapshot, Place(seed, products))
        summary.heading(f"the demo's world: seed {seed}, about {products} products (generated; not the paper's data)")
        world = make_world(seed, products)
        write_truth(world, snapshot.root / "truth")
        with recorded(snapshot.root, "settings"):
            write_bytes(snapshot.root / "settings" / "release.toml", RELEASE.encode())
        settings = _crawl(snapshot, world, place, parts)
        settings = _build(snapshot, settings, mapper, parts)
        _annotate(snapshot, settings, mapper, parts)
        parts.begin("baseline (sections 4 and 5)")
        scores = run_baseline(snapshot, settings, mapper)
        write_run_record(snapshot, settings, "demo")
        parts.begin("report, and the results against the truth of the demo's world")
        with busy("links of test reviews, report"):
            checks = [*scoreboard.score(snapshot.root, snapshot.root / "truth"), *link_rows(snapshot, settings)]
            make_report(snapshot, settings)  # after the links, whose thresholds it shows
        summary.show(snapshot, scores, checks, leave_sample(snapshot, world))
    RESULTS.info(f"\n{time.monotonic() - parts.started:.0f} s, largest process {peak_memory_mb():,} MiB")


def _place(snapshot: Snapshot, wanted: Place) -> Place:
    path = snapshot.root / "truth" / "world.json"
    if not path.is_file():
        if snapshot.raw.is_dir():
            raise UnusableInput(f"{snapshot.root}: holds a snapshot that is no demo; choose another --out")
        return wanted
    known = json.loads(path.read_text())
    there = Place(known["seed"], known["products"], tuple(known["ports"]))
    if replace(there, ports=()) != wanted:
        raise UnusableInput(
            f"{snapshot.root}: holds the demo of --seed {there.seed} --products {there.products}; choose another --out"
        )
    return there


def _crawl(snapshot: Snapshot, world: World, place: Place, parts: _Parts) -> Settings:
    """Section 3.1 with the bundled storefront, which runs during the crawl."""
    parts.begin("crawl (section 3.1), from a storefront on loopback with occasional faults")
    with ExitStack() as stack:
        shop = stack.enter_context(_storefront(world, place))
        place = replace(place, ports=shop.ports)
        write_json(snapshot.root / "truth" / "world.json", asdict(place))
        settings = with_site(load_settings("demo", (), snapshot), shop.site_url)
        crawl(snapshot, settings)
    return settings


def _storefront(world: World, place: Place) -> Storefront:
    """A storefront on the ports of the first run if they are free, so that archived URLs stay valid."""
    try:
        return Storefront(world, demo_faults(world), ports=place.ports)
    except OSError:
        return Storefront(world, demo_faults(world))


def _build(snapshot: Snapshot, settings: Settings, mapper: Mapper, parts: _Parts) -> Settings:
    """Sections 3.1 to 3.5; thresholds are calibrated on labels after the features are computed."""
    parts.begin("build (sections 3.1 to 3.4), with the profile's thresholds")
    build(snapshot, settings, until="informativeness", mapper=mapper)
    parts.begin("calibrate (section 3.4), on reviews labelled by the demo's truth")
    RESULTS.info(str(calibrate(snapshot, snapshot.root / "truth" / "labels.csv", settings)))
    parts.begin("build (sections 3.4 and 3.5), with the searched thresholds")
    searched = load_settings("demo", (), snapshot)
    settings = settings.model_copy(update={"informativeness": searched.informativeness})
    build(snapshot, settings, mapper=mapper)
    return settings


def _annotate(snapshot: Snapshot, settings: Settings, mapper: Mapper, parts: _Parts) -> None:
    """Section 3.5's verification, with simulated annotators."""
    parts.begin(f"sheets (section 3.5), answered by {ANNOTATORS} simulated annotators, right four times in five")
    for form in ("html", "xlsx"):
        export_sheets(snapshot, form, ANNOTATORS, OVERLAP, "clean-test", settings)
    answers: list[Path] = answer_sheets(snapshot, ANNOTATORS, OVERLAP, ACCURACY, settings)
    RESULTS.info(str(import_answers(snapshot, answers, settings)))
    build(snapshot, settings, mapper=mapper)
