"""The index agrees with the archive after damage to either, and needs no memory."""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ameli_build.archive import store as store_module
from ameli_build.archive.index import NAME
from ameli_build.archive.records import Response, read_archive
from ameli_build.archive.store import Archive
from ameli_build.core.errors import RunFailed


def answer(number: int, kind: str = "page") -> Response:
    url = f"http://shop/{kind}/{number}"
    return Response(url, url, 200, "OK", (("Content-Type", "text/html"),), b"<html>%d</html>" % number, b"<html>")


def fill(raw: Path, *numbers: int) -> None:
    store = Archive(raw)
    for number in numbers:
        store.add("page", answer(number), sku=str(number))
    store.close()


def indexed(raw: Path, count: int = 9) -> list[int]:
    """The pages of the index, each read at its indexed place."""
    store = Archive(raw)
    places = {number: store.find("page", f"http://shop/page/{number}") for number in range(count)}
    found = [number for number, place in places.items() if place is not None]
    for number in found:
        place = places[number]
        assert place is not None
        assert store.read(place).body == b"<html>%d</html>" % number
    store.close()
    return found


def read_from(raw: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The offsets, file by file, at which an archive starts to read when it is opened."""
    starts: list[int] = []
    true = store_module.members

    def watched(path: Path, start: int = 0) -> object:
        starts.append(start)
        return true(path, start)

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "members", watched)
        Archive(raw).close()
    return starts


def test_indexed_records_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 0, 1, 2)
    assert read_from(tmp_path, monkeypatch) == [(tmp_path / "pages-00001.warc.gz").stat().st_size]


def test_records_after_the_last_commit_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 0, 1)
    size = (tmp_path / "pages-00001.warc.gz").stat().st_size
    script = (
        "import os, sys; sys.path[:0] = ['tests', 'tests/archive']\n"
        "from pathlib import Path; from ameli_build.archive.store import Archive; from test_index import answer\n"
        "store = Archive(Path(sys.argv[1])); store.add('page', answer(2)); store.add('page', answer(3))\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path(__file__).parents[2])
    assert (tmp_path / "pages-00001.warc.gz").stat().st_size > size
    assert read_from(tmp_path, monkeypatch) == [size]
    assert indexed(tmp_path) == [0, 1, 2, 3]


def lost(raw: Path) -> None:
    (raw / NAME).unlink()


def garbage(raw: Path) -> None:
    (raw / NAME).write_bytes(b"no database" * 500)


def torn(raw: Path) -> None:
    data = (raw / NAME).read_bytes()
    (raw / NAME).write_bytes(data[: len(data) // 2])


def of_another_form(raw: Path) -> None:
    (raw / NAME).unlink()
    database = sqlite3.connect(raw / NAME)
    database.executescript("CREATE TABLE place (key); PRAGMA user_version = 77;")
    database.close()


def spoiled_inside(raw: Path) -> None:
    data = bytearray((raw / NAME).read_bytes())
    for offset in range(4096, len(data), 4096):
        data[offset : offset + 64] = b"\xff" * 64
    (raw / NAME).write_bytes(data)


def longer_than_the_file(raw: Path) -> None:
    path = raw / "pages-00001.warc.gz"
    last = max(record.offset for record in read_archive(raw))
    os.truncate(path, last)


@pytest.mark.parametrize("harm", [lost, garbage, torn, of_another_form, spoiled_inside])
def test_an_unusable_index_is_rebuilt(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    fill(tmp_path, 0, 1, 2)
    harm(tmp_path)
    assert indexed(tmp_path) == [0, 1, 2]
    fill(tmp_path, 3)
    assert indexed(tmp_path) == [0, 1, 2, 3]


def test_an_index_with_more_records_than_the_archive_is_rebuilt(tmp_path: Path) -> None:
    fill(tmp_path, 0, 1, 2)
    longer_than_the_file(tmp_path)
    assert indexed(tmp_path) == [0, 1]


def test_the_index_of_another_archive_is_rebuilt(tmp_path: Path) -> None:
    fill(tmp_path / "a", 0, 1, 2)
    fill(tmp_path / "b", 4, 5, 6, 7)
    (tmp_path / "b" / NAME).replace(tmp_path / "a" / NAME)
    assert indexed(tmp_path / "a") == [0, 1, 2]


def test_a_missing_or_truncated_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "SEGMENT_BYTES", 1000)
    fill(tmp_path, *range(9))
    files = sorted(tmp_path.glob("*.warc.gz"))
    assert len(files) > 2
    whole = files[0].read_bytes()
    files[0].write_bytes(whole[:-20])
    with pytest.raises(RunFailed, match=r"pages-00001.*in the middle of a record"):
        Archive(tmp_path)
    files[0].write_bytes(whole)
    assert indexed(tmp_path) == list(range(9))
    files[-1].unlink()
    assert indexed(tmp_path) == indexed(tmp_path) != list(range(9))


def test_a_reader_changes_nothing_and_sees_unindexed_records(tmp_path: Path) -> None:
    fill(tmp_path, 0, 1)
    writer = Archive(tmp_path)
    writer.add("page", answer(2))
    with (tmp_path / "pages-00001.warc.gz").open("ab") as handle:
        handle.write(gzip.compress(b"torn")[:12])
    before = {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    reader = Archive(tmp_path, writable=False)
    assert reader.find("page", "http://shop/page/2") is not None
    reader.close()
    assert {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before
    empty = Archive(tmp_path / "nothing", writable=False)
    assert empty.tallies() == []
    empty.close()
    assert not (tmp_path / "nothing").exists()


def test_marks_are_counted(tmp_path: Path) -> None:
    store = Archive(tmp_path)
    store.add("image", answer(1, "image"), path="raw/images/1.jpg", more={"Ameli-Decodes": "cut é", "X": "y"})
    store.add("image", answer(2, "image"), path="raw/images/2.jpg")
    store.add_failed("reviews", "http://shop/r", "http_500", 500, "", "77")
    store.add("reviews", answer(3, "reviews"), sku="77")
    assert [(tally.kind, tally.error, tally.marks, tally.number) for tally in store.tallies()] == [
        ("image", None, "", 1),
        ("image", None, "undecodable", 1),
        ("reviews", None, "", 1),
        ("reviews", "http_500", "", 1),
    ]
    assert [place.kind for place in store.of_product("reviews", "77")] == ["reviews"]
    store.close()


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_a_compressed_body_is_stored_unchanged(tmp_path: Path, size: int) -> None:
    plain = os.urandom(size // 2) + b"a" * (size - size // 2)
    body = gzip.compress(plain)
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
    fill(tmp_path / "none")
    store = Archive(tmp_path / "one")
    store.add("page", Response("http://shop/1", "http://shop/1", 200, "OK", headers, body, plain), sku="1")
    store.close()
    empty, filled = ((tmp_path / name / "pages-00001.warc.gz").read_bytes() for name in ("none", "one"))
    assert body[:9000] in filled
    assert len(filled) - len(empty) < 1.001 * len(body) + 1500
    assert body in gzip.decompress(filled)
    assert [record.body for record in read_archive(tmp_path / "one")] == [plain]


def test_a_plain_body_is_compressed(tmp_path: Path) -> None:
    plain = b"<p>a page of a shop</p>" * 5000
    store = Archive(tmp_path)
    store.add("page", Response("http://shop/1", "http://shop/1", 200, "OK", (), plain, plain), sku="1")
    store.close()
    packed = (tmp_path / "pages-00001.warc.gz").read_bytes()
    assert len(packed) < len(plain) / 10
    assert plain in gzip.decompress(packed)


def test_the_index_takes_no_memory(tmp_path: Path) -> None:
    """Ten times as many records need less than 4 MiB more; a dict needed 20 MiB."""
    script = (
        "import resource, sys; from pathlib import Path; from ameli_build.archive.index import Index, Place\n"
        "index = Index(Path(sys.argv[1]))\n"
        "for number in range(int(sys.argv[2])):\n"
        "    index.note(f'http://shop/{number}', Place('page', 200, None, 'pages-00001.warc.gz', number, '', '77'))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    sizes = [
        int(subprocess.check_output([sys.executable, "-c", script, str(tmp_path / f"{count}"), str(count)]))
        for count in (6_000, 60_000)
    ]
    assert sizes[1] - sizes[0] < 4096 + 8000  # plus the page cache of SQLite of at most 8,000 KiB
