"""`raw/crawl.json`: the selections of a snapshot's crawl, so that the next run continues with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import CrawlSettings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.crawl.parts import WHOLE, Part, content_settings
from ameli_build.shops import shop_named
from ameli_build.shops.base import Shop

FILE = "crawl.json"


class CrawlOptions(TypedDict, total=False):
    """Arguments of a crawl and of its dry run."""

    categories: Sequence[str]
    """Category ids."""
    skus: Sequence[str]
    """SKUs, which come before the categories."""
    max_products: int | None
    """Largest number of products; None for all."""
    retry_failed: bool
    """Request failed URLs again, including permanent failures, and nothing else."""
    refresh: Snapshot | None
    """Earlier snapshot to start from. A refresh that was interrupted continues without this argument."""
    part: str | None
    """The part of the products to fetch, such as "2/3". A part continues without this argument."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The products of a command: `skus`, then `categories`; without both, the sitemap. At most `max_products`."""

    categories: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    max_products: int | None = None

    def __str__(self) -> str:
        options = [f"--sku {sku}" for sku in self.skus[:5]] + [f"--category {name}" for name in self.categories[:5]]
        more = max(0, len(self.skus) - 5) + max(0, len(self.categories) - 5)
        options += [f"and {more:,} more"] if more else []
        options += [f"--max-products {self.max_products}"] if self.max_products is not None else []
        return " ".join(options) or "the sitemap"


@dataclass(frozen=True, slots=True)
class Journal:
    """The selections of a snapshot's crawl, the shop's URL, and the folder of the refreshed snapshot ("" for none).

    For a crawl in parts: the `part`, whether its last run came to its end (`complete`), and its `content_settings`.
    """

    selections: tuple[Selection, ...] = ()
    site_url: str = ""
    refreshes: str = ""
    part: Part = WHOLE
    complete: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    def with_selection(self, new: Selection) -> Journal:
        """The journal with another selection, which replaces a selection that differs only in its limit."""
        others = tuple(old for old in self.selections if (old.categories, old.skus) != (new.categories, new.skus))
        return replace(self, selections=(*others, new))


def check_ids(selection: Selection, shop: Shop) -> None:
    """Raise `UnusableInput` for a value that cannot be an id of the shop."""
    options = (("sku", shop.sku_pattern, selection.skus), ("category", shop.category_pattern, selection.categories))
    for option, pattern, values in options:
        for value in values:
            if not re.fullmatch(pattern, value):
                raise UnusableInput(f"--{option} {value!r}: not an id of the shop")


def read_journal(raw: Path) -> Journal:
    """The journal of a crawl, empty if there is none; raises `UnusableInput` for a damaged file."""
    path = raw / FILE
    if not path.is_file():
        return Journal()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Journal(
            tuple(map(_selection, stored["selections"])),
            str(stored["site_url"]),
            str(stored["refreshes"]),
            Part.named(stored.get("part", str(WHOLE))),
            bool(stored.get("complete", False)),
            dict(stored.get("settings", {})),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableInput(f"{path}: unreadable ({error}); remove it and give the selectors again") from None


def write_journal(raw: Path, journal: Journal) -> None:
    """Write a journal if it has changed."""
    if read_journal(raw) != journal:
        stored = asdict(journal) | {"part": str(journal.part)}
        if journal.part == WHOLE:
            stored = {name: stored[name] for name in ("selections", "site_url", "refreshes")}
        write_json(raw / FILE, stored)


def note_complete(raw: Path, complete: bool) -> None:
    """Note whether a run of a part has come to its end; a crawl that is not in parts needs no note."""
    journal = read_journal(raw)
    if journal.part != WHOLE:
        write_journal(raw, replace(journal, complete=complete))


def resolve(
    snapshot: Snapshot, settings: CrawlSettings, **options: Unpack[CrawlOptions]
) -> tuple[Journal, tuple[Selection, ...]]:
    """The journal of a run that starts now, and its selections.

    Without selectors: the selections of earlier runs; for a refresh, the selections of the refreshed snapshot.

    Raises:
        UnusableInput: A malformed id or part; a refresh into a snapshot with another crawl; a retry without a crawl or
            with selectors; another part than the snapshot's; a refresh of a part.
    """
    given = Selection(tuple(options.get("categories", ())), tuple(options.get("skus", ())), options.get("max_products"))
    refresh, retry = options.get("refresh"), options.get("retry_failed", False)
    check_ids(given, shop_named(settings.shop))
    if retry and (given != Selection() or refresh is not None):
        raise UnusableInput("--retry-failed: retries all failures; it takes no selectors and no --refresh")
    if retry and not any(snapshot.raw.glob("pages-*.warc.gz")):
        raise UnusableInput(f"{snapshot.root}: no crawl here whose failures could be retried")
    before = read_journal(snapshot.raw)
    part = _part(snapshot, before, options.get("part"))
    if refresh is not None and (other := read_journal(refresh.raw).part) != WHOLE:
        raise UnusableInput(f"{refresh.root}: part {other} of a crawl; refresh the snapshot of the merged parts")
    refreshes = before.refreshes
    if refresh is not None:
        refreshes = str(refresh.root.resolve())
        if before != Journal() and before.refreshes != refreshes:
            state = f"refreshes {before.refreshes}" if before.refreshes else "holds a crawl of its own"
            raise UnusableInput(f"{snapshot.root}: {state}; refresh into another --out")
    if given != Selection():
        journal = before.with_selection(given)
        selections: tuple[Selection, ...] = (given,)
    else:
        known = before.selections or (read_journal(refresh.raw).selections if refresh is not None else ())
        selections = known or (Selection(),)
        journal = replace(before, selections=selections)
        if known not in ((), (Selection(),)):
            say(f"crawl: as before, {'; '.join(map(str, known))}")
    if part != WHOLE:
        journal = replace(journal, part=part, complete=False, settings=content_settings(settings))
    return replace(journal, site_url=settings.site_url, refreshes=refreshes), selections


def _part(snapshot: Snapshot, before: Journal, given: str | None) -> Part:
    """The part that a run fetches: `given`, or else the snapshot's."""
    try:
        part = Part.named(given) if given is not None else before.part
    except ValueError as error:
        raise UnusableInput(f"--part: {error}") from None
    if before != Journal() and part != before.part:
        held = "a whole crawl" if before.part == WHOLE else f"part {before.part}"
        raise UnusableInput(f"{snapshot.root}: holds {held}; crawl part {part} into another --out")
    return part


def _selection(stored: Mapping[str, Any]) -> Selection:
    most = stored["max_products"]
    return Selection(
        tuple(map(str, stored["categories"])), tuple(map(str, stored["skus"])), None if most is None else int(most)
    )
