"""An address is asked for once: what lies in the archive is taken from there, what does not is fetched and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from ameli_build.crawl import answers
from ameli_build.crawl.archive import Archived, Response
from ameli_build.crawl.failures import FetchFailed, Unwanted
from ameli_build.crawl.fetch import Fetcher
from ameli_build.crawl.store import Archive
from ameli_build.snapshot import RunFailed, Snapshot

T = TypeVar("T")

FINAL = frozenset(("http_404", "http_410", "too_large", "redirect_loop", "no_button", "no_rows"))
"""Failures that another run does not ask about again; all others may have passed by then."""


class Source:
    """Where the parts of a crawl get their pages and images from; may be used by many threads."""

    def __init__(self, snapshot: Snapshot, archive: Archive, fetcher: Fetcher) -> None:
        self.archive = archive
        self.fetcher = fetcher
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._taken: dict[str, threading.Event] = {}

    def take(self, kind: str, url: str, accept: Callable[[Response], T], sku: str | None = None) -> T | None:
        """What `accept` makes of the page at `url`; None where it cannot be had, which is noted."""
        place = self.archive.find(kind, url)
        if place is not None and place.error is None:
            try:
                return accept(_as_response(self.archive.read(place)))
            except Unwanted:  # judged otherwise when it came: the catalog says what is wrong with it
                return None
        if place is not None and place.error in FINAL:
            return None
        try:
            response, value = self.fetcher.get(url, kind, accept)
        except FetchFailed as failure:
            self.note(kind, url, failure.kind, failure.status, failure.detail, sku)
            return None
        self.archive.add(kind, response, sku=sku)
        return value

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
            if not self.settled("image", url):
                self._fetch_image(url)
        finally:
            mine.set()
            if self.settled("image", url):  # from now on the archive knows
                with self._lock:
                    del self._taken[url]

    def _fetch_image(self, url: str) -> None:
        try:
            response, extension = self.fetcher.get(url, "image", answers.image)
        except FetchFailed as failure:
            self.note("image", url, failure.kind, failure.status, failure.detail)
            return
        try:
            path = self._snapshot.store_image(response.data, extension)
        except OSError as error:
            raise RunFailed(f"{self._snapshot.raw / 'images'}: cannot be written ({error.strerror})") from error
        self.archive.add("image", response, path=path)

    def note(self, kind: str, url: str, error: str, status: int, detail: str, sku: str | None = None) -> None:
        """Keep a failure, once for every change of its kind."""
        place = self.archive.find(kind, url)
        if place is None or place.error != error:
            self.archive.add_failed(kind, url, error, status, detail, sku)

    def settled(self, kind: str, url: str) -> bool:
        """Whether an address is archived, or known not to be had."""
        place = self.archive.find(kind, url)
        return place is not None and (place.error is None or place.error in FINAL)

    def failure(self, kind: str, url: str) -> str:
        """Why an address could not be had; "" where it could, or was never asked for."""
        place = self.archive.find(kind, url)
        return (place.error or "") if place is not None else ""


class Errand:
    """What one product asks of the source; `complete` as long as all of it is settled."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.complete = True

    def take(self, kind: str, url: str, accept: Callable[[Response], T], sku: str | None = None) -> T | None:
        """As `Source.take`."""
        value = self.source.take(kind, url, accept, sku)
        self.count(kind, url)
        return value

    def take_image(self, url: str) -> None:
        """As `Source.take_image`."""
        self.source.take_image(url)
        self.count("image", url)

    def count(self, kind: str, url: str) -> None:
        """Note whether an address is settled."""
        self.complete = self.complete and self.source.settled(kind, url)


def _as_response(record: Archived) -> Response:
    body = record.body or b""
    return Response(record.url, record.final_url, record.status, "", tuple(record.headers.items()), body, body)
