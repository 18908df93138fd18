"""Writing the archive of a crawl.

Records are appended to `raw/pages-<n>.warc.gz`, a gzip member each. A kill can tear only the last member, which is cut
off when the archive is next opened. An index beside the files finds records.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ameli_build.archive.framing import is_one_record, reframe
from ameli_build.archive.index import NAME, Failure, Index, Place, Segment, Tally, copy_index, seal
from ameli_build.archive.records import Archived, Response, marks_of, members, parse
from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import say

SEGMENT_BYTES = 1_000_000_000
LEVEL = 6
"""Compression level of gzip, for records that did not come compressed."""
SYNC_SECONDS = 5.0
NOTHING: Mapping[str, str] = {}
CALL = "call"
_CARRIED = (
    "Ameli-Kind", "Ameli-Digest", "Ameli-Final-URL", "Ameli-Path", "Ameli-Decodes", "Ameli-Placeholder",
    "Ameli-Conflicts",
)  # fmt: skip


class Archive:
    """The archive opened for writing, or with `writable=False` for reading only; safe for use by many threads.

    Opening it for writing cuts off a torn end. Damaged records are reported and skipped. `appended` is the number of
    records written since.
    """

    def __init__(self, raw: Path, writable: bool = True) -> None:
        self._raw = raw
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._handle: Any = None
        self._copies: dict[str, Path] = {}
        self.appended = 0
        try:
            self._open(writable)
        except BaseException:
            self._stack.close()
            raise

    def _open(self, writable: bool) -> None:
        if writable:
            self._raw.mkdir(parents=True, exist_ok=True)
            place = self._raw / NAME
        else:  # the folder must not change
            place = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ameli-index-"))) / NAME
            copy_index(self._raw / NAME, place)
        self._index = Index(place)
        self._stack.callback(self._index.close)
        files = sorted(self._raw.glob("pages-*.warc.gz"))
        known = self._index.segments()
        if not _agree(known, files):
            self._index.clear()
            known = {}
        for path in files:
            self._read_in(path, known.get(path.name), last=path == files[-1], writable=writable)
        self._number = int(files[-1].name.removeprefix("pages-").split(".")[0]) if files else 1
        self._synced = time.monotonic()
        if writable:
            self._next_file()

    def _read_in(self, path: Path, known: Segment | None, last: bool, writable: bool) -> None:
        """Index the records of a file that are not indexed yet."""
        whole = start = known.size if known is not None else 0
        for offset, end, data in members(path, start):
            if not is_one_record(data):
                self._read_in(self._packed_anew(path, writable), None, last, writable)
                return
            record = parse(data, path.name, offset, with_body=False)
            if record is not None:
                kind = record.wanted if record.kind == "failed" else record.kind
                marks = record.fetched_at if kind == CALL else record.marks
                place = Place(kind, record.status, record.error, path.name, offset, marks, record.sku)
                self._index.note(_named(record.url, place), place)
            whole = end
        if path.stat().st_size > whole and not last:
            raise RunFailed(f"{path}: ends in the middle of a record; move the file away and crawl again")
        if path.stat().st_size > whole and writable:
            with path.open("r+b") as handle:
                handle.truncate(whole)
                os.fsync(handle.fileno())
        if known is None or whole > start:
            self._index.commit(path, whole)

    def _packed_anew(self, path: Path, writable: bool) -> Path:
        """The file with a gzip member for each record, as the index needs it; a copy if the archive is only read."""
        say(f"{path}: repacked with a gzip member for each record, because another tool had packed it")
        target = path
        if not writable:
            target = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ameli-archive-"))) / path.name
        reframe(path, target)
        self._copies[path.name] = target
        return target

    def _next_file(self) -> None:
        self._handle = (self._raw / f"pages-{self._number:05}.warc.gz").open("ab", buffering=0)

    def find(self, kind: str, url: str) -> Place | None:
        """The last record of a kind and requested URL; None if it was never requested."""
        with self._lock:
            return self._index.find(kind, url)

    def holds(self, kind: str, url: str) -> bool:
        """Whether the archive has the requested content of a URL."""
        place = self.find(kind, url)
        return place is not None and place.error is None

    def read(self, place: Place) -> Archived:
        """The record at a place."""
        record = parse(self._member(place), place.file, place.offset)
        if record is None:
            raise RunFailed(f"{self._raw / place.file}: no record of a crawl at byte {place.offset}")
        return record

    def _member(self, place: Place) -> bytes:
        path = self._copies.get(place.file, self._raw / place.file)
        for _, _, data in members(path, place.offset):
            return data
        raise RunFailed(f"{path}: no record at byte {place.offset}, where the file ends; move it away and crawl again")

    @property
    def calls(self) -> list[str]:
        """Times of the calls of services that count them."""
        with self._lock:
            return self._index.marks(CALL)

    def of_product(self, kind: str, sku: str) -> list[Place]:
        """The records of a kind for a product, without failures, in the order of writing."""
        with self._lock:
            return self._index.of_product(kind, sku)

    def tallies(self) -> list[Tally]:
        """The number of URLs by kind and outcome, sorted."""
        with self._lock:
            return self._index.tallies()

    def failures(self, most: int = -1) -> list[Failure]:
        """Failed requests, sorted, at most `most`; all if it is negative."""
        with self._lock:
            return self._index.failures(most)

    def add(
        self,
        kind: str,
        response: Response,
        sku: str | None = None,
        path: str | None = None,
        more: Mapping[str, str] = NOTHING,
        digest: str = "",
    ) -> None:
        """Add a response.

        Args:
            kind: One of `records.CONTENT`, or `redirect`.
            response: The response.
            sku: Product that it belongs to.
            path: File of an image's body, relative to the snapshot.
            more: Further headers of the record (`Ameli-Decodes` ...).
            digest: SHA-256 of the body, if the response does not hold the body itself.
        """
        digest = digest or hashlib.sha256(response.data).hexdigest()
        head = {"Ameli-Kind": kind, "Ameli-Digest": digest, **{name: _clean(value) for name, value in more.items()}}
        if response.final_url != response.url:
            head["Ameli-Final-URL"] = _clean(response.final_url)
        if path is not None:
            head["Ameli-Path"] = path
        status = StatusAndHeaders(
            " ".join(f"{response.status} {response.reason}".split()),
            [*map(_header, response.headers)],
            protocol="HTTP/1.1",
        )
        block = b"" if path is not None else response.body
        record_type = "revisit" if path is not None else "response"
        place = Place(kind, response.status, None, "", 0, marks_of(head), sku)
        self._append(record_type, response.url, head, block, place, status)

    def add_clicked(self, url: str, html: str, sku: str | None) -> None:
        """Add a product page as the browser shows it after the click on its specifications."""
        body = html.encode("utf-8", "replace")
        head = {"Ameli-Kind": "clicked", "Ameli-Digest": hashlib.sha256(body).hexdigest(), "Content-Type": "text/html"}
        self._append("resource", url, head, body, Place("clicked", 200, None, "", 0, "", sku))

    def add_failed(self, wanted: str, url: str, error: str, status: int, detail: str, sku: str | None = None) -> None:
        """Add a failed request; `wanted` is the requested kind."""
        note = {"wanted": wanted, "error": error, "status": status, "detail": detail}
        head = {"Ameli-Kind": "failed", "Content-Type": "application/json"}
        block = json.dumps(note, sort_keys=True).encode()
        self._append("metadata", url, head, block, Place(wanted, status, error, "", 0, "", sku))

    def add_done(self, url: str, sku: str | None) -> None:
        """Add a note that a product is complete; the fragment of `url` may hold the settings."""
        head = {"Ameli-Kind": "done", "Content-Type": "application/json"}
        self._append("metadata", url, head, b"{}", Place("done", 200, None, "", 0, "", sku))

    def add_call(self, url: str) -> None:
        """Add a note before the call of a service that counts its calls, so that a kill cannot lose it."""
        moment = now()
        head = {"Ameli-Kind": CALL, "Content-Type": "application/json", "WARC-Date": moment}
        self._append("metadata", url, head, b"{}", Place(CALL, 200, None, "", 0, moment))

    def carry(self, earlier: Archive, place: Place, url: str, more: Mapping[str, str]) -> None:
        """Copy a record of an earlier archive, under the URL `url`.

        `more` are headers of the new record, whose `WARC-Date` is now unless they contain another.
        """
        record = ArcWarcRecordLoader().parse_record_stream(BytesIO(earlier._member(place)))
        given = dict(record.rec_headers.headers)
        head = {name: value for name, value in given.items() if name in _CARRIED} | dict(more)
        block, http = record.raw_stream.read(), record.http_headers
        if http is None:
            head["Content-Type"] = given["Content-Type"]
        carried = Place(place.kind, place.status, None, "", 0, marks_of(head), place.sku)
        self._append(given["WARC-Type"], url, head, block, carried, http)

    def _append(
        self,
        record_type: str,
        url: str,
        head: dict[str, str],
        block: bytes,
        place: Place,
        http: StatusAndHeaders | None = None,
    ) -> None:
        target = _clean(url)
        if target != url:
            head["Ameli-Asked"] = quote(url, safe="", errors="surrogatepass")
        if place.sku is not None:
            head["Ameli-SKU"] = _clean(place.sku)
        if record_type == "revisit":  # the payload is a file outside, named by its digest
            head["WARC-Profile"] = WARCWriter.REVISIT_PROFILE_1_1
            head["WARC-Payload-Digest"] = f"sha256:{head['Ameli-Digest']}"
        buffer = BytesIO()
        writer = WARCWriter(buffer, gzip=False, warc_version="1.1")
        record = writer.create_warc_record(
            target,
            record_type,
            payload=BytesIO(block),
            length=len(block),
            warc_content_type=head.get("Content-Type", ""),
            warc_headers_dict=head,
            http_headers=http,
        )
        writer.write_record(record)
        encoded = http is not None and bool(http.get_header("Content-Encoding"))
        # a compressed body is stored as it is: deflate would take milliseconds and gain nothing
        self._write(zlib.compress(buffer.getvalue(), 0 if encoded else LEVEL, wbits=31), url, place)

    def _write(self, member: bytes, url: str, place: Place) -> None:
        with self._lock:
            if self._handle.tell() > SEGMENT_BYTES:
                self._sync()
                self._handle.close()
                self._number += 1
                self._next_file()
            offset = self._handle.tell()
            try:
                _write_all(self._handle, member)
            except OSError as error:
                self._handle.truncate(offset)
                raise RunFailed(f"{self._handle.name}: cannot be written ({error.strerror})") from error
            place = place._replace(file=Path(self._handle.name).name, offset=offset)
            self._index.note(_named(url, place), place)
            self.appended += 1
            if time.monotonic() - self._synced > SYNC_SECONDS:
                self._sync()

    def _sync(self) -> None:
        os.fsync(self._handle.fileno())
        self._index.commit(Path(self._handle.name), self._handle.tell())
        self._synced = time.monotonic()

    def close(self) -> None:
        """Flush everything to the disk and close the archive."""
        with self._lock, self._stack:
            if self._handle is not None:
                self._sync()
                self._handle.close()


def now() -> str:
    """The current time as a record's date."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _named(url: str, place: Place) -> str:
    """The URL of a record in the index; made unique for calls, each of which counts."""
    return f"{url} {place.file} {place.offset}" if place.kind == CALL else url


def _agree(known: Mapping[str, Segment], files: list[Path]) -> bool:
    """Whether an index matches the files: all are there and unchanged, except that the last may have grown."""
    if list(known) != [path.name for path in files[: len(known)]]:
        return False
    for number, (path, segment) in enumerate(zip(files, known.values(), strict=False), 1):
        status = path.stat()
        grown = status.st_size > segment.size and number == len(known)
        same = status.st_size == segment.size and status.st_mtime_ns == segment.modified
        if not (grown or same) or seal(path, segment.size) != segment.seal:
            return False
    return True


def _write_all(handle: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[handle.write(view) :]


def _clean(text: str) -> str:
    """`text` for a header line: white space, control characters and lone surrogates are percent-encoded."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return quote(text, safe="%/:=&?~#+!$,;'@()*[]", errors="surrogatepass")


def _header(pair: tuple[str, str]) -> tuple[str, str]:
    """A header line of a response. `Transfer-Encoding` is renamed, because the body is stored without its chunks."""
    name, value = _clean(pair[0]), " ".join(pair[1].split())
    return (f"X-Archive-Orig-{name}", value) if name.lower() == "transfer-encoding" else (name, value)
