"""A new snapshot that starts from an earlier one: what is as it was then is taken over, not fetched again.

The new snapshot stands by itself. Product pages are asked for with the validators of their archived answers, and where
the host says 304 the earlier body is kept here too, dated now, with `Ameli-Unchanged-Since`. Images likewise, or
without asking. Reviews that were not asked for again keep their earlier date, with `Ameli-Carried-On`: their votes are
those of then.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ameli_build.archive.index import Place
from ameli_build.archive.records import Archived, Response
from ameli_build.archive.store import Archive, now
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.snapshot import Snapshot, image_file, whole_file
from ameli_build.crawl import checks as answers
from ameli_build.crawl.fetching.failures import Unwanted
from ameli_build.shops.base import ReviewPage, Shop

CONDITIONAL = ("page", "image")
"""Kinds that are asked for with the validators of the earlier answer."""


class KnownReviews(NamedTuple):
    """One page of reviews of the earlier snapshot, by the ids on it; `rejected` of its rows are no usable review."""

    place: Place
    url: str
    fetched_at: str
    ids: frozenset[str]
    rejected: int


class Earlier:
    """An earlier snapshot that `snapshot`, whose archive is `archive`, takes over from; may be used by many threads.

    Raises `UnusableInput` where there is no crawl, or where it is the same snapshot.
    """

    def __init__(self, earlier: Snapshot, snapshot: Snapshot, archive: Archive, shop: Shop) -> None:
        if not any(earlier.raw.glob("pages-*.warc.gz")):
            raise UnusableInput(f"{earlier.root}: no crawl here (no raw/pages-*.warc.gz) to refresh")
        if earlier.root.resolve() == snapshot.root.resolve():
            raise UnusableInput(f"{earlier.root}: a refresh makes a new snapshot; give --out another folder")
        self._from = earlier
        self._to = snapshot
        self._archive = archive
        self._shop = shop
        self.archive = Archive(earlier.raw, writable=False)

    def find(self, kind: str, url: str) -> Place | None:
        """Where the earlier answer of an address stands; None where there was none, or its image file is gone."""
        place = self.archive.find(kind, url)
        if place is None or place.error is not None:
            return None
        if kind == "image":
            file = image_file(self._from.root, self.read(place).path or "")
            return place if file is not None and file.is_file() else None
        return place

    def read(self, place: Place) -> Archived:
        """The record at a place."""
        return self.archive.read(place)

    def keep_unchanged(self, place: Place, url: str, final_url: str) -> None:
        """Take over an answer that the host says is as it was."""
        record = self.read(place)
        since = record.unchanged_since or record.fetched_at
        self._link(record)
        more = {"Ameli-Unchanged-Since": since} | ({"Ameli-Final-URL": final_url} if final_url != url else {})
        self._archive.carry(self.archive, place, url, more)

    def keep_unasked(self, place: Place, url: str) -> None:
        """Take over an answer without having asked; it keeps its date."""
        record = self.read(place)
        self._link(record)
        self._archive.carry(self.archive, place, url, {"WARC-Date": record.fetched_at, "Ameli-Carried-On": now()})

    def known_reviews(self, sku: str) -> list[KnownReviews]:
        """What is known of a product's reviews, page by page, the latest answers first."""
        found = []
        for place in self.archive.of_product("reviews", sku):
            record = self.read(place)
            with suppress(Unwanted):
                page = answers.review_page(as_response(record), self._shop, sku)
                ids = frozenset(review.review_id for review in page.reviews)
                found.append(KnownReviews(place, record.url, record.fetched_at, ids, len(page.rejected)))
        return sorted(found, key=lambda one: (one.fetched_at, one.place.file, one.place.offset), reverse=True)

    def review_page(self, place: Place, sku: str) -> ReviewPage:
        """The reviews at a place; raises `Unwanted` for what is no review page."""
        return answers.review_page(as_response(self.read(place)), self._shop, sku)

    def close(self) -> None:
        """Close the earlier archive."""
        self.archive.close()

    def _link(self, record: Archived) -> None:
        """Have an image's file in the new snapshot: the same file where both lie on one file system, else a copy."""
        if record.path is None:
            return
        source, place = image_file(self._from.root, record.path), image_file(self._to.root, record.path)
        if source is None or place is None:
            raise RunFailed(f"{record.file}: record at byte {record.offset}: {record.path!r} leads out of the snapshot")
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            try:
                os.link(source, place)
            except FileExistsError:  # by another thread
                return
            except OSError:  # another file system, or one without links
                _copy(source, place)


def _copy(source: Path, place: Path) -> None:
    try:
        with source.open("rb") as handle, whole_file(place) as written:
            shutil.copyfileobj(handle, written, 1 << 20)
    except OSError as error:
        raise RunFailed(f"{place}: cannot be written ({error.strerror})") from error


def as_response(record: Archived) -> Response:
    """An archived answer as it came, its body without content encoding."""
    body = record.body or b""
    return Response(
        record.url, record.final_url, record.status, "", tuple(record.headers.items()), body, body, repeated=True
    )
