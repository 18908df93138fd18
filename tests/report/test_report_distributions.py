"""Histograms: each value is in one bar, and the words have the median and the maximum."""

from __future__ import annotations

import statistics
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import SPLITS
from ameli_build.report.distributions import BARS, OF_REVIEWS, distribution, distributions

RANDOM = np.random.default_rng(5)
VALUES = {
    "a long tail": RANDOM.lognormal(3.5, 0.9, 4000).astype(np.int64),
    "few values": RANDOM.integers(1, 5, 300),
    "one value": np.array([7] * 12),
    "zeros": np.array([0, 0, 0]),
    "far from zero": RANDOM.integers(10**9, 10**9 + 5000, 100),
    "one far value": np.array([*range(30), 10**15]),
}


@pytest.mark.parametrize("name", VALUES)
def test_each_value_is_in_one_bar(name: str) -> None:
    values = VALUES[name]
    found = distribution("words", {"train": values, "dev": values[:1]})
    assert found is not None
    train, dev = found.histograms
    assert len(train.bars) <= BARS + 1
    for histogram, some in ((train, values), (dev, values[:1])):
        for bar in histogram.bars:
            assert bar.count == sum(bar.low <= value and (bar.high is None or value <= bar.high) for value in some)
            assert bar.percent == pytest.approx(100 * bar.count / len(some))
            assert bar.height == pytest.approx(100 * bar.percent / found.top, abs=0.1)
        assert sum(bar.count for bar in histogram.bars) == len(some)
        assert histogram.median == statistics.median(some.tolist())
        assert histogram.most == max(some.tolist())
        assert f"median {histogram.median:g}, maximum {histogram.most:,}" in histogram.words
    assert all(bar.high is not None for bar in train.bars[:-1])


def test_a_long_tail_is_one_bar_and_does_not_flatten_the_rest() -> None:
    found = distribution("words", {"train": VALUES["one far value"]})
    assert found is not None
    last = found.histograms[0].bars[-1]
    assert (last.high, last.range.endswith(" or more")) == (None, True)
    assert last.low < 100
    assert found.ends[1].endswith("+")
    closed = distribution("words", {"train": VALUES["few values"]})
    assert closed is not None
    assert closed.ends == ("1", "4")


def test_a_split_without_reviews_has_no_bars() -> None:
    found = distribution("words", {"train": np.array([1, 2]), "dev": np.array([], np.int64)})
    assert found is not None
    assert (found.histograms[1].bars, found.histograms[1].words) == ((), "none")
    assert distribution("words", {"train": np.array([], np.int64)}) is None


@pytest.mark.parametrize("lacking", ["attributes", "candidates", "images"])
def test_a_column_that_a_data_set_lacks_has_no_distribution(tmp_path: Path, lacking: str) -> None:
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    row = {"sku": ["1"], "text": ["Works well."], "images": [["a.jpg"]], "candidates": [["1", "2"]]}
    row |= {"attributes": [[{"name": "Color", "value": "Red"}]]}
    pl.DataFrame(row).write_parquet(dataset / "products.parquet")
    for split in SPLITS:
        pl.DataFrame(row).drop(lacking).write_parquet(dataset / f"{split}.parquet")
    inputs: Any = SimpleNamespace(snapshot=Snapshot(tmp_path))
    titles = [found.title for found in distributions(inputs)]
    assert len(titles) == len(OF_REVIEWS) - 1 + 2
    assert not any(lacking.replace("image", "photograph") in title for title in titles if "of a product" not in title)
