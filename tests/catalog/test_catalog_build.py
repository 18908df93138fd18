import gzip
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from shops.page_shapes import clicked_sheet, component, crumbs, heading, page, specifications

from ameli_build.archive.records import Response, members
from ameli_build.archive.store import Archive
from ameli_build.catalog import warc
from ameli_build.catalog.build import STAGE
from ameli_build.catalog.replay import replay
from ameli_build.core.cache import in_process
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record
from ameli_build.core.workers import process_mapper

SITE = "https://shop.test"
HTML = (("Content-Type", "text/html"),)
SHEET = [("General", [("Color", "Red"), ("Dimmable", "Yes")])]


def product_url(sku: str) -> str:
    return f"{SITE}/site/lamp/{sku}.p?skuId={sku}"


def answer(url: str, body: bytes, final_url: str | None = None) -> Response:
    return Response(url, final_url or url, 200, "OK", HTML, body, body)


def reviews_url(sku: str, number: int = 1) -> str:
    return f"{SITE}/ugc/v2/reviews?page={number}&pageSize=20&sku={sku}"


def topic(review_id: Any, sku: str, listed: str, photo: str = "", helpful: int = 0) -> dict[str, Any]:
    row = {"id": review_id, "title": "Fine", "text": f"Lamp {review_id}", "positiveFeedbackCount": helpful}
    row["writeCommentUrl"] = f"/site/reviews/submission/{sku}/review/1"
    row["photos"] = [{"piscesUrl": f"{photo};maxHeight=54"}] if photo else []
    return row if sku == listed else row | {"productDetails": {"links": {"pdpPath": f"/site/x/{sku}.p?skuId={sku}"}}}


def topics(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"topics": rows, "totalPages": 1, "totalResults": len(rows)}).encode()


def gallery(*images: str) -> str:
    return (
        '<div class="shop-media-gallery">' + "".join(f'<img src="{image};maxHeight=9">' for image in images) + "</div>"
    )


@pytest.fixture
def crawled(tmp_path: Path) -> Snapshot:
    """Three products (with a click, fetched twice, blocked), and reviews listed under two variants."""
    snapshot = Snapshot(tmp_path / "crawl")
    archive = Archive(snapshot.raw)
    body = (crumbs(["Best Buy", "Lamps"]), heading("Lamp one", "Lumo", "L1"), gallery("https://img.test/1.jpg"))
    archive.add("page", answer(f"{SITE}/site/1001.p?skuId=1001", page(*body), product_url("1001")), sku="1001")
    archive.add_clicked(product_url("1001"), page(*body, clicked_sheet(SHEET)).decode(), "1001")
    for name in ("Old name", "New name"):
        sheet = component("shop-specifications", specifications([{"displayName": "A", "specifications": []}]))
        archive.add("page", answer(product_url("1002"), page(heading(name), sheet, gallery("https://img.test/2.jpg"))))
    archive.add("page", answer(product_url("1003"), page(title="Access Denied")))
    archive.add("listing", answer(f"{SITE}/site/x/x/cat.c", page("<ol></ol>")))
    archive.add(
        "reviews",
        answer(
            reviews_url("1001"), topics(topic("r2", "1001", "1001", "https://img.test/r2"), topic("r1", "1002", "1001"))
        ),
    )
    archive.add(
        "reviews", answer(reviews_url("1001", 2), topics(topic("r2", "1001", "1001", "https://img.test/r2", 5)))
    )
    archive.add(
        "reviews", answer(reviews_url("1002"), topics(topic("r1", "1002", "1002"), topic(None, "1002", "1002")))
    )
    archive.add("reviews", answer(reviews_url("1003"), b"<html>Oops</html>"))
    archive.add("image", answer("https://img.test/1.jpg", b"body"), path="raw/images/ab.jpg")
    archive.add_failed("image", "https://img.test/2.jpg", "http_404", 404, "")
    archive.add_failed("image", "https://img.test/1.jpg", "timeout", 0, "")
    archive.add_failed("page", product_url("1009"), "http_404", 404, "")
    archive.close()
    return snapshot


def rows(snapshot: Snapshot, table: str, *columns: str) -> list[tuple[Any, ...]]:
    return snapshot.read(f"catalog/{table}").select(columns).rows()


def rejected(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    return map(json.loads, (snapshot.root / "catalog" / "rejected.jsonl").read_text().splitlines())


def test_a_crawl_becomes_tables(crawled: Snapshot) -> None:
    assert run_stage(STAGE, crawled, Settings())
    products = crawled.read("catalog/products").to_dicts()
    assert [(row["sku"], row["name"]) for row in products] == [("1001", "Lamp one"), ("1002", "New name")]
    assert products[0]["categories"] == ["Best Buy", "Lamps"]
    assert products[0]["url"] == product_url("1001")
    assert [(row["name"], row["value"]) for row in products[0]["attributes"]] == [("Color", "Red"), ("Dimmable", "Yes")]
    assert products[0]["source"] == "pages-00001.warc.gz:0"
    assert products[0]["fetched_at"].endswith("Z")
    assert rows(crawled, "reviews", "review_id", "sku", "product_details_sku", "helpful") == [
        ("r1", "1001", "1002", 0),
        ("r1", "1002", None, 0),
        ("r2", "1001", None, 5),
    ]
    file, _, offset = rows(crawled, "reviews", "source")[0][0].partition(":")
    assert (file, offset.isdigit()) == ("pages-00001.warc.gz", True)
    assert rows(crawled, "images", "reference", "path", "error") == [
        ("https://img.test/1.jpg", "raw/images/ab.jpg", None),
        ("https://img.test/2.jpg", None, "http_404"),
        ("https://img.test/r2", None, "not fetched"),
    ]
    assert [(row["line"], row["error"], row["record"][:24]) for row in rejected(crawled)] == [
        (0, "page: a block page (Access Denied)", product_url("1003")[:24]),
        (0, "review 2 of sku 1002: review_id: null", '{"id": null, "title": "F'),
        (0, "reviews: no JSON in the page", reviews_url("1003")[:24]),
    ]
    counts = stage_record(crawled, "catalog")["counts"]
    assert (counts["reviews"], counts["links"], counts["repeated_links"], counts["conflicts"]) == (2, 3, 1, 0)
    assert (counts["images"], counts["images_missing"], counts["rejected"]) == (3, 2, 3)


def test_the_stage_runs_again_only_for_a_changed_archive_or_output(crawled: Snapshot) -> None:
    assert run_stage(STAGE, crawled, Settings())
    assert not run_stage(STAGE, crawled, Settings())
    archive = Archive(crawled.raw)
    archive.add("page", answer(product_url("1004"), page(heading("Lamp four"))))
    archive.close()
    assert run_stage(STAGE, crawled, Settings())
    assert [sku for (sku,) in rows(crawled, "products", "sku")] == ["1001", "1002", "1004"]
    (crawled.root / "catalog" / "rejected.jsonl").write_text("")
    assert run_stage(STAGE, crawled, Settings())
    assert len(list(rejected(crawled))) == 3


def tables_of(snapshot: Snapshot) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (snapshot.root / "catalog").iterdir()}


def test_replay_gives_the_same_bytes_in_place_and_in_another_folder(crawled: Snapshot, tmp_path: Path) -> None:
    crawled.store_image(b"body", "jpg")
    run_stage(STAGE, crawled, Settings())
    first = tables_of(crawled)
    assert replay(crawled, Settings()) == crawled
    assert replay(crawled, Settings(), crawled) == crawled
    assert tables_of(crawled) == first
    other = replay(crawled, Settings(), Snapshot(tmp_path / "other"))
    again = replay(crawled, Settings(), other)
    assert tables_of(other) == tables_of(again) == first
    # Hidden files, which only the crawler needs, are not copied.
    assert {path.name for path in other.raw.rglob("[!.]*.*")} == {path.name for path in crawled.raw.rglob("[!.]*.*")}
    (other.raw / "pages-00007.warc.gz").write_bytes(b"")
    with pytest.raises(UnusableInput, match=r"pages-00007\.warc\.gz: not a file of"):
        replay(crawled, Settings(), other)
    with pytest.raises(UnusableInput, match="nothing to replay"):
        replay(Snapshot(tmp_path / "none"), Settings())


def test_a_replay_into_another_folder_has_an_archive_of_its_own(crawled: Snapshot, tmp_path: Path) -> None:
    other = replay(crawled, Settings(), Snapshot(tmp_path / "other"))
    before = (crawled.raw / "pages-00001.warc.gz").read_bytes()
    archive = Archive(other.raw)
    archive.add("page", answer(product_url("1004"), page(heading("Lamp four"))))
    archive.close()
    assert (crawled.raw / "pages-00001.warc.gz").read_bytes() == before


def test_workers_and_caches_change_no_byte(crawled: Snapshot, tmp_path: Path) -> None:
    archive = Archive(crawled.raw)
    for sku in range(2000, 2070):
        archive.add("page", answer(product_url(str(sku)), page(heading(f"Lamp {sku}"))))
    archive.close()
    run_stage(STAGE, crawled, Settings())
    assert len(list((crawled.root / "cache").rglob("*.sealed"))) == 3
    with process_mapper(2) as mapper:
        other = replay(crawled, Settings(), Snapshot(tmp_path / "other"), mapper)
    assert tables_of(other) == tables_of(crawled)
    replay(crawled, Settings())
    assert tables_of(other) == tables_of(crawled)


@pytest.mark.parametrize("pages", [8, 20, 70])
def test_all_pages_reach_the_workers_at_once(crawled: Snapshot, monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """No worker waits for pages that other workers parse."""
    monkeypatch.setattr(warc, "SHARD_PAGES", 1)
    archive = Archive(crawled.raw)
    fill(archive, [("page", product_url(str(sku)), page(heading("Lamp"))) for sku in range(2000, 2000 + pages)])
    sent: list[int] = []

    def mapper(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        sent.append(len(items))
        return map(function, items)

    run_stage(STAGE, crawled, Settings(), mapper)
    assert sent == [len(list((crawled.root / "cache").rglob("*.sealed")))]
    assert sent[0] > pages


def fill(archive: Archive, pages: Sequence[tuple[str, str, bytes]]) -> None:
    for kind, url, body in pages:
        archive.add(kind, answer(url, body))
    archive.close()


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ([], "no products, neither in an archive"),
        ([("listing", SITE, b"<ol>")], "the archive holds no usable product"),
        (
            [("page", product_url("1"), b"<html>")],
            "no usable product; https://.*: page: a page without a product's name",
        ),
        ([("page", product_url("1"), page(heading("Lamp")))], "the archive holds no usable review"),
    ],
)
def test_an_archive_without_usable_records_is_an_error(
    tmp_path: Path, pages: list[tuple[str, str, bytes]], message: str
) -> None:
    snapshot = Snapshot(tmp_path)
    snapshot.raw.mkdir()
    if pages:
        fill(Archive(snapshot.raw), pages)
    with pytest.raises(UnusableInput, match=message):
        run_stage(STAGE, snapshot, Settings())
    assert not (snapshot.root / "catalog").exists()


@pytest.mark.parametrize("whole", [True, False])
def test_a_damaged_or_recompressed_archive_gives_its_other_records(crawled: Snapshot, whole: bool) -> None:
    run_stage(STAGE, crawled, Settings(), in_process)
    products = crawled.read("catalog/products").drop("source")
    (path,) = crawled.raw.glob("*.warc.gz")
    data = bytearray(path.read_bytes())
    if whole:
        path.write_bytes(gzip.compress(gzip.decompress(data)))
    else:
        places = [start for start, _, record in members(path) if b"ameli-kind: reviews" in record.lower()]
        data[places[-1] + 30] ^= 0xFF
        path.write_bytes(data)
    run_stage(STAGE, crawled, Settings(), in_process)
    assert crawled.read("catalog/products").drop("source").equals(products)
    assert ("is damaged" in (crawled.root / "catalog" / "rejected.jsonl").read_text()) is not whole


@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
def test_an_archive_that_changed_with_equal_size_is_read_again(crawled: Snapshot, place: float) -> None:
    assert run_stage(STAGE, crawled, Settings(), in_process)
    (path,) = crawled.raw.glob("*.warc.gz")
    found, data = path.stat(), bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert run_stage(STAGE, crawled, Settings(), in_process)
    assert not run_stage(STAGE, crawled, Settings(), in_process)
