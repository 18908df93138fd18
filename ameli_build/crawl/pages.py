"""An address is asked for once: what lies in the archive is taken from there, what does not is fetched and kept."""

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
"""Failures that another run does not ask about again; all others may have passed by then."""

Remark = Callable[[T], Mapping[str, str]]
"""Further headers of an answer's record, by what was made of it."""


def keeper(archive: Archive) -> Callable[[str, Response], None]:
    """Keeps the fetcher's side answers in an archive; a robots.txt that is as it was needs no new record."""

    def keep(kind: str, response: Response) -> None:
        place = archive.find(kind, response.url) if kind == "robots" else None
        digest = hashlib.sha256(response.data).hexdigest()
        if place is None or place.error is not None or archive.read(place).digest != digest:
            archive.add(kind, response, digest=digest)

    return keep


class Source:
    """Where the parts of a crawl get their pages and images from; may be used by many threads.

    With an `earlier` snapshot, what has not changed since is taken from there. With `retry`, what failed for good is
    asked for once more. What came and what failed is counted on the `board`.
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
        self._asked: set[tuple[str, str]] = set()

    def take(
        self,
        kind: str,
        url: str,
        accept: Callable[[Response], T],
        sku: str | None = None,
        remark: Remark[T] = lambda _: NOTHING,
        anew: bool = False,
    ) -> T | None:
        """What `accept` makes of the page at `url`; None where it cannot be had, which is noted.

        `anew` asks also for what is archived, and falls back on it.
        """
        place = self.archive.find(kind, url)
        if place is not None and place.error is None:
            fresh = self._asked_anew(kind, url, accept) if anew else None
            return fresh if fresh is not None else self._accepted(self.archive, place, accept)
        if not self.wanted(kind, url):
            return None
        before = self.earlier.find(kind, url) if self.earlier is not None and kind in CONDITIONAL else None
        try:
            response, value = self.fetcher.get(url, kind, accept, self._validators(before))
        except Unchanged as unchanged:
            assert self.earlier is not None
            assert before is not None
            self.earlier.keep_unchanged(before, url, unchanged.response.final_url)
            return self._accepted(self.earlier.archive, before, accept)
        except FetchFailed as failure:
            self.note(kind, url, failure.kind, failure.status, failure.detail, sku)
            return None
        self.archive.add(kind, response, sku=sku, more=remark(value))
        return value

    def _asked_anew(self, kind: str, url: str, accept: Callable[[Response], T]) -> T | None:
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
        except Unwanted:  # judged otherwise when it came: the catalog says what is wrong with it
            return None

    def _validators(self, before: Place | None) -> Mapping[str, str]:
        if before is None or self.earlier is None:
            return NOTHING
        return validators(self.earlier.read(before).headers)

    def take_image(self, url: str) -> None:
        """Have the image at `url` in `raw/images/`, or the reason why not in the archive.

        Siblings share photos: the first thread that wants one fetches it, and the others wait for that.
        """
        with self._lock:
            over = self._taken.get(url)
            if over is None:
                self._taken[url] = mine = threading.Event()
        if over is not None:
            over.wait()
            return
        try:
            if self.wanted("image", url):
                self._fetch_image(url)
                self.board.image()
        finally:
            mine.set()
            if self.settled("image", url):  # from now on the archive knows
                with self._lock:
                    del self._taken[url]

    def _fetch_image(self, url: str) -> None:
        before = self.earlier.find("image", url) if self.earlier is not None else None
        if self.earlier is not None and before is not None and self._trust_images:
            self.earlier.keep_unasked(before, url)
            return
        try:
            image = fetch_image(self.fetcher, self._snapshot, url, self._validators(before))
        except Unchanged as unchanged:
            assert self.earlier is not None
            assert before is not None
            self.earlier.keep_unchanged(before, url, unchanged.response.final_url)
            return
        except FetchFailed as failure:
            self.note("image", url, failure.kind, failure.status, failure.detail)
            return
        self.archive.add("image", image.response, path=image.path, more=image.remarks, digest=image.digest)

    def note(self, kind: str, url: str, error: str, status: int, detail: str, sku: str | None = None) -> None:
        """Keep a failure, once for every change of its kind."""
        self.board.error(error)
        place = self.archive.find(kind, url)
        if place is None or place.error != error:
            self.archive.add_failed(kind, url, error, status, detail, sku)

    def wanted(self, kind: str, url: str) -> bool:
        """Whether an address is still to be asked for; of one that failed for good, a retry says so once."""
        if not self.settled(kind, url):
            return True
        if not self._retry or not self.failure(kind, url):
            return False
        with self._lock:
            fresh = (kind, url) not in self._asked
            self._asked.add((kind, url))
        return fresh

    def settled(self, kind: str, url: str) -> bool:
        """Whether an address is archived, or known not to be had."""
        place = self.archive.find(kind, url)
        return place is not None and (place.error is None or place.error in FINAL)

    def failure(self, kind: str, url: str) -> str:
        """Why an address could not be had; "" where it could, or was never asked for."""
        place = self.archive.find(kind, url)
        return (place.error or "") if place is not None else ""

    def carry_click(self, url: str, sku: str | None) -> bool:
        """Take over what came of an earlier click on a page that has not changed since; False where there is none."""
        if self.earlier is None:
            return False
        page, before = self.archive.find("page", url), self.earlier.find("page", url)
        clicked = self.earlier.archive.find("clicked", url)
        if page is None or page.error is not None or before is None or clicked is None:
            return False
        if self.archive.read(page).digest != self.earlier.read(before).digest:
            return False
        if clicked.error is None:
            self.earlier.keep_unchanged(clicked, url, url)
        elif clicked.error in FINAL:
            self.note("clicked", url, clicked.error, clicked.status, "as in the snapshot that was refreshed", sku)
        return clicked.error is None or clicked.error in FINAL


class Errand:
    """What one product asks of the source; `complete` as long as all of it is settled."""

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
        """Note whether an address is settled."""
        self.complete = self.complete and self.source.settled(kind, url)
