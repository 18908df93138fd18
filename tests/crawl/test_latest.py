"""The snapshot that a monthly rebuild starts from."""

from __future__ import annotations

import os
from pathlib import Path

from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.crawl.journal import Journal, Selection, write_journal
from ameli_build.crawl.latest import newest_finished
from ameli_build.crawl.parts import Part

SHOP = "https://shop.example"


def made(
    folder: Path, name: str, at: int, *, site: str = SHOP, selection: Selection | None = None, released: bool = True
) -> Snapshot:
    """A snapshot that was crawled at this second."""
    snapshot = Snapshot(folder / name)
    write_bytes(snapshot.raw / "pages-00001.warc.gz", b"")
    os.utime(snapshot.raw / "pages-00001.warc.gz", (at, at))
    write_journal(snapshot.raw, Journal((selection or Selection(),), site))
    if released:
        write_bytes(snapshot.dataset / "SHA256SUMS", b"")
    return snapshot


def found(folder: Path, name: str = "new", selection: Selection | None = None) -> str | None:
    newest = newest_finished(folder, Snapshot(folder / name), SHOP, selection or Selection())
    return newest.root.name if newest is not None else None


def test_the_snapshot_with_the_latest_crawl_is_chosen(tmp_path: Path) -> None:
    made(tmp_path, "2026-10", 200)
    made(tmp_path, "2026-09", 100)
    made(tmp_path, "2026-11", 300, released=False)
    assert found(tmp_path) == "2026-10"


def test_a_later_data_set_does_not_make_a_snapshot_newer(tmp_path: Path) -> None:
    early, late = made(tmp_path, "2026-09", 100), made(tmp_path, "2026-10", 200)
    for at, snapshot in ((300, late), (400, early)):
        os.utime(snapshot.dataset / "SHA256SUMS", (at, at))
    assert found(tmp_path) == "2026-10"


def test_the_first_rebuild_has_no_earlier_snapshot(tmp_path: Path) -> None:
    assert found(tmp_path) is None
    assert found(tmp_path / "not-there") is None


def test_snapshots_of_another_shop_or_selection_are_passed_over(tmp_path: Path) -> None:
    part = Selection(("abcat0502000",))
    made(tmp_path, "whole", 100)
    made(tmp_path, "demo", 200, site="http://127.0.0.1:1234")
    made(tmp_path, "part", 300, selection=part)
    assert found(tmp_path) == "whole"
    assert found(tmp_path, selection=part) == "part"


def test_a_part_of_a_crawl_is_passed_over(tmp_path: Path) -> None:
    made(tmp_path, "whole", 100)
    part = made(tmp_path, "part", 200)
    write_journal(part.raw, Journal((Selection(),), SHOP, part=Part(2, 3), complete=True))
    assert found(tmp_path) == "whole"


def test_a_snapshot_with_a_crawl_has_no_earlier_snapshot(tmp_path: Path) -> None:
    made(tmp_path, "2026-10", 100)
    made(tmp_path, "2026-11", 0, released=False)
    assert found(tmp_path, "2026-11") is None


def test_a_damaged_journal_is_passed_over(tmp_path: Path) -> None:
    made(tmp_path, "2026-10", 100)
    broken = made(tmp_path, "2026-09", 200)
    write_bytes(broken.raw / "crawl.json", b"{")
    assert found(tmp_path) == "2026-10"
