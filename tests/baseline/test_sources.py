"""The kinds of data that a path can name, and the places of the results."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from baseline_world import write_dataset

from ameli_build.baseline.sources import open_source
from ameli_build.core.errors import UnusableInput

SIZES = {"train": 4, "dev": 2, "test": 3}


def test_a_snapshot_is_a_source(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "snapshot", SIZES)
    source = open_source(root)
    assert source.home.root == source.origin.root == root
    assert len(source.load().reviews) == 9
    assert set(source.content()) == {"products", "train", "dev", "test"}
    (root / "sheets").mkdir()
    source.report.write_text("{}")
    assert "report" in source.content()
    elsewhere = open_source(root, tmp_path / "out")
    assert (elsewhere.home.root, elsewhere.origin.root) == (tmp_path / "out", root)


def test_a_release_is_a_source(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "snapshot", SIZES)
    release = shutil.copytree(root / "dataset", tmp_path / "release")
    source = open_source(release)
    assert source.home.root == release
    assert source.load().root == release
    assert source.content() == open_source(root).content()
    assert open_source(release, tmp_path / "out").home.root == tmp_path / "out"
    before = source.content()
    (release / "report.json").write_text('{"accuracy": 0.5}')
    assert source.content().keys() - before.keys() == {"report"}


def test_results_are_not_written_into_the_data_set_of_a_snapshot(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "snapshot", SIZES)
    (root / "stages").mkdir()
    with pytest.raises(UnusableInput, match="name the snapshot itself"):
        open_source(root / "dataset")
    assert open_source(root / "dataset", tmp_path / "out").home.root == tmp_path / "out"


def test_a_folder_without_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no data set here"):
        open_source(tmp_path)
    with pytest.raises(UnusableInput, match="no data set here"):
        open_source(tmp_path / "nowhere")


def test_errors_name_the_table(tmp_path: Path) -> None:
    release = write_dataset(tmp_path / "snapshot", SIZES) / "dataset"
    source = open_source(release, tmp_path / "out")
    table = pl.read_parquet(release / "dev.parquet")
    table.with_columns(cleaned_images=pl.lit([], pl.List(pl.String))).write_parquet(release / "dev.parquet")
    with pytest.raises(UnusableInput, match=r"dev\.parquet: dev-000 has no picture in 'cleaned_images'"):
        source.load()
    table.drop("mention").write_parquet(release / "dev.parquet")
    with pytest.raises(UnusableInput, match=r"dev\.parquet: no column 'mention'"):
        source.load()
    (release / "dev.parquet").unlink()
    with pytest.raises(UnusableInput, match=r"dev\.parquet: missing"):
        source.load()
