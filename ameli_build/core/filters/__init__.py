"""Filters beyond the seven of section 3.2: each is a file of this folder that defines `FILTER`.

They apply after the row rules of the paper (`clean.rows.row_rules`), in the order of their files' names. The project
ships none; `CONTRIBUTING.md` has the recipe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

import polars as pl


@dataclass(frozen=True, slots=True)
class Filter:
    """A rule over a review's own row: its reason, its setting, its measure and its verdict."""

    reason: str
    """Reason in `dropped`, and name of the column of the measure in `clean/values`."""
    meaning: str
    """The reason in words, for the report."""
    setting: str
    """Name of the threshold in the section `clean` of the settings."""
    default: float
    unit: str
    help: str
    """Description of the setting."""
    measure: Callable[[pl.DataFrame], pl.Series]
    """A number for each review, null for a review that passes. NaN counts as more than every threshold.

    The table has a row for each review, with the columns of `catalog/reviews` except `product_details_sku`, `source`
    and `extra`.
    """
    fails: Callable[[pl.Expr, float], pl.Expr]
    """Whether a measure breaks the rule at a threshold."""
    detail: Callable[[pl.Expr], pl.Expr]
    """The sentence in `dropped`, from the measure."""


FILTERS: tuple[Filter, ...] = tuple(
    import_module(f"{__name__}.{module.name}").FILTER for module in iter_modules(__path__)
)
"""The filters of this folder, in the order of their files' names."""
