"""The source of a crawl's pages and images: the archive, or else the shop, whose responses are archived."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from ameli_build.archive.index import Place
from ameli_build.archive.records import Response
from ameli_build.archive.store import NOTHING, Archive
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.fetching.failures import TOO_MANY_PAGES, FetchFailed, Unchanged, Unwanted
from ameli_build.crawl.fetching.fetch import Fetcher, validators
from ameli_build.crawl.images import fetch_image
from ameli_build.crawl.progress_view import Board
from ameli_build.crawl.refresh import CONDITIONAL, Earlier, as_response

T = TypeVar("T")

FINAL = frozenset(("http_404", "http_410", "too_large", "redirect_loop", "no_button", "no_rows", TOO_MANY_PAGES))
"""Permanent failures. A later run requests a URL again after any other failure."""

Remark = Callable[[T], Mapping[str, str]]
"""Computes further headers of a response's record from the parsed response."""


def keeper(archive: Archive) -> Callable[[str, Response], None]:
    """A function that archives redirects and robots.txt; an unchanged robots.txt gets no new record."""

    def keep(kind: str, response: Response) -> None:
        place = archive.find(kind, response.url) if kind == "robots" else None
        digest = hashlib.sha256(response.data).hexdigest()
        if place is None or place.error is not None or archive.read(place).digest != digest:
            archive.add(kind, response, digest=digest)

    return keep


class Source:
    """Gives pages and images to the parts of a crawl; requests each URL once. Safe for threads.

    Args:
        snapshot: The snapshot of the crawl.
        archive: The archive of `snapshot`.
        fetcher: Fetches URLs that are not archived.
        earlier: Earlier snapshot whose unchanged responses are reused.
        retry: Whether to request permanent failures once more.
        trust_images: Whether to reuse images of `earlier` without a request.
        board: Counts responses and failures.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        archive: Archive,
        fetcher: Fetcher,
        *,
        earlier: Earlier | None = None,
        retry: bool = False,
        trust_images: bool = False,
        board: Board | None = None,
    ) -> None:
        self.archive = archive
        self.fetcher = fetcher
        self.earlier = earlier
        self.board = board or Board()
        self._retry = retry
        self._trust_images = trust_images
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._taken: dict[str, threading.Event] = {}
        self._retried: set[tuple[str, str]] = set()

    def take(
        self,
        kind: str,
        url: str,
        accept: Callable[[Response], T],
        sku: str | None = None,
        remark: Remark[T] = lambda _: NOTHING,
        anew: bool = False,
    ) -> T | None:
        """The result of `accept` for the page at `url`; None if the page cannot be fetched, which is recorded.

        Args:
            kind: Kind of page, one of `archive.CONTENT`.
            url: URL of the page.
            accept: Parses the response; raises `Unwanted` for a wrong page.
            sku: SKU for the record.
            remark: Computes further headers of the record.
            anew: Whether to request an archived page again; it is the fallback.
        """
        place = self.archive.find(kind, url)
        if place is not None and place.error is None:
            fresh = self._fetched_anew(kind, url, accept) if anew else None
            return fresh if fresh is not None else self._accepted(self.archive, place, accept)
        if not self.wanted(kind, url):
            return None
        before = self.earlier.find(kind, url) if self.earlier is not None and kind in CONDITIONAL else None
        try:
            response, value = self.fetcher.get(url, kind, accept, self._validators(before))
        except Unchanged as unchanged:
            assert self.earlier is not None
            assert before is not None
            self.earlier.copy_unchanged(before, url, unchanged.response.final_url)
            return self._accepted(self.earlier.archive, before, accept)
        except FetchFailed as failure:
            self.note(kind, url, failure.kind, failure.status, failure.detail, sku)
            return None
        self.archive.add(kind, response, sku=sku, more=remark(value))
        return value

    def _fetched_anew(self, kind: str, url: str, accept: Callable[[Response], T]) -> T | None:
        try:
            response, value = self.fetcher.get(url, kind, accept)
        except FetchFailed as failure:
            self.board.error(failure.kind)
            return None
        self.archive.add(kind, response)
        return value

    def _accepted(self, archive: Archive, place: Place, accept: Callable[[Response], T]) -> T | None:
        try:
            return accept(as_response(archive.read(place)))
        except Unwanted:  # accepted when it came; the catalog stage reports the fault
            return None

    def _validators(self, before: Place | None) -> Mapping[str, str]:
        if before is None or self.earlier is None:
            return NOTHING
        return validators(self.earlier.read(before).headers)

    def take_image(self, url: str) -> None:
        """Fetch the image at `url` into `raw/images/`, or record the failure in the archive.

        Variants share photos. The first thread fetches an image; other threads wait for it.
        """
        with self._lock:
            fetched = self._taken.get(url)
            if fetched is None:
                self._taken[url] = done = threading.Event()
        if fetched is not None:
            fetched.wait()
            return
        try:
            if self.wanted("image", url):
                self._fetch_image(url)
                self.board.image()
        finally:
            done.set()
            if self.settled("image", url):  # the archive has the answer from now on
                with self._lock:
                    del self._taken[url]

    def _fetch_image(self, url: str) -> None:
        before = self.earlier.find("image", url) if self.earlier is not None else None
        if self.earlier is not None and before is not None and self._trust_images:
            self.earlier.copy_unrequested(before, url)
            return
        try:
            image = fetch_image(self.fetcher, self._snapshot, url, self._validators(before))
        except Unchanged as unchanged:
            assert self.earlier is not None
            assert before is not None
            self.earlier.copy_unchanged(before, url, unchanged.response.final_url)
            return
        except FetchFailed as failure:
            self.note("image", url, failure.kind, failure.status, failure.detail)
            return
        self.archive.add("image", image.response, path=image.path, more=image.remarks, digest=image.digest)

    def note(self, kind: str, url: str, error: str, status: int, detail: str, sku: str | None = None) -> None:
        """Archive a failure, unless the last record of the URL is the same failure."""
        self.board.error(error)
        place = self.archive.find(kind, url)
        if place is None or place.error != error:
            self.archive.add_failed(kind, url, error, status, detail, sku)

    def wanted(self, kind: str, url: str) -> bool:
        """Whether a URL has to be requested. A retry requests each permanent failure once."""
        if not self.settled(kind, url):
            return True
        if not self._retry or not self.failure(kind, url):
            return False
        with self._lock:
            fresh = (kind, url) not in self._retried
            self._retried.add((kind, url))
        return fresh

    def settled(self, kind: str, url: str) -> bool:
        """Whether a URL is archived or has failed permanently."""
        place = self.archive.find(kind, url)
        return place is not None and (place.error is None or place.error in FINAL)

    def failure(self, kind: str, url: str) -> str:
        """The kind of failure of a URL; "" if it succeeded or was never requested."""
        place = self.archive.find(kind, url)
        return (place.error or "") if place is not None else ""

    def copy_click(self, url: str, sku: str | None) -> bool:
        """Reuse the result of an earlier click if the page has not changed; False if there is none."""
        if self.earlier is None:
            return False
        page, before = self.archive.find("page", url), self.earlier.find("page", url)
        clicked = self.earlier.archive.find("clicked", url)
        if page is None or page.error is not None or before is None or clicked is None:
            return False
        if self.archive.read(page).digest != self.earlier.read(before).digest:
            return False
        if clicked.error is None:
            self.earlier.copy_unchanged(clicked, url, url)
        elif clicked.error in FINAL:
            self.note("clicked", url, clicked.error, clicked.status, "as in the snapshot that was refreshed", sku)
        return clicked.error is None or clicked.error in FINAL


class TrackedSource:
    """The source for a single product; `complete` while every URL of the product is settled."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.complete = True

    def take(
        self,
        kind: str,
        url: str,
        accept: Callable[[Response], T],
        sku: str | None = None,
        remark: Remark[T] = lambda _: NOTHING,
    ) -> T | None:
        """As `Source.take`."""
        value = self.source.take(kind, url, accept, sku, remark)
        self.count(kind, url)
        return value

    def take_image(self, url: str) -> None:
        """As `Source.take_image`."""
        self.source.take_image(url)
        self.count("image", url)

    def count(self, kind: str, url: str) -> None:
        """Track whether a URL is settled."""
        self.complete = self.complete and self.source.settled(kind, url)
