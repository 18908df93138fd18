"""The filters of the pages with lists, as a form sends them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import polars as pl

from ameli_build.browse.data import ARROW
from ameli_build.explain import FEATURES

PAGE = 24
"""Rows of a page."""
GOLD = {"right": True, "wrong": False}


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of a list; "" filters nothing. `least` and `most` bound the feature `feature`."""

    q: str = ""
    split: str = ""
    category: str = ""
    reason: str = ""
    gold: str = ""
    feature: str = ""
    least: str = ""
    most: str = ""
    sku: str = ""
    page: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """The filters of a query; unknown parameters are ignored."""
        return cls(**{name: query[name].strip() for name in cls.__slots__ if name in query})

    @property
    def number(self) -> int:
        """The number of the page, from 1."""
        return int(self.page) if self.page.isascii() and self.page.isdigit() and 0 < len(self.page) < 10 else 1

    def but(self, **changes: object) -> dict[str, str]:
        """The set filters with `changes`, as a query."""
        values = asdict(self) | {"page": ""} | changes
        return {name: str(value) for name, value in values.items() if value != ""}

    def products(self) -> pl.Expr:
        """The condition on products."""
        return pl.all_horizontal(self._shared())

    def reviews(self) -> pl.Expr:
        """The condition on reviews. A bound that is no number is ignored."""
        parts = self._shared()
        if self.split:
            parts.append(pl.col("clean") if self.split == "clean_test" else pl.col("state") == self.split)
        if self.reason:
            parts.append(pl.col("reason") == self.reason)
        if self.gold in GOLD:
            parts.append(pl.col("right") == GOLD[self.gold])
        if self.sku:
            parts.append(pl.col("sku") == self.sku)
        if self.feature in FEATURES:
            value = pl.col(self.feature)
            least, most = _number(self.least), _number(self.most)
            parts.append(value.is_not_null())
            parts += [value >= least] if least is not None else []
            parts += [value <= most] if most is not None else []
        return pl.all_horizontal(parts)

    def _shared(self) -> list[pl.Expr]:
        parts = [pl.lit(True)]
        parts += [pl.col("words").str.contains(word, literal=True) for word in self.q.lower().split()]
        if self.category:
            below = pl.col("category").str.starts_with(self.category + ARROW)
            parts.append((pl.col("category") == self.category) | below)
        return parts


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
