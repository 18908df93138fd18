"""The archive of a crawl, as it is written.

`raw/pages-<n>.warc.gz` only ever grow, one gzip member a record, so that a kill can tear at most the last member; it is
cut off when the archive is opened again. The index of what is there is rebuilt from the files, never stored.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from ameli_build.crawl.archive import CONTENT, Archived, Response, members, parse
from ameli_build.snapshot import RunFailed

SEGMENT_BYTES = 1_000_000_000
SYNC_SECONDS = 5.0


class Place(NamedTuple):
    """Where the last record of one kind and address stands, and what came of it (`error` None for content)."""

    kind: str
    status: int
    error: str | None
    file: str
    offset: int


class Archive:
    """The archive opened for writing; may be used by many threads.

    Opening it cuts off a torn end and indexes what is there. Raises `RunFailed` for a damaged file.
    """

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._lock = threading.Lock()
        self._places: dict[bytes, Place] = {}
        self._failed: dict[bytes, tuple[str, str, str]] = {}
        self.calls: list[str] = []
        """When services that count their calls were called before the archive was opened."""
        raw.mkdir(parents=True, exist_ok=True)
        files = sorted(raw.glob("pages-*.warc.gz"))
        for path in files:
            self._index(path, last=path == files[-1])
        self._number = int(files[-1].name.removeprefix("pages-").split(".")[0]) if files else 1
        self._handle = self._open()
        self._synced = time.monotonic()

    def _index(self, path: Path, last: bool) -> None:
        whole = 0
        for offset, end, data in members(path):
            record = parse(data, path.name, offset, with_body=False)
            if record is not None:
                kind = record.wanted if record.kind == "failed" else record.kind
                self._note(record.url, Place(kind, record.status, record.error, path.name, offset))
                if kind == "call":
                    self.calls.append(record.fetched_at)
            whole = end
        if path.stat().st_size > whole:
            if not last:
                raise RunFailed(f"{path}: ends in the middle of a record; move it away to crawl again")
            with path.open("r+b") as handle:
                handle.truncate(whole)
                os.fsync(handle.fileno())

    def _note(self, url: str, place: Place) -> None:
        key = _key(place.kind, url)
        self._places[key] = place
        if place.error is None:
            self._failed.pop(key, None)
        else:
            self._failed[key] = (place.kind, place.error, url)

    def _open(self) -> Any:
        return (self._raw / f"pages-{self._number:05}.warc.gz").open("ab", buffering=0)

    def find(self, kind: str, url: str) -> Place | None:
        """Where the last record of this kind and asked address stands; None when it was never asked."""
        return self._places.get(_key(kind, url))

    def read(self, place: Place) -> Archived:
        """The record at a place."""
        with (self._raw / place.file).open("rb") as handle:
            handle.seek(place.offset)
            inflater, parts = zlib.decompressobj(31), []
            while not inflater.eof:
                parts.append(inflater.decompress(handle.read(1 << 16)))
        record = parse(b"".join(parts), place.file, place.offset)
        if record is None:
            raise RunFailed(f"{self._raw / place.file}: no record of a crawl at byte {place.offset}")
        return record

    def places(self) -> Iterable[Place]:
        """What came of every address that was asked for."""
        return [place for place in self._places.values() if place.kind in CONTENT]

    def failures(self) -> list[tuple[str, str, str]]:
        """(kind, error, address) of everything that was asked for and not had."""
        return sorted(self._failed.values())

    def add(self, kind: str, response: Response, sku: str | None = None, path: str | None = None) -> None:
        """Keep an answer; an image's `path` is where its body was stored."""
        head = {"Ameli-Kind": kind, "Ameli-Digest": hashlib.sha256(response.data).hexdigest()}
        if response.final_url != response.url:
            head["Ameli-Final-URL"] = _clean(response.final_url)
        if path is not None:
            head["Ameli-Path"] = path
        status = StatusAndHeaders(
            f"{response.status} {response.reason}".strip(), [*map(_header, response.headers)], protocol="HTTP/1.1"
        )
        block = b"" if path is not None else response.body
        record_type = "revisit" if path is not None else "response"
        self._append(record_type, response.url, sku, head, block, Place(kind, response.status, None, "", 0), status)

    def add_clicked(self, url: str, html: str, sku: str | None) -> None:
        """Keep a product page as it stood in the browser after its specification click."""
        body = html.encode("utf-8", "replace")
        head = {"Ameli-Kind": "clicked", "Ameli-Digest": hashlib.sha256(body).hexdigest(), "Content-Type": "text/html"}
        self._append("resource", url, sku, head, body, Place("clicked", 200, None, "", 0))

    def add_failed(self, wanted: str, url: str, error: str, status: int, detail: str, sku: str | None = None) -> None:
        """Keep the fact that an address was asked for in vain."""
        note = {"wanted": wanted, "error": error, "status": status, "detail": detail}
        head = {"Ameli-Kind": "failed", "Content-Type": "application/json"}
        block = json.dumps(note, sort_keys=True).encode()
        self._append("metadata", url, sku, head, block, Place(wanted, status, error, "", 0))

    def add_done(self, url: str, sku: str | None) -> None:
        """Keep the fact that nothing more is to be had of a product; `url` may tell the settings in its fragment."""
        head = {"Ameli-Kind": "done", "Content-Type": "application/json"}
        self._append("metadata", url, sku, head, b"{}", Place("done", 200, None, "", 0))

    def add_call(self, url: str) -> None:
        """Keep the fact that a service which counts its calls is going to be called; a kill cannot undo it."""
        head = {"Ameli-Kind": "call", "Content-Type": "application/json"}
        self._append("metadata", url, None, head, b"{}", Place("call", 200, None, "", 0))

    def _append(
        self,
        record_type: str,
        url: str,
        sku: str | None,
        head: dict[str, str],
        block: bytes,
        place: Place,
        http: StatusAndHeaders | None = None,
    ) -> None:
        target = _clean(url)
        if target != url:
            head["Ameli-Asked"] = quote(url, safe="")
        if sku is not None:
            head["Ameli-SKU"] = _clean(sku)
        if record_type == "revisit":  # the payload is known by its digest and lies outside
            head["WARC-Profile"] = WARCWriter.REVISIT_PROFILE_1_1
            head["WARC-Payload-Digest"] = f"sha256:{head['Ameli-Digest']}"
        buffer = BytesIO()
        writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
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
        self._write(buffer.getvalue(), url, place)

    def _write(self, member: bytes, url: str, place: Place) -> None:
        with self._lock:
            if self._handle.tell() > SEGMENT_BYTES:
                self._sync()
                self._handle.close()
                self._number += 1
                self._handle = self._open()
            offset = self._handle.tell()
            try:
                _write_all(self._handle, member)
            except OSError as error:
                self._handle.truncate(offset)
                raise RunFailed(f"{self._handle.name}: cannot be written ({error.strerror})") from error
            self._note(url, place._replace(file=Path(self._handle.name).name, offset=offset))
            if time.monotonic() - self._synced > SYNC_SECONDS:
                self._sync()

    def _sync(self) -> None:
        os.fsync(self._handle.fileno())
        self._synced = time.monotonic()

    def close(self) -> None:
        """Bring everything to the disk; the archive cannot be written after."""
        with self._lock:
            self._sync()
            self._handle.close()


def _write_all(handle: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[handle.write(view) :]


def _key(kind: str, url: str) -> bytes:
    return hashlib.blake2b(f"{kind} {url}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _clean(text: str) -> str:
    """Text that can stand in a header line: white space, control characters and lone surrogates percent-encoded."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return quote(text, safe="%/:=&?~#+!$,;'@()*[]", errors="surrogatepass")


def _header(pair: tuple[str, str]) -> tuple[str, str]:
    """A response's header line; the body is kept without its chunks, so that line goes under another name."""
    name, value = pair
    value = " ".join(value.split())
    return (f"X-Archive-Orig-{name}", value) if name.lower() == "transfer-encoding" else (name, value)
