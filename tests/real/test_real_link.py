"""Links to a catalogue of 81 products with one picture each and no review, by real encoders without training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from ameli_build.core.pictures import open_picture
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.world import WorldProduct
from ameli_build.drawing.pictures import catalogue_view, photograph
from ameli_build.models import Matrix
from ameli_build.models.vision import load_image_encoder
from ameli_build.single.answer import Answer
from ameli_build.single.linker import Linker

pytestmark = pytest.mark.timeout(1200)

AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]
PRODUCTS, TOP = 81, 10


def ameli(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*AMELI, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def products() -> list[WorldProduct]:
    return list(make_world(11, 110).products)[:PRODUCTS]


@pytest.fixture(scope="module")
def photos(products: list[WorldProduct], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A photograph of each product in a room: with other light, rotated, and in perspective."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(3)
    paths = [folder / f"{product.sku}.jpg" for product in products]
    for n, (product, path) in enumerate(zip(products, paths, strict=True)):
        picture, _ = photograph(product.look, 5000 + n)
        side, off = picture.width, rng.uniform(0, 0.06, 8) * picture.width
        corners = (off[0], off[1], off[2], side - off[3], side - off[4], side - off[5], side - off[6], off[7])
        aslant = picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
        ImageEnhance.Brightness(aslant).enhance(rng.uniform(0.6, 1.25)).save(path)
    return paths


@pytest.fixture(scope="module")
def snapshot(local: Settings, products: list[WorldProduct], tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot ingested and built without a review; both commands succeed."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "images").mkdir()
    with (folder / "products.jsonl").open("w") as handle:
        for product in products:
            catalogue_view(product.look, 0).save(folder / "images" / f"{product.sku}.jpg")
            record = {"sku": product.sku, "name": product.name, "description": product.description}
            record |= {"categories": [name for _, name in product.category_path], "images": [f"{product.sku}.jpg"]}
            handle.write(json.dumps(record) + "\n")
    (folder / "reviews.jsonl").write_text("")
    root = folder / "snapshot"
    files = ("--products", folder / "products.jsonl", "--reviews", folder / "reviews.jsonl")
    ameli("ingest", *files, "--images", folder / "images", "--out", root, "--profile", "local")
    done = ameli("build", root, "--profile", "local")
    assert "warning: the test split is empty" in done.stderr
    return Snapshot(root)


@pytest.fixture(scope="module")
def linker(snapshot: Snapshot, local: Settings) -> Linker:
    return Linker.open(snapshot, local)


@pytest.fixture(scope="module")
def cosines(linker: Linker, snapshot: Snapshot, photos: list[Path], local: Settings) -> Matrix:
    """Cosines of photographs and products in the index's order, computed by the network itself."""
    encoder = load_image_encoder(local.models.image_encoder)
    views = [open_picture(snapshot.root.parent / "images" / f"{sku}.jpg") for sku in linker.index.skus]
    return encoder.encode([open_picture(path) for path in photos]) @ encoder.encode(views).T


def skus_of(answer: Answer) -> list[str]:
    return [match.sku for match in answer.matches]


def test_a_picture_without_text_is_ranked_by_the_encoder_only(
    linker: Linker, photos: list[Path], cosines: Matrix
) -> None:
    found = 0
    for path, row in zip(photos, cosines, strict=True):
        answer = linker.link("", [path], ocr=False)
        assert len(answer.matches) == TOP
        scores = np.array([match.image for match in answer.matches])
        assert (np.diff(scores) <= 0).all()
        assert np.allclose(scores, np.sort(row)[::-1][:TOP], atol=1e-3)
        found += path.stem in skus_of(answer)
    assert found >= 0.9 * PRODUCTS


def test_text_read_by_ocr_changes_no_ranking(linker: Linker, photos: list[Path]) -> None:
    for path in photos[:3]:
        read, unread = (linker.link("", [path], ocr=ocr) for ocr in (True, False))
        assert skus_of(read) == skus_of(unread)


def test_a_wrong_name_in_the_text_does_not_hide_the_product_in_the_picture(linker: Linker, photos: list[Path]) -> None:
    found = [
        path.stem in skus_of(linker.link("It stands beside the refrigerator.", [path], ocr=False)) for path in photos
    ]
    assert np.mean(found) >= 0.75  # if refrigerators came first, only their photographs would be linked


def test_products_of_a_mention_come_first_among_ten_answers(linker: Linker, photos: list[Path]) -> None:
    answer = linker.link("", [photos[0]], "range", ocr=False)
    prior = [match.prior for match in answer.matches]
    assert 0 < sum(prior) < TOP
    assert len(prior) == TOP
    assert prior == sorted(prior, reverse=True)
    answer = linker.link("A tablet for my kids")
    assert len(answer.matches) == TOP
    assert "Tablet" in answer.matches[0].name


def test_the_command_links_a_photograph(linker: Linker, snapshot: Snapshot, photos: list[Path]) -> None:
    done = ameli("link", snapshot.root, "--profile", "local", "--image", photos[0], "--json")
    answer = json.loads(done.stdout)
    assert [match["sku"] for match in answer["matches"]] == skus_of(linker.link("", [photos[0]], ocr=False))
    assert answer["scored_by"] == "retrieval scores, then the attribute filter"
