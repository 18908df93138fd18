"""Paths in records stay inside the snapshot, regardless of the origin of its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from catalog.test_catalog_build import answer, gallery, product_url, reviews_url, topic, topics
from shops.page_shapes import heading, page

from ameli_build.archive.records import Response
from ameli_build.archive.store import Archive
from ameli_build.catalog.build import STAGE
from ameli_build.catalog.replay import replay
from ameli_build.core.cache import in_process
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, image_file

SHA = "ab" * 32
OUTSIDE = [
    "../secret.jpg",
    "raw/images/../../../secret.jpg",
    "raw/images/..",
    "raw/images",
    "raw/images/deep/a.jpg",
    "raw/secret.jpg",
    "/etc/hostname",
    "raw/images/link.jpg",
    "raw/images/loop.jpg",
    "raw/images/a\0.jpg",
    "",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "snapshot"
    (root / "raw" / "images").mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (root / "raw" / "secret.jpg").write_bytes(b"secret")
    (root / "raw" / "images" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "raw" / "images" / "loop.jpg").symlink_to("loop.jpg")
    return root


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_outside_the_folder_of_images_is_no_file(root: Path, path: str) -> None:
    assert image_file(root, path) is None


@pytest.mark.parametrize("name", [f"{SHA}.jpg", "a.jpg", "missing.png"])
def test_a_path_in_the_folder_of_images_is_a_file(root: Path, name: str) -> None:
    assert image_file(root, f"raw/images/{name}") == root / "raw" / "images" / name


def test_a_linked_folder_of_images_allows_only_digests_as_names(root: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    other = tmp_path / "other"
    (other / "raw").mkdir(parents=True)
    (other / "raw" / "images").symlink_to(tmp_path / "disk")
    assert image_file(other, f"raw/images/{SHA}.jpg") is not None
    assert image_file(other, "raw/images/holiday.jpg") is None


def with_images(snapshot: Snapshot, *paths: str) -> None:
    """An archive of one product and one review, with an image for each of `paths`."""
    archive = Archive(snapshot.raw)
    urls = [f"https://img.test/{number}.jpg" for number in range(len(paths))]
    archive.add("page", answer(product_url("1"), page(heading("Lamp"), gallery(*urls))), sku="1")
    archive.add("reviews", answer(reviews_url("1"), topics(topic("r1", "1", "1"))), sku="1")
    for url, path in zip(urls, paths, strict=True):
        archive.add("image", Response(url, url, 200, "OK", (), b"", b""), path=path, digest=SHA)
    archive.close()


def test_a_build_takes_no_picture_from_outside(root: Path) -> None:
    (root / "raw" / "images" / f"{SHA}.jpg").write_bytes(b"a picture")
    with_images(Snapshot(root), *(path for path in OUTSIDE if "\0" not in path), f"raw/images/{SHA}.jpg")
    run_stage(STAGE, Snapshot(root), Settings(), in_process)
    taken = Snapshot(root).read("catalog/images")
    assert taken["path"].drop_nulls().to_list() == [f"raw/images/{SHA}.jpg"]
    assert set(taken["error"].drop_nulls()) == {"leads out of the snapshot"}


def test_the_paths_of_ingested_pictures_are_checked_too(root: Path) -> None:
    product = {"sku": "1", "name": "Lamp", "categories": ["Home"], "images": ["a.jpg", "b.jpg"]}
    review = {"review_id": "r1", "sku": "1", "title": "Fine", "text": "A lamp", "images": ["c.jpg"]}
    (root / "raw" / "products.jsonl").write_text(json.dumps(product) + "\n")
    (root / "raw" / "reviews.jsonl").write_text(json.dumps(review) + "\n")
    paths = {"a.jpg": "../secret.jpg", "b.jpg": "raw/images/link.jpg", "c.jpg": f"raw/images/{SHA}.jpg"}
    rows = [json.dumps({"reference": name, "path": path, "error": None}) for name, path in paths.items()]
    (root / "raw" / "images.jsonl").write_text("\n".join(rows) + "\n")
    run_stage(STAGE, Snapshot(root), Settings(), in_process)
    assert Snapshot(root).read("catalog/images")["path"].drop_nulls().to_list() == [f"raw/images/{SHA}.jpg"]


def test_a_replay_copies_no_file_from_outside(root: Path, tmp_path: Path) -> None:
    with_images(Snapshot(root))
    with pytest.raises(UnusableInput, match=r"link\.jpg.*leads out"):
        replay(Snapshot(root), Settings(), Snapshot(tmp_path / "new"))
    assert not (tmp_path / "new" / "raw").exists()
