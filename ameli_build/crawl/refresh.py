"""A refresh: a new snapshot that reuses unchanged responses of an earlier snapshot.

The new snapshot is complete by itself. Product pages and images are requested with the validators of the archived
responses. After a 304, the earlier body is copied with today's date and `Ameli-Unchanged-Since`. Responses that are
copied without a request (older reviews; images, if trusted) keep their date and get `Ameli-Carried-On`; the votes of
such reviews are as of that date.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from ameli_build.archive.index import Place
from ameli_build.archive.records import Archived, Response
from ameli_build.archive.store import Archive, now
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.snapshot import Snapshot, image_file
from ameli_build.crawl import checks
from ameli_build.crawl.fetching.failures import Unwanted
from ameli_build.crawl.files import link_file
from ameli_build.shops.base import ReviewPage, Shop

CONDITIONAL = ("page", "image")
"""Kinds of response that are requested with the validators of the earlier response."""


class KnownReviews(NamedTuple):
    """An earlier page of reviews: its review ids, and its number of unusable rows (`rejected`)."""

    place: Place
    url: str
    fetched_at: str
    ids: frozenset[str]
    rejected: int


class Earlier:
    """An earlier snapshot whose responses can be copied to `snapshot` and its `archive`. Safe for threads.

    Raises:
        UnusableInput: The earlier snapshot has no crawl, or is the same snapshot.
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
        """The place of the earlier response to a URL; None if there is none or its image file is missing."""
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

    def copy_unchanged(self, place: Place, url: str, final_url: str) -> None:
        """Copy a response that the host reports as unchanged."""
        record = self.read(place)
        since = record.unchanged_since or record.fetched_at
        self._link(record)
        more = {"Ameli-Unchanged-Since": since} | ({"Ameli-Final-URL": final_url} if final_url != url else {})
        self._archive.carry(self.archive, place, url, more)

    def copy_unrequested(self, place: Place, url: str) -> None:
        """Copy a response without a request; it keeps its date."""
        record = self.read(place)
        self._link(record)
        self._archive.carry(self.archive, place, url, {"WARC-Date": record.fetched_at, "Ameli-Carried-On": now()})

    def known_reviews(self, sku: str) -> list[KnownReviews]:
        """The earlier pages of a product's reviews, the latest responses first."""
        found = []
        for place in self.archive.of_product("reviews", sku):
            record = self.read(place)
            with suppress(Unwanted):
                page = checks.review_page(as_response(record), self._shop, sku)
                ids = frozenset(review.review_id for review in page.reviews)
                found.append(KnownReviews(place, record.url, record.fetched_at, ids, len(page.rejected)))
        return sorted(found, key=lambda page: (page.fetched_at, page.place.file, page.place.offset), reverse=True)

    def review_page(self, place: Place, sku: str) -> ReviewPage:
        """The reviews at a place; raises `Unwanted` if it has no review page."""
        return checks.review_page(as_response(self.read(place)), self._shop, sku)

    def close(self) -> None:
        """Close the earlier archive."""
        self.archive.close()

    def _link(self, record: Archived) -> None:
        """Link an image's file into the new snapshot, or copy it if it cannot be linked."""
        if record.path is None:
            return
        source, place = image_file(self._from.root, record.path), image_file(self._to.root, record.path)
        if source is None or place is None:
            raise RunFailed(
                f"{record.file}: record at byte {record.offset}: {record.path!r} is outside of the snapshot"
            )
        link_file(source, place)


def as_response(record: Archived) -> Response:
    """An archived record as a response, its body without content encoding."""
    body = record.body or b""
    return Response(
        record.url, record.final_url, record.status, "", tuple(record.headers.items()), body, body, repeated=True
    )
