"""The folder that `datasets.load_dataset` opens with pictures."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from made import released_snapshot
from PIL import Image

from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.export.formats import export
from ameli_build.export.hub import pieces

LOADED = """
import json, sys, datasets
found = datasets.load_dataset(sys.argv[1])
base = datasets.load_dataset(sys.argv[1], "products", split="knowledge_base")
row = found["test"][0]
print(json.dumps({
    "splits": {name: rows.num_rows for name, rows in found.items()},
    "size": row["cleaned_images"][0].size, "id": row["review_id"],
    "features": str(found["test"].features["images"]),
    "products": base.num_rows, "product": base[0]["images"][0].mode, "attribute": base[0]["attributes"][0],
}))
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return released_snapshot(tmp_path_factory.mktemp("hub") / "snapshot")


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot) -> Path:
    export(snapshot, load_settings("demo"), "hf", str(snapshot.root.parent / "out"))
    return snapshot.root.parent / "out"


def test_load_dataset_shows_pictures(snapshot: Snapshot, folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    command = [sys.executable, "-c", LOADED, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    tables = {name: pl.read_parquet(snapshot.dataset / f"{name}.parquet") for name in ("train", "dev", "test")}
    assert told["splits"] == {name: table.height for name, table in tables.items()}
    first = tables["test"].row(0, named=True)
    assert told["id"] == first["review_id"]
    with Image.open(snapshot.dataset / first["cleaned_images"][0]) as picture:
        assert tuple(told["size"]) == picture.size
    assert "Image" in told["features"]
    assert told["products"] == pl.read_parquet(snapshot.dataset / "products.parquet").height
    assert set(told["attribute"]) == {"group", "name", "value"}


def test_bytes_are_the_release_s(snapshot: Snapshot, folder: Path) -> None:
    table = pl.read_parquet(folder / "data" / "train-*.parquet")
    release = pl.read_parquet(snapshot.dataset / "train.parquet")
    assert table.columns == release.columns
    assert table.drop("images", "cleaned_images").equals(release.drop("images", "cleaned_images"))
    for inside, paths in zip(table["images"], release["images"], strict=True):
        assert [one["bytes"] for one in inside] == [(snapshot.dataset / path).read_bytes() for path in paths]
        Image.open(io.BytesIO(inside[0]["bytes"])).load()


def test_the_card_and_checksums_are_of_this_folder(folder: Path) -> None:
    card = (folder / "README.md").read_text()
    assert "path: data/test-*.parquet" in card
    assert "path: test.parquet" not in card
    assert "schema/" not in card
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert {line.split("  ")[1] for line in lines} >= {"README.md", "dropped.parquet", "stats.json"}
    for line in lines:
        digest, name = line.split("  ")
        assert file_digest(folder / name) == digest


def test_pieces_are_bounded_and_lose_nothing() -> None:
    assert list(pieces([3, 3, 3, 9, 1, 1], 6)) == [(0, 2), (2, 3), (3, 4), (4, 6)]
    assert list(pieces([], 6)) == []
    assert list(pieces([7], 6)) == [(0, 1)]
