"""Distributions of the released data set, as bars: lengths, photographs, attributes, candidates, reviews a product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl

from ameli_build.core.arrays import Integers
from ameli_build.datasets.data import SPLITS
from ameli_build.report.inputs import Inputs

BARS = 30
"""Largest number of bars, apart from an open one."""
TAIL = 0.05
"""Share of the values in the open bar, if all values do not fit."""

OF_REVIEWS = {
    "words of a review": pl.col("text").str.count_matches(r"\S+"),
    "photographs of a review": pl.col("images").list.len(),
    "attributes that a review states": pl.col("attributes").list.len(),
    "candidates of a review": pl.col("candidates").list.len(),
}
_NAMES = pl.col("attributes").list.eval(pl.element().struct.field("name")).list.n_unique()
"""As in Table 2: the distinct names on a product's sheet."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar for the values from `low` to `high`, None for an open one; `x`, `width` and `height` are percentages."""

    low: int
    high: int | None
    count: int
    percent: float
    x: float
    width: float
    height: float

    @property
    def range(self) -> str:
        """The values in words."""
        if self.high is None:
            return f"{self.low:,} or more"
        return f"{self.low:,}" if self.high == self.low else f"{self.low:,} to {self.high:,}"


@dataclass(frozen=True, slots=True)
class Histogram:
    """The values of a split, or of all products; without values, `bars` is empty."""

    name: str
    count: int
    median: float
    most: int
    bars: tuple[Bar, ...]

    @property
    def words(self) -> str:
        """The text alternative."""
        if not self.bars:
            return "none"
        top = max(self.bars, key=lambda bar: bar.count)
        return (
            f"{self.name}, {self.count:,} values: median {self.median:g}, maximum {self.most:,}; "
            f"most frequent {top.range} ({top.percent:.1f} %)"
        )


@dataclass(frozen=True, slots=True)
class Distribution:
    """Histograms with common bars and a common scale, which ends at `top` percent."""

    title: str
    top: float
    histograms: tuple[Histogram, ...]

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last value on the axis."""
        bars = next(histogram.bars for histogram in self.histograms if histogram.bars)
        last = bars[-1]
        return f"{bars[0].low:,}", f"{last.low:,}+" if last.high is None else f"{last.high:,}"


def distributions(inputs: Inputs) -> list[Distribution]:
    """The distributions of the data set; none without one."""
    dataset = inputs.snapshot.dataset
    if not (dataset / "products.parquet").is_file():
        return []
    splits = {split: _reviews(dataset / f"{split}.parquet") for split in SPLITS}
    products = pl.scan_parquet(dataset / "products.parquet").select("sku", names=_NAMES).collect()
    reviews = pl.concat([table["sku"] for table in splits.values()]).value_counts(name="reviews")
    counted = products.join(reviews, on="sku", how="left")
    there = [title for title in OF_REVIEWS if all(title in table.columns for table in splits.values())]
    named = {title: {split: _values(table[title]) for split, table in splits.items()} for title in there}
    named["attributes of a product"] = {"products": _values(counted["names"])}
    named["reviews of a product, all splits"] = {"products": _values(counted["reviews"])}
    return [found for title, values in named.items() if (found := distribution(title, values))]


def _reviews(path: Path) -> pl.DataFrame:
    """The values of a split's reviews; a data set of an earlier version, or of others, can lack a column."""
    table = pl.scan_parquet(path)
    columns = set(table.collect_schema().names())
    values = {title: value for title, value in OF_REVIEWS.items() if columns.issuperset(value.meta.root_names())}
    return table.select("sku", **values).collect()


def _values(column: pl.Series) -> Integers:
    return column.fill_null(0).cast(pl.Int64).to_numpy()


def distribution(title: str, values: Mapping[str, Integers]) -> Distribution | None:
    """Histograms of named values; None if there is no value.

    >>> found = distribution("words", {"train": np.array([1, 1, 3]), "dev": np.array([2])})
    >>> [(bar.range, bar.count) for bar in found.histograms[0].bars], found.top
    ([('1', 2), ('2', 0), ('3', 1)], 100.0)
    """
    together = np.concatenate(list(values.values()))
    if not len(together):
        return None
    edges = _edges(together)
    counts = {name: np.histogram(some, [*edges, np.inf])[0] for name, some in values.items()}
    top = max(100 * float(found.max()) / max(len(values[name]), 1) for name, found in counts.items())
    is_open = bool(together.max() >= edges[-1])
    shown = (_histogram(name, some, counts[name], edges, top, is_open) for name, some in values.items())
    return Distribution(title, round(top, 1), tuple(shown))


def _edges(values: Integers) -> list[int]:
    """The first value of each bar and, last, that of the open bar."""
    low, high = int(values.min()), int(values.max())
    if high - low >= BARS:
        high = int(np.quantile(values, 1 - TAIL, method="higher"))
    step = next(
        factor * 10**power for power in range(19) for factor in (1, 2, 5) if high - low < BARS * factor * 10**power
    )
    first = low // step * step
    return [first + n * step for n in range(ceil((high + 1 - first) / step) + 1)]


def _histogram(
    name: str, values: Integers, counts: Integers, edges: Sequence[int], top: float, is_open: bool
) -> Histogram:
    if not len(values):
        return Histogram(name, 0, 0.0, 0, ())
    shown = len(counts) if is_open else len(counts) - 1
    highs = [*(edge - 1 for edge in edges[1:]), None]
    bars = []
    for n in range(shown):
        percent = 100 * int(counts[n]) / len(values)
        x, width = (round(100 * part / shown, 2) for part in (n, 0.88))
        bars.append(Bar(edges[n], highs[n], int(counts[n]), percent, x, width, round(100 * percent / top, 2)))
    return Histogram(name, len(values), float(np.median(values)), int(values.max()), tuple(bars))
