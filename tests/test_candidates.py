"""Hard negatives: exact, without the product itself, ties by SKU, in an order that does not reveal the gold product."""

from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from ameli_build.candidates import STAGE, in_hash_order
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table


def test_order_depends_on_seed_and_review_only() -> None:
    skus = [str(n) for n in range(21)]
    order = in_hash_order(skus, "r1", 13)
    assert order == in_hash_order([*reversed(skus), "3"], "r1", 13)
    assert sorted(order) == sorted(skus)
    assert order != in_hash_order(skus, "r2", 13) != in_hash_order(skus, "r1", 14)
    places = [in_hash_order(skus, f"r{n}", 13).index("0") for n in range(2000)]
    assert max(np.bincount(places, minlength=21)) < 150


def snapshot_of(root: Path, products: int) -> Snapshot:
    """A snapshot with a number of products in two categories, and an informative review of each product."""
    snapshot = Snapshot(root)
    (root / "raw" / "images").mkdir(parents=True)
    skus = [f"{n:03}" for n in range(products)]
    for n, sku in enumerate(skus):
        Image.new("RGB", (32, 32), (n * 10 % 256, 100, 255 - n * 10 % 256)).save(root / "raw" / "images" / f"{sku}.png")
    kinds = ["Laptop", "Toaster"]
    table = {
        "sku": skus,
        "name": [f"Brand - {kinds[n % 2]} {n}" for n in range(products)],
        "categories": [["All", kinds[n % 2]] for n in range(products)],
        "images": [[f"raw/images/{sku}.png"] for sku in skus],
    }
    reviews = {"review_id": [f"r{sku}" for sku in skus], "sku": skus}
    write_table(snapshot.table_path("clean/products"), pl.DataFrame(table))
    write_table(snapshot.table_path("clean/reviews"), pl.DataFrame(reviews))
    write_table(snapshot.table_path("informativeness/kept"), pl.DataFrame({"review_id": reviews["review_id"]}))
    return snapshot


def test_the_stage_finds_hard_negatives(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, 26)
    assert run_stage(STAGE, snapshot, load_settings("demo"))
    negatives = {row[0]: (row[1], row[2]) for row in snapshot.read("candidates/negatives").iter_rows()}
    for review_id, candidates in snapshot.read("candidates/candidates").iter_rows():
        sku = review_id[1:]
        by_title, by_image = negatives[sku]
        assert len(by_title) == len(by_image) == 10
        assert sku not in by_title + by_image
        assert set(candidates) == {sku, *by_title, *by_image}
        assert len(candidates) == len(set(candidates)) <= 21


def test_hard_negatives_can_be_limited_to_the_category(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, 12)
    run_stage(STAGE, snapshot, load_settings("demo", ["candidates.within_category=true"]))
    for sku, by_title, by_image in snapshot.read("candidates/negatives").iter_rows():
        assert len(by_title) == 5
        assert all(int(other) % 2 == int(sku) % 2 for other in by_title + by_image)


def test_a_single_product_is_its_only_candidate(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, 1)
    run_stage(STAGE, snapshot, load_settings("demo"))
    assert snapshot.read("candidates/candidates")["candidates"].to_list() == [["000"]]
