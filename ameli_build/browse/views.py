"""The pages: the variables of each template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import polars as pl
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ameli_build.annotation.assets import asset, source_hash, tokens
from ameli_build.baseline.predictions.reading import read_predictions
from ameli_build.browse.data import DROPPED, SPLITS, UNDECIDED, Data
from ameli_build.browse.filters import GOLD, PAGE, Filters
from ameli_build.clean.personal import mask
from ameli_build.clean.rows import row_rules
from ameli_build.core.errors import UnusableInput
from ameli_build.core.reasons import meanings
from ameli_build.core.records import joined_text
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.explain import FEATURES, Explanation, explain
from ameli_build.report.funnel import Step, steps
from ameli_build.report.page import count, number

THUMBNAIL, LARGE = 200, 640
"""Longer side of pictures in lists and on a review's page, in pixels."""

EXCERPT = 400
"""Characters of a review in a list."""

Query = Mapping[str, str]


class NotFound(LookupError):
    """There is no such page, review or product."""


class Links(Protocol):
    """The addresses on the pages: of a server's pages, or of files."""

    live: bool
    """Whether pages can be searched."""

    def page(self, kind: str, query: Query) -> str:
        """The address of a page; "" if there is none."""

    def picture(self, path: str, side: int) -> str:
        """The address of a small copy of a picture; "" if there is none."""


@dataclass(frozen=True)
class Site:
    """The pages of `data`; `settings` are those of `explain`."""

    data: Data
    links: Links
    settings: Settings

    def render(self, kind: str, query: Query) -> str:
        """A page as HTML; all texts of shops and reviewers are escaped. Raises `NotFound`."""
        if kind not in VIEWS:
            raise NotFound(kind)
        return self._template.get_template(f"{kind}.jinja").render(kind=kind, **VIEWS[kind](self, query))

    def missing(self) -> str:
        """The page for an address without a page."""
        return self._template.get_template("missing.jinja").render(kind="missing")

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """The options of the forms."""
        return {
            "split": [*SPLITS, "clean_test", DROPPED, UNDECIDED],
            "category": self.data.products["category"].drop_nulls().unique().sort().to_list(),
            "reason": [step.name for step in funnel(self.data)],
            "gold": list(GOLD),
            "feature": list(FEATURES),
        }

    @cached_property
    def _template(self) -> Environment:
        environment = Environment(
            loader=ChoiceLoader([PackageLoader(f"ameli_build.{room}", "page") for room in ("browse", "report")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = Markup(tokens() + asset("ameli_build.report", "report.css") + asset("ameli_build.browse", "browse.css"))
        environment.filters |= {"count": count, "number": number}
        environment.globals |= {
            "style": style,
            "style_hash": source_hash(style),
            "data": self.data,
            "name": self.data.root.resolve().name,
            "url": lambda kind, **query: self.links.page(kind, {k: v for k, v in query.items() if v != ""}),
            "shrunk": self.links.picture,
            "live": self.links.live,
            "generated": self.settings.release.generated or self.settings.profile == "demo",
            "meanings": meanings(),
            "compared": {str(rule.reason): rule.compared for rule in row_rules(self.settings)},
            "thumbnail": THUMBNAIL,
            "large": LARGE,
        }
        return environment


def funnel(data: Data) -> list[Step]:
    """The losses of reviews by stage and reason, in the order in which reasons count."""
    words = meanings()
    order = {reason: n for n, reason in enumerate(words)}
    gone = data.reviews.filter(pl.col("state") == DROPPED).group_by("stage", "reason").len()
    rows = sorted(gone.iter_rows(), key=lambda row: (order.get(row[1], len(order)), row))
    return steps(data.reviews.height, ((stage, reason, words.get(reason, reason), n) for stage, reason, n in rows))


def states(data: Data) -> list[tuple[str, int]]:
    """The splits, and what is undecided, with their numbers of reviews."""
    counts = dict(data.reviews.group_by("state").len().iter_rows())
    return [(state, counts[state]) for state in (*SPLITS, UNDECIDED) if state in counts]


def _home(site: Site, query: Query) -> dict[str, Any]:
    data = site.data
    categories = data.reviews.group_by("category").agg(reviews=pl.len(), kept=pl.col("state").is_in(SPLITS).sum())
    judged = data.reviews["right"].drop_nulls()
    return {
        "steps": funnel(data),
        "states": states(data),
        "categories": categories.sort(pl.col("category").fill_null("")).rows(),
        "judged": len(judged),
        "right": int(judged.sum()),
    }


def _reviews(site: Site, query: Query) -> dict[str, Any]:
    data, filters = site.data, Filters.read(query)
    rows, listed = _page(data.reviews, filters.reviews(), filters)
    products = data.product_rows(row["sku"] for row in rows)
    return {
        **listed,
        "rows": [
            _shown(row, paths, EXCERPT) | {"product": products.get(row["sku"])}
            for row, paths in _pictured(data, rows, 1)
        ],
        "choices": site.choices,
        "product": next(iter(data.product_rows([filters.sku]).values()), None),
    }


def _page(table: pl.DataFrame, where: pl.Expr, filters: Filters) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of the page, and the template's variables about the list."""
    found = table.with_row_index("n").lazy().filter(where).select("n").collect()["n"]
    last = max(1, -(-len(found) // PAGE))
    at = min(filters.number, last)
    return table[found.slice((at - 1) * PAGE, PAGE)].to_dicts(), {
        "filters": filters,
        "total": len(found),
        "at": at,
        "last": last,
        "before": filters.but(page=at - 1) if at > 1 else None,
        "after": filters.but(page=at + 1) if at < last else None,
    }


def _pictured(
    data: Data, rows: Sequence[Mapping[str, Any]], most: int | None = None
) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
    return zip(rows, data.pictures(rows, most), strict=True)


def _cards(data: Data, skus: Iterable[str]) -> list[dict[str, Any]]:
    """Products with their first picture."""
    rows = list(data.product_rows(skus).values())
    return [{**row, "pictures": paths} for row, paths in _pictured(data, rows, 1)]


def _shown(row: Mapping[str, Any], pictures: list[str], most: int | None = None) -> dict[str, Any]:
    """A review with its pictures, and its text in three parts around the mention; no text has personal data.

    With `most`, the text has about this length.
    """
    title, text = row["title"] or "", row["text"] or ""
    if not row["released"]:  # the release has masked texts
        title, text = mask(title).text, mask(text if most is None else text[: 2 * most]).text
    text = text[:most]
    joined = joined_text(title, text)
    start, end = (row["mention_start"], row["mention_end"]) if row["mention"] else (len(joined), len(joined))
    parts = (joined[:start], joined[start:end], joined[end:])
    return {**row, "title": title, "text": text, "parts": parts, "pictures": pictures}


def _review(site: Site, query: Query) -> dict[str, Any]:
    data = site.data
    row = data.review(query.get("id", ""))
    if row is None:
        raise NotFound
    ((_, paths),) = _pictured(data, [row])
    ranked = _ranked(data, row)
    return {
        "row": _shown(row, paths),
        "life": _life(site, row["review_id"]),
        "features": [(feature, row[feature]) for feature in FEATURES],
        "gold": next(iter(_cards(data, [row["sku"]])), None),
        "ranked": _cards(data, ranked),
        "candidates": _cards(data, row["candidates"] or []),
    }


def _life(site: Site, review_id: str) -> Explanation | str:
    """The history of a review, or the reason for which there is none."""
    if not site.data.whole:
        return "The verdicts are in the snapshot. The release has the features."
    try:
        return explain(Snapshot(site.data.root), review_id, site.settings)
    except (UnusableInput, pl.exceptions.PolarsError) as error:  # tables that were removed, or of an earlier version
        return f"The verdicts cannot be read: {str(error).partition(chr(10))[0]}"


def _ranked(data: Data, row: Mapping[str, Any]) -> list[str]:
    """The ranking of a review by the linker of `data.method` in its first run."""
    if row["right"] is None:
        return []
    where = (pl.col("review_id") == row["review_id"]) & (pl.col("run") == 0)
    table = read_predictions(Snapshot(data.root), where, ("ranked",))
    rankings = table["ranked"].to_list() if table is not None else []
    return next((one["skus"] for ranking in rankings for one in ranking if one["method"] == data.method), [])


def _products(site: Site, query: Query) -> dict[str, Any]:
    filters = Filters.read(query)
    rows, listed = _page(site.data.products, filters.products(), filters)
    return {
        **listed,
        "rows": _cards(site.data, [row["sku"] for row in rows]),
        "choices": site.choices,
    }


def _product(site: Site, query: Query) -> dict[str, Any]:
    row = site.data.product_rows([query.get("sku", "")]).get(query.get("sku", ""))
    if row is None:
        raise NotFound
    ((_, paths),) = _pictured(site.data, [row])
    return {"row": {**row, "pictures": paths}}


VIEWS: Mapping[str, Callable[[Site, Query], dict[str, Any]]] = {
    "home": _home,
    "reviews": _reviews,
    "review": _review,
    "products": _products,
    "product": _product,
}
"""The pages by their name, which is the name of the template and of the address."""
