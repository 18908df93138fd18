"""`ameli crawl merge`: the parts of a crawl as one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ameli_build.archive.records import CONTENT
from ameli_build.archive.store import Archive
from ameli_build.core.checksums import recorded
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.running import LOCK
from ameli_build.core.snapshot import Snapshot, clear_folder, write_json
from ameli_build.crawl.files import copy_file, link_file
from ameli_build.crawl.journal import Journal, read_journal, write_journal
from ameli_build.crawl.parts import WHOLE
from ameli_build.crawl.stats import CrawlStats, summary, write_stats
from ameli_build.provenance import noted


@dataclass(frozen=True, slots=True)
class _Crawled:
    """A snapshot with a part of a crawl."""

    snapshot: Snapshot
    journal: Journal

    @property
    def archives(self) -> list[Path]:
        return sorted(self.snapshot.raw.glob("pages-*.warc.gz"))

    @property
    def terms(self) -> dict[str, Any]:
        """The common values of the parts of a crawl."""
        journal = self.journal
        return {
            "the site": journal.site_url,
            "the selection": journal.selections,
            "the number of parts": journal.part.of,
            "the refreshed snapshot": journal.refreshes,
            **{f"crawl.{name}": value for name, value in journal.settings.items()},
        }


def merge(parts: Sequence[Snapshot], out: Snapshot, *, partial: bool = False) -> CrawlStats:
    """Make the snapshot `out` from the parts of a crawl, whose folders stay as they are.

    Archives are copied; images are linked, or copied to another file system. `out` gets its name when it is complete.
    After a kill, the same call starts again.

    Args:
        parts: The snapshots of the parts, in any order.
        out: The snapshot to make.
        partial: Accept missing parts, and parts whose last run did not come to its end.

    Raises:
        UnusableInput: `out` is not empty, or these are not all parts of one crawl, each once and complete.
        Held: A run is working in a part, or makes `out`.
    """
    if out.root.exists() and any(out.root.iterdir()):
        raise UnusableInput(f"{out.root}: not empty; choose another --out")
    place = out.root.absolute()
    made = Snapshot(place.with_name(f".{place.name}.merging"))
    with ExitStack() as stack:
        for part in parts:
            _check_crawled(part)
            stack.enter_context(part.lock(shared=True))
        found = _checked([_Crawled(part, read_journal(part.raw)) for part in parts], partial)
        stack.enter_context(made.lock())
        try:
            _clear(made)
            with recorded(made.root, "raw", "run.json"):
                stats = _fill(made, found)
            made.root.replace(out.root)
        except BaseException:
            clear_folder(made.root)
            raise
    say(f"crawl merge: {len(found):,} parts, {summary(stats)}")
    return stats


def _check_crawled(part: Snapshot) -> None:
    if not any(part.raw.glob("pages-*.warc.gz")):
        raise UnusableInput(f"{part.root}: no crawl here (no raw/pages-*.warc.gz)")


def _checked(parts: list[_Crawled], partial: bool) -> list[_Crawled]:
    """The parts by number; raises `UnusableInput` unless they are the parts of one crawl."""
    first = parts[0]
    for part in parts:
        if part.journal.part == WHOLE:
            raise UnusableInput(f"{part.snapshot.root}: a whole crawl, not a part (crawled without --part)")
        for name in {**first.terms, **part.terms}:
            mine, others = part.terms.get(name), first.terms.get(name)
            if mine != others:
                where = f"{_shown(mine)}, but {_shown(others)} in {first.snapshot.root}"
                raise UnusableInput(f"{part.snapshot.root}: not a part of the same crawl: {name} is {where}")
    by_number: dict[int, _Crawled] = {}
    for part in parts:
        twin = by_number.setdefault(part.journal.part.number, part)
        if twin is not part:
            both = f"{twin.snapshot.root} and {part.snapshot.root}"
            raise UnusableInput(f"{both}: both are part {part.journal.part}; give each part once")
    if not partial:
        _check_whole(by_number, first.journal.part.of)
    return [by_number[number] for number in sorted(by_number)]


def _check_whole(parts: dict[int, _Crawled], of: int) -> None:
    missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in parts]
    if missing:
        raise UnusableInput(f"part {', '.join(missing)} is missing; --partial merges without it")
    for part in parts.values():
        if not part.journal.complete:
            root = part.snapshot.root
            raise UnusableInput(
                f"{root}: part {part.journal.part} is not finished; run ameli crawl --out {root} first, or merge with"
                " --partial"
            )


def _shown(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else repr(value)


def _clear(made: Snapshot) -> None:
    """Remove the files of a merge that was killed."""
    for path in made.root.iterdir():
        if path.name != LOCK:
            clear_folder(path)


def _fill(made: Snapshot, parts: Sequence[_Crawled]) -> CrawlStats:
    number = 0
    for part in parts:
        for path in part.archives:
            number += 1
            copy_file(path, made.raw / f"pages-{number:05}.warc.gz")
        Archive(made.raw).close()  # cuts off the torn end of a part that was killed
        images = part.snapshot.raw / "images"
        for path in images.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                link_file(path, made.raw / "images" / path.relative_to(images))
    with closing(Archive(made.raw)) as archive:
        _repeat_successes(archive, parts)
        stats = write_stats(made.raw, archive)
    first = parts[0]
    write_journal(made.raw, Journal(first.journal.selections, first.journal.site_url, first.journal.refreshes))
    if record := noted(first.snapshot.root / "run.json"):
        write_json(made.root / "run.json", record | {"stages": {}})
    return stats


def _repeat_successes(made: Archive, parts: Sequence[_Crawled]) -> None:
    """Append the response to a URL again whose last record is the failure of another part: the last record counts."""
    for part in parts:
        with closing(Archive(part.snapshot.raw, writable=False)) as archive:
            for failure in made.failures():
                place = archive.find(failure.kind, failure.url)
                if failure.kind in CONTENT and place is not None and place.error is None:
                    made.carry(archive, place, failure.url, {"WARC-Date": archive.read(place).fetched_at})
