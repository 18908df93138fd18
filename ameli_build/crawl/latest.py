"""The newest finished snapshot, which a monthly rebuild refreshes."""

from __future__ import annotations

from pathlib import Path

from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.journal import Journal, Selection, read_journal
from ameli_build.crawl.parts import WHOLE


def newest_finished(folder: Path, to: Snapshot, site_url: str, selection: Selection) -> Snapshot | None:
    """The released snapshot below `folder` with the latest crawl of the same shop and selection.

    None if there is no such snapshot, or if `to` already has a crawl, which then continues as it began.
    """
    if read_journal(to.raw) != Journal():
        return None
    others = [Snapshot(path) for path in sorted(folder.glob("*")) if path.is_dir() and path != to.root]
    released = [other for other in others if _fits(other, site_url, selection)]
    return max(released, key=lambda other: (crawled_at(other), other.root.name), default=None)


def crawled_at(snapshot: Snapshot) -> float:
    """The time of the last write to the archive, in seconds since 1970; 0 without an archive.

    The time of the release would not do: answers of annotators, months later, make it again.
    """
    return max((path.stat().st_mtime for path in snapshot.raw.glob("pages-*.warc.gz")), default=0.0)


def _fits(snapshot: Snapshot, site_url: str, selection: Selection) -> bool:
    if not (snapshot.dataset / "SHA256SUMS").is_file() or not any(snapshot.raw.glob("pages-*.warc.gz")):
        return False
    try:
        journal = read_journal(snapshot.raw)
    except UnusableInput:  # a damaged journal
        return False
    return journal.site_url == site_url and journal.selections == (selection,) and journal.part == WHOLE
