"""The archive keeps every complete record after a kill, and reports lost records."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from ameli_build.archive import store as store_module
from ameli_build.archive.records import Response, read_archive
from ameli_build.archive.store import Archive

HTML = "<html><title>Lampe – rot</title></html>".encode()


def answer(url: str, body: bytes = HTML, *headers: tuple[str, str]) -> Response:
    return Response(url, url, 200, "OK", (("Content-Type", "text/html"), *headers), body, body)


def filled(raw: Path, count: int = 5) -> Path:
    store = Archive(raw)
    for number in range(count):
        store.add("page", answer(f"http://shop/{number}", b"<html>%d</html>" % number), sku=str(number))
    store.close()
    return raw / "pages-00001.warc.gz"


def test_a_page_is_read_as_it_was_received(tmp_path: Path) -> None:
    store = Archive(tmp_path)
    packed = gzip.compress(HTML)
    headers = (("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), ("Set-Cookie", "a=1;  b"))
    store.add("page", Response("http://shop/a", "http://shop/b", 200, "OK", headers, packed, HTML), sku="77")
    store.close()
    (record,) = read_archive(tmp_path)
    assert (record.kind, record.url, record.final_url, record.sku) == ("page", "http://shop/a", "http://shop/b", "77")
    assert (record.status, record.body, record.file, record.offset) == (200, HTML, "pages-00001.warc.gz", 0)
    assert record.headers["content-encoding"] == "gzip"
    with (tmp_path / record.file).open("rb") as handle:
        assert [stored.raw_stream.read() for stored in ArchiveIterator(handle)] == [packed]


def test_the_record_of_an_image_names_its_file_and_has_no_body(tmp_path: Path) -> None:
    store = Archive(tmp_path)
    store.add("image", answer("http://shop/i.jpg", b"\xff\xd8\xff"), path="raw/images/abc.jpg")
    store.close()
    (record,) = read_archive(tmp_path)
    assert (record.kind, record.body, record.path) == ("image", None, "raw/images/abc.jpg")
    assert record.digest == hashlib.sha256(b"\xff\xd8\xff").hexdigest()


def test_a_clicked_page_and_a_failure_are_read_as_written(tmp_path: Path) -> None:
    store = Archive(tmp_path)
    store.add_clicked("http://shop/1", "<p>é\ud800", "1")
    store.add_failed("image", "http://shop/2 3\n.jpg", "http_404", 404, "gone")
    failures = store.failures()
    store.close()
    clicked, failed = read_archive(tmp_path)
    assert (clicked.kind, clicked.url, clicked.sku, clicked.body) == ("clicked", "http://shop/1", "1", b"<p>\xc3\xa9?")
    assert (failed.kind, failed.wanted, failed.error, failed.status) == ("failed", "image", "http_404", 404)
    assert failed.url == "http://shop/2 3\n.jpg"
    assert failures == [("image", "http_404", "http://shop/2 3\n.jpg", None)]


def test_the_index_is_rebuilt(tmp_path: Path) -> None:
    filled(tmp_path)
    store = Archive(tmp_path)
    place = store.find("page", "http://shop/3")
    assert place is not None
    assert store.read(place).body == b"<html>3</html>"
    assert store.find("page", "http://shop/5") is None
    assert store.find("listing", "http://shop/3") is None
    store.close()


def test_a_success_replaces_an_earlier_failure(tmp_path: Path) -> None:
    store = Archive(tmp_path)
    store.add_failed("page", "http://shop/1", "timeout", 0, "")
    store.add("page", answer("http://shop/1"))
    store.close()
    again = Archive(tmp_path)
    place = again.find("page", "http://shop/1")
    assert place is not None
    assert place.error is None
    assert again.failures() == []
    again.close()


def test_a_torn_record_is_cut_off_at_every_length(tmp_path: Path) -> None:
    path = filled(tmp_path, 2)
    whole = path.read_bytes()
    second = list(read_archive(tmp_path))[1].offset
    for size in range(second + 1, len(whole), 7):
        path.write_bytes(whole[:size])
        assert [record.url for record in read_archive(tmp_path)] == ["http://shop/0"]
        store = Archive(tmp_path)
        store.add("page", answer("http://shop/next"))
        store.close()
        assert [record.url for record in read_archive(tmp_path)] == ["http://shop/0", "http://shop/next"]


def test_blocks_of_zeros_after_a_power_cut_are_cut_off(tmp_path: Path) -> None:
    path = filled(tmp_path, 2)
    size = path.stat().st_size
    with path.open("ab") as handle:
        handle.write(bytes(9000))
    assert len(list(read_archive(tmp_path))) == 2
    Archive(tmp_path).close()
    assert path.stat().st_size == size


def test_damage_costs_only_the_damaged_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = filled(tmp_path)
    data = path.read_bytes()
    offsets = [record.offset for record in read_archive(tmp_path)]
    for place in (offsets[2], offsets[2] + 3, offsets[2] + 60, offsets[3] - 2):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        intact = ["http://shop/0", "http://shop/1", "http://shop/3", "http://shop/4"]
        assert [record.url for record in read_archive(tmp_path)] == intact
        assert f"the record at byte {offsets[2]} is damaged" in capsys.readouterr().err
        (tmp_path / ".index.sqlite").unlink(missing_ok=True)
        store = Archive(tmp_path)
        assert store.find("page", "http://shop/2") is None
        found = store.find("page", "http://shop/4")
        assert found is not None
        assert store.read(found).body == b"<html>4</html>"
        store.close()


def test_a_damaged_last_record_stays_and_new_records_follow_it(tmp_path: Path) -> None:
    path = filled(tmp_path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1  # a byte of its checksum
    path.write_bytes(data)
    store = Archive(tmp_path)
    store.add("page", answer("http://shop/4"))
    store.close()
    assert path.read_bytes().startswith(data)
    assert [record.url for record in read_archive(tmp_path)] == [f"http://shop/{number}" for number in range(5)]


def repacked(data: bytes, cut: int) -> bytes:
    """The contents of a gzip file, compressed again in members of `cut` bytes each."""
    content = gzip.decompress(data)
    return b"".join(gzip.compress(content[at : at + cut]) for at in range(0, len(content), cut))


@pytest.mark.parametrize("cut", [10**9, 100, 997, 65536])
def test_gzip_members_of_any_size_are_read(tmp_path: Path, cut: int) -> None:
    path = filled(tmp_path, 7)
    path.write_bytes(repacked(path.read_bytes(), cut))
    (tmp_path / ".index.sqlite").unlink()
    urls = [f"http://shop/{number}" for number in range(7)]
    assert [record.url for record in read_archive(tmp_path)] == urls
    before = path.read_bytes()
    reader = Archive(tmp_path, writable=False)
    place = reader.find("page", "http://shop/5")
    assert place is not None
    assert reader.read(place).body == b"<html>5</html>"
    reader.close()
    assert path.read_bytes() == before
    store = Archive(tmp_path)
    store.add("page", answer("http://shop/7"))
    assert all(store.find("page", url) for url in urls)
    store.close()
    assert [record.url for record in read_archive(tmp_path)] == [*urls, "http://shop/7"]


def test_an_unreadable_record_is_passed_over(tmp_path: Path) -> None:
    path = filled(tmp_path, 3)
    odd = gzip.compress(b"WARC/1.1\r\nAmeli-Kind: page\r\nContent-Length: 0\r\n\r\n\r\n\r\n")
    path.write_bytes(odd + path.read_bytes())
    assert [record.url for record in read_archive(tmp_path)] == [f"http://shop/{number}" for number in range(3)]


def test_a_long_archive_has_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "SEGMENT_BYTES", 1000)
    filled(tmp_path, 12)
    assert len(list(tmp_path.glob("*.warc.gz"))) > 2
    assert [record.url for record in read_archive(tmp_path)] == [f"http://shop/{number}" for number in range(12)]
    store = Archive(tmp_path)
    assert all(store.find("page", f"http://shop/{number}") for number in range(12))
    store.close()


def test_several_threads_write_complete_records(tmp_path: Path) -> None:
    store = Archive(tmp_path)

    def write(part: int) -> None:
        for number in range(50):
            store.add("page", answer(f"http://shop/{part}/{number}", b"<html>%d %d</html>" % (part, number)))

    threads = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    bodies = {record.url: record.body for record in read_archive(tmp_path)}
    assert bodies == {f"http://shop/{p}/{n}": b"<html>%d %d</html>" % (p, n) for p in range(4) for n in range(50)}


def test_another_library_confirms_the_digests(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with path.open("rb") as handle:
        for record in ArchiveIterator(io.BytesIO(handle.read()), check_digests="raise"):
            record.content_stream().read()
    checked = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout


INJECTED = (
    "x\r\nAmeli-Kind: done",
    "x\nAmeli-SKU: 1\r\n\r\nWARC/1.1\r\nAmeli-Kind: done\r\n\r\n",
    "x\rAmeli-Path: ../../etc/passwd",
    "x\x85Ameli-Kind: done\u2028Ameli-Kind: done\x0b\x0c",
    "x\r\n\r\n<html>another page</html>",
)


@pytest.mark.parametrize("text", INJECTED)
@pytest.mark.parametrize("place", ["url", "final_url", "sku", "name", "value", "reason", "remark", "body", "failed"])
def test_no_text_of_a_shop_becomes_a_header_of_a_record(tmp_path: Path, place: str, text: str) -> None:
    texts = {name: text if name == place else "y" for name in ("name", "value", "reason", "remark")}
    url, final_url, sku = (f"http://shop/{text if name == place else name}" for name in ("url", "final_url", "sku"))
    body = text.encode() if place == "body" else HTML
    store = Archive(tmp_path)
    if place == "failed":
        store.add_failed("page", text, text, 0, text, text)
    else:
        response = Response(url, final_url, 200, texts["reason"], ((texts["name"], texts["value"]),), body, body)
        store.add("page", response, sku=sku, more={"Ameli-Conflicts": texts["remark"]})
    store.add_done("http://shop/last", None)
    store.close()
    first, last = read_archive(tmp_path)
    assert (first.kind, last.kind, last.url) == ("failed" if place == "failed" else "page", "done", "http://shop/last")
    assert first.path is None
    if place == "failed":
        assert (first.url, first.error) == (text, text)
    else:
        assert (first.url, first.body, first.status) == (url, body, 200)
        assert not {"ameli-kind", "ameli-sku", "ameli-path"} & set(first.headers)
    with (tmp_path / first.file).open("rb") as handle:
        records = list(ArchiveIterator(handle))
    assert len(records) == 2
    names = [name.lower() for name, _ in records[0].rec_headers.headers]
    assert len(names) == len(set(names))
