"""Histograms: each value is in one bar, and the words have the median and the maximum."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from ameli_build.report.distributions import BARS, distribution

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
