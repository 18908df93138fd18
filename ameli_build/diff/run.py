"""`ameli diff`: two snapshots, section by section; a section without its files on a side has the reason instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import polars as pl

from ameli_build.core.errors import UnusableInput
from ameli_build.core.not_run import NotRun
from ameli_build.core.records import REVIEWS
from ameli_build.core.snapshot import Snapshot
from ameli_build.diff import show
from ameli_build.diff.scores import SplitScores, compare_scores
from ameli_build.diff.settings import Runs, compare_runs, compare_stages
from ameli_build.diff.tables import Changes, compare_tables
from ameli_build.diff.verdicts import Verdicts, compare_verdicts

T = TypeVar("T")
OF_THE_CRAWL = ("source", "fetched_at")
"""Columns of records that differ between any two crawls."""
OF_A_LINK = ("sku", "product_details_sku", "conflict")
"""Columns of reviews that depend on the product whose page lists the review."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between the snapshots A and B; `str()` gives the output of `ameli diff`.

    A section is `NotRun` if a snapshot lacks its files. `stages` has the stages that did not run alike.
    """

    a: str
    b: str
    runs: Runs | NotRun
    stages: dict[str, str]
    products: Changes | NotRun
    reviews: Changes | NotRun
    links: Changes | NotRun
    verdicts: Verdicts | NotRun
    scores: list[SplitScores] | NotRun

    def as_json(self) -> str:
        """The differences as JSON; a section that could not be compared is `{"not_compared": reason}`."""
        return json.dumps({field.name: _plain(getattr(self, field.name)) for field in fields(self)}, indent=2)

    def __str__(self) -> str:
        lines = [
            f"A: {show.printed(self.a)}",
            f"B: {show.printed(self.b)}",
            *show.section("settings, models, versions", self.runs, show.runs),
            *show.section("stages", self.stages, show.stages),
            *show.section("products", self.products, show.changes),
            *show.section("reviews", self.reviews, show.changes),
            *show.section("links of reviews to products", self.links, show.changes),
            *show.section("verdicts", self.verdicts, show.verdicts),
            *show.section("scores", self.scores, show.scores),
        ]
        return "\n".join(lines)


def diff(a: Snapshot, b: Snapshot, most: int | None = 5) -> Difference:
    """Compare two builds of a snapshot, or two snapshots. Nothing is written and no lock is taken.

    Args:
        a: The snapshot to compare with, such as the earlier one.
        b: The other snapshot.
        most: Most examples of each kind of difference; None for all.
    """

    def catalogue(name: str, *keys: str, shown: tuple[str, ...] = (), ignored: tuple[str, ...] = ()) -> Changes:
        of_a, of_b = (snapshot.scan(f"catalog/{name}") for snapshot in (a, b))
        return compare_tables(of_a, of_b, keys, most, shown, (*OF_THE_CRAWL, *ignored))

    of_the_review = tuple(name for name in REVIEWS if name not in OF_A_LINK)
    return Difference(
        a=str(a.root),
        b=str(b.root),
        runs=_compared(lambda: compare_runs(a, b)),
        stages=compare_stages(a, b),
        products=_compared(lambda: catalogue("products", "sku", shown=("name",))),
        reviews=_compared(lambda: catalogue("reviews", "review_id", shown=("title",), ignored=OF_A_LINK)),
        links=_compared(lambda: catalogue("reviews", "review_id", "sku", ignored=of_the_review)),
        verdicts=_compared(lambda: compare_verdicts(a, b, most)),
        scores=_compared(lambda: compare_scores(a, b)),
    )


def _compared(compare: Callable[[], T]) -> T | NotRun:
    """The result, or why a section cannot be compared."""
    try:
        return compare()
    except UnusableInput as error:
        return NotRun(str(error))
    except (pl.exceptions.PolarsError, OSError) as error:
        return NotRun(f"unreadable ({str(error).partition(chr(10))[0]})")


def _plain(value: Any) -> Any:
    if isinstance(value, NotRun):
        return {"not_compared": value.reason}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.as_json() if hasattr(value, "as_json") else value
