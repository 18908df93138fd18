"""The page: the variables of its template, and the format of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ameli_build.annotation.assets import asset, source_hash, tokens
from ameli_build.core.not_run import NotRun
from ameli_build.core.paper import RECALLS, paper, stands_beside
from ameli_build.core.settings import Settings
from ameli_build.report.annotation import MOST, annotated_tasks
from ameli_build.report.calibration import calibration, link_verdicts
from ameli_build.report.categories import FEW, CategoryScores, scores_by_category
from ameli_build.report.curves import trainings
from ameli_build.report.distributions import distributions
from ameli_build.report.funnel import funnel_steps
from ameli_build.report.hits import Hit, show_hits
from ameli_build.report.inputs import Inputs
from ameli_build.report.judging import Judgement, Kind, by_category, judge
from ameli_build.report.misses import FIRST, Miss, picture, pictures_of, show_misses
from ameli_build.report.scores import gaps, headline, scales
from ameli_build.scores.tables import in_order
from ameli_build.scores.verdicts import RULE

STYLES = ("report.css", "charts.css", "print.css")
CATEGORY_SIDE = 96
"""Side in pixels of the picture beside a category."""
OTHER_BUILD = "baseline/ belongs to another build of dataset/: run ameli baseline SNAPSHOT again"
NO_BASELINE = "Baseline not run yet: ameli baseline SNAPSHOT"


@dataclass(frozen=True, slots=True)
class Errors:
    """Scores by category, misses and right predictions, or the reason for their absence."""

    reason: str = ""
    judgement: Judgement | None = None
    misses: Sequence[Miss] = ()
    kinds: Sequence[Kind] = ()
    categories: Sequence[CategoryScores] = ()
    hits: Sequence[Hit] = ()


def render(inputs: Inputs, settings: Settings) -> str:
    """The whole page as HTML; all texts of shops and reviewers are escaped."""
    style, script = Markup(tokens() + "".join(map(_asset, STYLES))), Markup(_script())
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            style=style,
            style_hash=source_hash(style),
            script=script,
            script_hash=source_hash(script),
            release=settings.release,
            generated=is_generated(settings),
            run=inputs.run,
            stages=inputs.stages,
            stats=inputs.stats,
            steps=funnel_steps(inputs.stats["funnel"]) if inputs.stats else [],
            thumbnails=_thumbnails(inputs) if inputs.stats else {},
            paper=paper(),
            recalls=RECALLS,
            beside=stands_beside(inputs.scores.table4) if inputs.scores else "",
            scores=inputs.scores,
            scales=scales(inputs.scores) if inputs.scores else {},
            rule=f"{RULE[0].upper()}{RULE[1:]}",
            gaps=gaps(inputs.scores) if inputs.scores else [],
            headline=headline(inputs.scores) if inputs.scores else None,
            annotations=annotated_tasks(inputs),
            most_disputes=MOST,
            errors=_errors(inputs, settings),
            first=FIRST,
            few=FEW,
            distributions=distributions(inputs),
            calibration=calibration(inputs),
            link_verdicts=link_verdicts(inputs),
            trainings=trainings(inputs.curves),
            no_baseline=NO_BASELINE,
        )
    )


def is_generated(settings: Settings) -> bool:
    """Whether the snapshot's world is made up."""
    return settings.release.generated or settings.profile == "demo"


def _errors(inputs: Inputs, settings: Settings) -> Errors:
    if inputs.predictions is None:
        return Errors(NO_BASELINE)
    if not inputs.of_one_build:
        return Errors(OTHER_BUILD)
    if inputs.predictions.is_empty():
        return Errors("The split test is empty.")
    judgement = judge(inputs.predictions, inputs.gold)
    if isinstance(judgement, NotRun):
        return Errors(judgement.reason)
    paths = inputs.categories()
    return Errors(
        "",
        judgement,
        show_misses(inputs, judgement, settings.report.misses),
        by_category(judgement.reviews, paths),
        scores_by_category(inputs.predictions, inputs.gold, paths, judgement.method),
        show_hits(inputs, judgement, settings.report.hits, settings.run.seed),
    )


def _thumbnails(inputs: Inputs) -> Mapping[str, str]:
    """The first picture of the first product of each category in Table 3, by path."""
    path = inputs.snapshot.dataset / "products.parquet"
    if inputs.stats is None or not path.is_file():
        return {}
    table = pl.scan_parquet(path).select(
        "sku", pl.col("images").list.first(), path=pl.col("categories").list.join(" -> ")
    )
    wanted = [row["path"] for row in inputs.stats["table3"]]
    firsts = table.filter(pl.col("path").is_in(wanted)).sort("sku").group_by("path").first().collect()
    pictures = pictures_of(inputs)
    found = {row["path"]: picture(pictures, row["images"], CATEGORY_SIDE) for row in firsts.to_dicts() if row["images"]}
    return {path: shown for path, shown in found.items() if shown}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ameli_build.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "count": count,
        "interval": interval,
        "signed": signed,
        "named": named,
        "ordered": in_order,
    }
    return environment


def _script() -> str:
    return '(() => {\n"use strict";\n' + _asset("filter.js") + "})();\n"


def _asset(name: str) -> str:
    return asset("ameli_build.report", name)


def number(value: float | None, places: int = 1) -> str:
    """A number with a fixed number of decimals; a dash for None.

    >>> number(73.735), number(None)
    ('73.7', '–')
    """
    return "–" if value is None else f"{value:.{places}f}"


def count(value: int | None) -> str:
    """A count with thousands separators.

    >>> count(35598)
    '35,598'
    """
    return "–" if value is None else f"{value:,}"


def signed(value: float) -> str:
    """A difference with its sign.

    >>> signed(-3.0), signed(4.27)
    ('−3.0', '+4.3')
    """
    return f"{value:+.1f}".replace("-", "−")


def interval(bounds: Sequence[float] | None, signs: bool = False) -> str:
    """The bounds of an interval, with signs for a difference; "" for None.

    >>> interval([61.62, 79.8]), interval([-3.0, 4.27], signs=True)
    ('61.6 to 79.8', '−3.0 to +4.3')
    """
    return " to ".join(signed(bound) if signs else number(bound) for bound in bounds or ())


def named(split: str) -> str:
    """The name of a split for people.

    >>> named("clean_test")
    'Clean-Test'
    """
    return "Clean-Test" if split == "clean_test" else split
