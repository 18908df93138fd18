"""Reading the archive of a crawl: WARC files that hold every response as it came.

Each record is a gzip member of its own; other framings are read as well. The record of an image holds its headers and
digest; the body lies in `raw/images/`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from warcio.recordloader import ArcWarcRecordLoader

from ameli_build.archive.bodies import decode
from ameli_build.archive.body_files import Stored
from ameli_build.archive.framing import members as members
from ameli_build.archive.framing import record_members, tell_damage

MAX_BODY = 1 << 30
CONTENT = ("page", "clicked", "listing", "sitemap", "reviews", "image", "robots", "api")
"""Kinds of records that hold the requested content. The other kinds are `redirect`, `failed`, `done` and `call`."""
_WITHOUT_BODY = ("image", "failed", "done", "call")
_MARKS = {
    "ameli-decodes": "undecodable",
    "ameli-placeholder": "placeholder",
    "ameli-conflicts": "conflicts",
    "ameli-unchanged-since": "unchanged",
    "ameli-carried-on": "carried",
}


@dataclass(frozen=True, slots=True)
class Archived:
    """A record of the archive."""

    url: str
    """The requested URL."""
    kind: str
    """One of `CONTENT`; `redirect`; `failed`; `done` (all of a product is there); or `call` (a call of a service that
    counts its calls was about to begin)."""
    status: int
    headers: Mapping[str, str]
    """Headers of the response, with names in lower case."""
    body: bytes | None
    """The decoded body; None for failures and images."""
    digest: str
    """SHA-256 of the body in hexadecimal."""
    fetched_at: str
    file: str
    """Name of the file in `raw/`."""
    offset: int
    """First byte of the record in its file."""
    final_url: str
    """The URL that answered, after redirects."""
    sku: str | None = None
    path: str | None = None
    """File of an image, relative to the snapshot."""
    wanted: str = ""
    """The kind that was requested, for a failed record."""
    error: str | None = None
    """The error of a failed record."""
    marks: str = ""
    """Words about the record (`marks_of`)."""
    unchanged_since: str = ""
    """For a record of a refresh, the time at which its body was really fetched."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it came."""

    url: str
    final_url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """The body in its content encoding; empty if `stored`."""
    data: bytes
    """The decoded body; empty if `stored`."""
    stored: Stored | None = None
    """The file of a streamed body."""
    repeated: bool = False
    """Whether an earlier request of this URL returned the same bytes, which were refused: it has no others."""


def read_archive(raw: Path) -> Iterator[Archived]:
    """All records of `raw/*.warc.gz`, by file name and in the order of writing; damaged records are skipped."""
    for path in sorted(raw.glob("*.warc.gz")):
        with tempfile.TemporaryDirectory(prefix="ameli-archive-") as folder:
            for _, (offset, _, data) in record_members(path, Path(folder)):
                record = parse(data, path.name, offset)
                if record is not None:
                    yield record


def marks_of(head: Mapping[str, str]) -> str:
    """The marks in the headers of a record (names in any case), as words separated by spaces.

    `undecodable` and `placeholder` mark images, `conflicts` marks reviews that contradict themselves. `unchanged` and
    `carried` mark records of an earlier snapshot: the host confirmed them, or was not asked again.
    """
    names = {name.lower() for name in head}
    return " ".join(word for name, word in _MARKS.items() if name in names)


def parse(data: bytes, file: str, offset: int, with_body: bool = True) -> Archived | None:
    """The record in `data`, the content of a gzip member.

    Args:
        data: The record; b"" if it is damaged.
        file: Name of its file.
        offset: First byte of the record in its file.
        with_body: Decode the body too.

    Returns:
        The record; None if it is damaged, of another crawler, or cannot be parsed. The last is reported.
    """
    if not data:
        return None
    try:
        return _read(data, file, offset, with_body)
    except Exception as error:  # a record may come from anywhere
        tell_damage(Path(file), offset, f"{type(error).__name__}: {error}")
        return None


def _read(data: bytes, file: str, offset: int, with_body: bool) -> Archived | None:
    record = ArcWarcRecordLoader().parse_record_stream(BytesIO(data))
    head = {name.lower(): value for name, value in record.rec_headers.headers}
    kind = head.get("ameli-kind")
    if kind is None:
        return None
    block = record.raw_stream.read() if with_body or kind == "failed" else b""
    http = record.http_headers
    headers = {name.lower(): value for name, value in http.headers} if http is not None else {}
    note: dict[str, Any] = json.loads(block) if kind == "failed" else {}
    body = None
    if with_body and kind not in _WITHOUT_BODY:
        body = decode(block, headers.get("content-encoding", ""), MAX_BODY)
    url = unquote(head["ameli-asked"]) if "ameli-asked" in head else head["warc-target-uri"]
    digest = head.get("ameli-digest", "")
    return Archived(
        url=url,
        kind=kind,
        status=int(http.get_statuscode()) if http is not None else int(note.get("status", 200)),
        headers=headers,
        body=body,
        digest=digest,
        fetched_at=head["warc-date"],
        file=file,
        offset=offset,
        final_url=head.get("ameli-final-url", url),
        sku=head.get("ameli-sku"),
        path=head.get("ameli-path"),
        wanted=note.get("wanted", ""),
        error=note.get("error"),
        marks=marks_of(head),
        unchanged_since=head.get("ameli-unchanged-since", ""),
    )
