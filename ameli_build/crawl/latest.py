"""The newest finished snapshot that a new one can start from: what a monthly rebuild refreshes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ameli_build.crawl.journal import Journal, Selection, read_journal
from ameli_build.snapshot import Snapshot, UnusableInput


def newest_finished(folder: Path, to: Snapshot, site_url: str, selection: Selection) -> Snapshot | None:
    """The snapshot below `folder` that was released last, of the same shop and the same selection; None without one.

    None too where a crawl has begun in `to`: it goes on as it began.
    """
    if read_journal(to.raw) != Journal():
        return None
    others = [Snapshot(path) for path in sorted(folder.glob("*")) if path.is_dir() and path != to.root]
    released = [other for other in others if _fits(other, site_url, (selection,))]
    return max(released, key=lambda other: (_sums(other).stat().st_mtime, other.root.name), default=None)


def _fits(snapshot: Snapshot, site_url: str, selections: Sequence[Selection]) -> bool:
    if not _sums(snapshot).is_file() or not any(snapshot.raw.glob("pages-*.warc.gz")):
        return False
    try:
        journal = read_journal(snapshot.raw)
    except UnusableInput:  # a damaged one is nothing to start from
        return False
    return journal.site_url == site_url and journal.selections == tuple(selections)


def _sums(snapshot: Snapshot) -> Path:
    return snapshot.dataset / "SHA256SUMS"
