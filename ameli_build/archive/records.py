"""The archive of a crawl, as it is read: WARC files in which every response lies as it came.

One gzip member a record; files that another tool packed otherwise are read as well. An image's record holds its headers
and digest; its body lies in `raw/images/`.
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
"""Kinds of records that hold what was asked for; beside them `redirect`, `failed`, `done` and `call`."""
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
    """One record of the archive.

    `kind` is one of `CONTENT`, `redirect`, `failed`, `done` or `call`; a failed record has `wanted` (the kind that was
    asked for) and `error`, a done one says that all of a product is there, a call that a service which counts its
    calls was going to be called. `url` is the address that was asked for, `final_url` the one that answered after
    redirects. `body` is decoded; it is None for failures and for images, whose file is `path`. `headers` have
    lower-case names, those of the response. `digest` is the body's SHA-256 in hexadecimal. `file` and `offset` say
    where the record stands in `raw/`. `marks` are words about the record, see `marks_of`;
    `unchanged_since` is when the body of a record of a refresh was really fetched.
    """

    url: str
    kind: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    digest: str
    fetched_at: str
    file: str
    offset: int
    final_url: str
    sku: str | None = None
    path: str | None = None
    wanted: str = ""
    error: str | None = None
    marks: str = ""
    unchanged_since: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer as it came: `body` still has its content encoding; `data` has not.

    A body that went to a file is `stored`, and both are empty. `repeated` means that the address gave the same bytes
    before, when they were not taken: it has nothing else to give.
    """

    url: str
    final_url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    data: bytes
    stored: Stored | None = None
    repeated: bool = False


def read_archive(raw: Path) -> Iterator[Archived]:
    """All records of `raw/*.warc.gz`, in the order of file names and of writing; damaged ones are passed over."""
    for path in sorted(raw.glob("*.warc.gz")):
        with tempfile.TemporaryDirectory(prefix="ameli-archive-") as folder:
            for _, (offset, _, data) in record_members(path, Path(folder)):
                record = parse(data, path.name, offset)
                if record is not None:
                    yield record


def marks_of(head: Mapping[str, str]) -> str:
    """What the headers of a record (names in any case) say of it, as words with a space between.

    `undecodable` and `placeholder` are images, `conflicts` are reviews that contradict themselves; `unchanged` and
    `carried` come from an earlier snapshot: seen to be as it was, or not asked about again.
    """
    names = {name.lower() for name in head}
    return " ".join(word for name, word in _MARKS.items() if name in names)


def parse(data: bytes, file: str, offset: int, with_body: bool = True) -> Archived | None:
    """The record that stands in `data`, without its body where that is not wanted.

    None for another crawler's, for a damaged one (b"") and for one that cannot be understood, which is told.
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
