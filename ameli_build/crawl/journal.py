"""`raw/crawl.json`: what a snapshot's crawl was asked for, so that the next run goes on with the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import CrawlSettings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.shops import shop_named
from ameli_build.shops.base import Shop

FILE = "crawl.json"


@dataclass(frozen=True, slots=True)
class Selection:
    """What one command asked for: `skus`, then `categories`, without both the sitemap; at most `max_products`."""

    categories: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    max_products: int | None = None

    def __str__(self) -> str:
        options = [f"--sku {sku}" for sku in self.skus[:5]] + [f"--category {one}" for one in self.categories[:5]]
        more = max(0, len(self.skus) - 5) + max(0, len(self.categories) - 5)
        options += [f"and {more:,} more"] if more else []
        options += [f"--max-products {self.max_products}"] if self.max_products is not None else []
        return " ".join(options) or "the sitemap"


@dataclass(frozen=True, slots=True)
class Journal:
    """All selections of a snapshot's crawl, the shop's address, and the folder of the snapshot that it refreshes."""

    selections: tuple[Selection, ...] = ()
    site_url: str = ""
    refreshes: str = ""

    def with_selection(self, new: Selection) -> Journal:
        """The journal with a selection more; one that differs in its limit alone takes the place of the other."""
        kept = tuple(one for one in self.selections if (one.categories, one.skus) != (new.categories, new.skus))
        return replace(self, selections=(*kept, new))


def check_ids(selection: Selection, shop: Shop) -> None:
    """Raise `UnusableInput` for what cannot be an id of the shop's."""
    options = (("sku", shop.sku_pattern, selection.skus), ("category", shop.category_pattern, selection.categories))
    for option, pattern, values in options:
        for value in values:
            if not re.fullmatch(pattern, value):
                raise UnusableInput(f"--{option} {value!r}: not an id of the shop's")


def read_journal(raw: Path) -> Journal:
    """The journal of a crawl, empty where there is none; raises `UnusableInput` for a damaged one."""
    path = raw / FILE
    if not path.is_file():
        return Journal()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Journal(tuple(map(_selection, kept["selections"])), str(kept["site_url"]), str(kept["refreshes"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableInput(f"{path}: unreadable ({error}); remove it and name the selectors again") from None


def write_journal(raw: Path, journal: Journal) -> None:
    """Keep a journal, where it says something new."""
    if read_journal(raw) != journal:
        write_json(raw / FILE, asdict(journal))


def resolve(
    snapshot: Snapshot, settings: CrawlSettings, given: Selection, refresh: Snapshot | None, retry: bool = False
) -> tuple[Journal, tuple[Selection, ...]]:
    """The journal of a run that starts now, and what it is to fetch.

    Without selectors that is all that earlier runs were asked for, of a refresh what the earlier snapshot was asked
    for. Raises `UnusableInput` for ids that cannot be, where a snapshot is to become the refresh of another, and for a
    `retry` of nothing, or of what was not asked for.
    """
    check_ids(given, shop_named(settings.shop))
    if retry and (given != Selection() or refresh is not None):
        raise UnusableInput("--retry-failed: asks for what failed, whatever it was; it takes no selectors")
    if retry and not any(snapshot.raw.glob("pages-*.warc.gz")):
        raise UnusableInput(f"{snapshot.root}: no crawl here whose failures could be tried again")
    before = read_journal(snapshot.raw)
    refreshes = before.refreshes
    if refresh is not None:
        refreshes = str(refresh.root.resolve())
        if before != Journal() and before.refreshes != refreshes:
            what = f"refreshes {before.refreshes}" if before.refreshes else "holds a crawl of its own"
            raise UnusableInput(f"{snapshot.root}: {what}; refresh into another --out")
    if given != Selection():
        journal = before.with_selection(given)
        selections: tuple[Selection, ...] = (given,)
    else:
        known = before.selections or (read_journal(refresh.raw).selections if refresh is not None else ())
        selections = known or (Selection(),)
        journal = replace(before, selections=selections)
        if known not in ((), (Selection(),)):
            say(f"crawl: as before, {'; '.join(map(str, known))}")
    return replace(journal, site_url=settings.site_url, refreshes=refreshes), selections


def _selection(kept: Mapping[str, Any]) -> Selection:
    most = kept["max_products"]
    return Selection(
        tuple(map(str, kept["categories"])), tuple(map(str, kept["skus"])), None if most is None else int(most)
    )
