import gzip
import io
import json
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from PIL import Image

from ameli_build.catalog.ingest import ingest
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record
from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import FaultPlan
from ameli_build.demo.server import LoopbackServer

LOOPBACK = load_settings("demo")


def jpeg(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def write(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")
    return path


def product(sku: str, *images: str, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "name": f"Lamp {sku}", "categories": ["Lamps"], "images": list(images), **more}


def review(review_id: str, sku: str, *images: str, **more: Any) -> dict[str, Any]:
    return {"review_id": review_id, "sku": sku, "text": "Nice lamp", "images": list(images), **more}


def pictures(snapshot: Snapshot) -> dict[str, tuple[str | None, str | None]]:
    return {reference: (path, error) for reference, path, error in snapshot.read("catalog/images").iter_rows()}


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_records_and_images_are_copied_into_the_snapshot(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(jpeg("red"))
    (folder / "deep" / "same.png").write_bytes(jpeg("red"))
    (folder / "odd.jpg").write_bytes(b"not a picture")
    (tmp_path / "secret.jpg").write_bytes(jpeg("blue"))
    (folder / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    products = write(tmp_path / "p.jsonl", product("s2"), product("s1", "a.jpg", "none.jpg"), "cut {", product("s1"))
    wanted = ["deep/same.png", "odd.jpg", "out.jpg", "loop.jpg", "deep", "deep\\same.png", f"{'x' * 300}.jpg"]
    reviews = write(
        tmp_path / "r.jsonl",
        review("r2", "s1", *wanted),
        review("r1", "s1", "a.jpg", product_details_sku="s2"),
        review("r1", "s2"),
        "",
        review("r3", "s1", "/etc/passwd"),
        review("r4", "gone", helpful="many"),
    )
    snapshot = Snapshot(tmp_path / "snap")
    ingest(snapshot, products, reviews, folder, Settings())

    assert snapshot.read("catalog/products")["sku"].to_list() == ["s1", "s2"]
    links = snapshot.read("catalog/reviews")
    assert links.select("review_id", "sku", "product_details_sku").rows() == [
        ("r1", "s1", "s2"),
        ("r1", "s2", None),
        ("r2", "s1", None),
    ]
    assert links["images"][2].to_list() == wanted
    found = pictures(snapshot)
    assert found["a.jpg"] == found["deep/same.png"] == found["deep\\same.png"]
    assert (found["a.jpg"][0] or "").endswith(".jpg")
    assert (snapshot.root / str(found["odd.jpg"][0])).read_bytes() == b"not a picture"
    assert {reference: error for reference, (path, error) in found.items() if path is None} == {
        "none.jpg": "no such file",
        "out.jpg": "leads out of the images folder",
        "loop.jpg": found["loop.jpg"][1],
        "deep": "not a file",
        f"{'x' * 300}.jpg": "cannot be read (File name too long)",
    }
    assert found["loop.jpg"][1] is not None
    rejected = [json.loads(row) for row in (snapshot.root / "catalog" / "rejected.jsonl").read_text().splitlines()]
    assert [(row["file"], row["line"]) for row in rejected] == [
        ("raw/products.jsonl", 3),
        ("raw/products.jsonl", 4),
        ("raw/reviews.jsonl", 4),
        ("raw/reviews.jsonl", 5),
        ("raw/reviews.jsonl", 6),
    ]
    counts = stage_record(snapshot, "catalog")["counts"]
    assert (counts["products"], counts["reviews"], counts["links"], counts["rejected"]) == (2, 2, 3, 5)
    assert (snapshot.raw / "products.jsonl").read_bytes() == products.read_bytes()
    assert not [name for name in files_below(snapshot.root) if name.endswith(".partial")]


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    products = write(tmp_path / "p.jsonl", product("s2", "x.jpg"), product("s1", extra={"b": 1, "a": 2}))
    reviews = write(tmp_path / "r.jsonl", review("r2", "s1"), review("r1", "s2"))
    tables = []
    for name in ("one", "two"):
        snapshot = Snapshot(tmp_path / name)
        ingest(snapshot, products, reviews, None, Settings())
        below = snapshot.root / "catalog"
        tables.append({path.name: path.read_bytes() for path in below.iterdir()})
    assert tables[0] == tables[1]
    assert set(tables[0]) == {"products.parquet", "reviews.parquet", "images.parquet", "rejected.jsonl"}


def test_a_second_ingest_replaces_the_first(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path / "snap")
    reviews = write(tmp_path / "r.jsonl", review("r1", "s1"))
    ingest(snapshot, write(tmp_path / "p.jsonl", product("s1")), reviews, None, Settings())
    packed = tmp_path / "q.gz"
    packed.write_bytes(gzip.compress(json.dumps(product("s9")).encode()))
    ingest(snapshot, packed, reviews, None, Settings())
    assert snapshot.read("catalog/products")["sku"].to_list() == ["s9"]
    assert not (snapshot.raw / "products.jsonl").exists()
    assert (snapshot.raw / "products.jsonl.gz").is_file()
    changed = write(tmp_path / "r.jsonl", review("r2", "s1"))  # the same number of bytes
    ingest(snapshot, packed, changed, None, Settings())
    assert snapshot.read("catalog/reviews")["review_id"].to_list() == ["r2"]


@pytest.mark.parametrize("bad", ["products", "reviews"])
def test_an_ingest_without_usable_records_writes_nothing(tmp_path: Path, bad: str) -> None:
    products = write(tmp_path / "p.jsonl", "{" if bad == "products" else product("s1"))
    reviews = write(tmp_path / "r.jsonl", "{" if bad == "reviews" else review("r1", "s1"))
    snapshot = Snapshot(tmp_path / "snap")
    with pytest.raises(UnusableInput, match=f"no usable {bad[:-1]}; line 1: not JSON"):
        ingest(snapshot, products, reviews, None, Settings())
    assert not snapshot.root.exists()


def test_wrong_usage_of_ingest(tmp_path: Path) -> None:
    products, reviews = write(tmp_path / "p", product("s1")), write(tmp_path / "r", review("r1", "s1"))
    snapshot = Snapshot(tmp_path / "snap")
    with pytest.raises(UnusableInput, match="nowhere: not a folder"):
        ingest(snapshot, products, reviews, tmp_path / "nowhere", Settings())
    with pytest.raises(UnusableInput, match="none: cannot be read"):
        ingest(snapshot, tmp_path / "none", reviews, None, Settings())
    snapshot.raw.mkdir(parents=True)
    (snapshot.raw / "pages-00001.warc.gz").write_bytes(b"")
    with pytest.raises(UnusableInput, match="contains a crawl"):
        ingest(snapshot, products, reviews, None, Settings())


def test_fetch_images_fetches_each_image_once(tmp_path: Path) -> None:
    bodies = {"/a.jpg": Answer(jpeg("red"), "image/jpeg"), "/empty.jpg": Answer(b"", "image/jpeg")}
    missing = Answer(b"", status=404)
    with LoopbackServer(lambda target: bodies.get(target, missing), FaultPlan()) as server:
        urls = [f"{server.url}/{name}" for name in ("a.jpg", "gone.jpg", "empty.jpg")]
        products = write(tmp_path / "p", product("s1", *urls))
        reviews = write(tmp_path / "r", review("r1", "s1", urls[0]))
        snapshot = Snapshot(tmp_path / "snap")
        ingest(snapshot, products, reviews, None, LOOPBACK)
        assert pictures(snapshot)[urls[0]] == (None, "not fetched (no --fetch-images)")
        ingest(snapshot, products, reviews, None, LOOPBACK, fetch_images=True)
        found = pictures(snapshot)
        assert (snapshot.root / str(found[urls[0]][0])).read_bytes() == jpeg("red")
        assert found[urls[1]] == (None, "http_404")
        assert found[urls[2]][0] is None
        asked = [seen.target for seen in server.seen]
        ingest(snapshot, products, reviews, None, LOOPBACK, fetch_images=True)
        again = [seen.target for seen in server.seen][len(asked) :]
    assert asked.count("/a.jpg") == 1
    assert "/a.jpg" not in again
    assert "/gone.jpg" in again


def test_loopback_is_not_fetched_unless_the_settings_allow_it(tmp_path: Path) -> None:
    with LoopbackServer(lambda target: Answer(jpeg("red"), "image/jpeg"), FaultPlan()) as server:
        products = write(tmp_path / "p", product("s1", f"{server.url}/a.jpg"))
        reviews = write(tmp_path / "r", review("r1", "s1"))
        snapshot = Snapshot(tmp_path / "snap")
        crawl = LOOPBACK.crawl.model_copy(update={"allow_loopback": False, "retries": 0})
        ingest(snapshot, products, reviews, None, LOOPBACK.model_copy(update={"crawl": crawl}), fetch_images=True)
        assert pictures(snapshot)[f"{server.url}/a.jpg"][0] is None
        assert "/a.jpg" not in [seen.target for seen in server.seen]


def test_cycles_of_variants_missing_products_and_empty_categories_are_accepted(tmp_path: Path) -> None:
    cycle = [product("s1", variants=["s2"]), product("s2", variants=["s1", "s2"], categories=[])]
    snapshot = Snapshot(tmp_path / "snap")
    reviews = write(tmp_path / "r", review("r1", "gone", product_details_sku="gone too"))
    ingest(snapshot, write(tmp_path / "p", *cycle), reviews, None, Settings())
    assert snapshot.read("catalog/products").select("variants", "categories").rows() == [
        (["s2"], ["Lamps"]),
        (["s1", "s2"], []),
    ]
    assert snapshot.read("catalog/reviews").select("sku", "product_details_sku").rows() == [("gone", "gone too")]


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_record", ["NFC", "NFD"])
def test_file_names_are_compared_in_one_unicode_form(tmp_path: Path, on_disk: Any, in_record: Any) -> None:
    names = ["crème brûlée.jpg", "größe/Ångström.jpg", "한국어/사진.jpg", "x/naïve/é.jpg"]
    for name in names:
        path = tmp_path / "pictures" / normalize(on_disk, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg("red"))
    references = [normalize(in_record, name) for name in names]
    windows = normalize(in_record, "größe\\Ångström.jpg")
    products = write(tmp_path / "p", product("s1", *references, windows, normalize(in_record, "größe/é.jpg")))
    snapshot = Snapshot(tmp_path / "snap")
    ingest(snapshot, products, write(tmp_path / "r", review("r1", "s1")), tmp_path / "pictures", Settings())
    found = pictures(snapshot)
    assert [error for _, error in found.values()].count(None) == 5
    assert found[normalize(in_record, "größe/é.jpg")] == (None, "no such file")


def test_an_exact_file_name_takes_precedence(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for form, colour in (("NFC", "red"), ("NFD", "blue")):
        (tmp_path / "pictures" / normalize(form, "é.jpg")).write_bytes(jpeg(colour))  # type: ignore[arg-type]
    names = [normalize(form, "é.jpg") for form in ("NFC", "NFD")]  # type: ignore[arg-type]
    snapshot = Snapshot(tmp_path / "snap")
    products = write(tmp_path / "p", product("s1", *names))
    ingest(snapshot, products, write(tmp_path / "r", review("r1", "s1")), tmp_path / "pictures", Settings())
    bodies = [(snapshot.root / str(pictures(snapshot)[name][0])).read_bytes() for name in names]
    assert bodies == [jpeg("red"), jpeg("blue")]
