"""The definition of a stage: a pure function from named tables and settings to named tables, and its dependencies.

A stage is skipped if its fingerprint (content of its inputs, its settings, its code, identity of its models) has not
changed and its outputs exist (`core.standing`, `core.execution`). Costly work inside a stage goes through `Work.map`,
which caches results by content, a shard a file, so that a killed run continues at the shard it had reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings

Tables = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a stage."""

    tables: Mapping[str, pl.DataFrame | pl.LazyFrame | Path]
    """Tables by name (`stage/table`): frames, or paths of finished Parquet files in the snapshot."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Further counts for `stats.json`."""


@dataclass(frozen=True, slots=True)
class Conserved:
    """A check of a stage: each distinct `key` of the table `source` is in exactly one of `kept` and `dropped`."""

    source: str
    kept: str
    dropped: str
    key: str = "review_id"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, with everything that its fingerprint depends on. The code follows from the imports of `compute`."""

    name: str
    compute: Callable[[Tables, Settings, Work], Result]
    inputs: tuple[str, ...]
    """Names of the tables that it reads (`catalog/reviews`)."""
    outputs: tuple[str, ...]
    """Names of the tables that it writes."""
    sections: tuple[str, ...] = ()
    """Sections of the settings that it reads."""
    models: tuple[str, ...] = ()
    """Models that it uses, as names of the section `models`."""
    more_models: Callable[[Settings], tuple[str, ...]] | None = None
    """Further models that it uses with some settings."""
    identity: Callable[[str], str] = str
    """From a model's name to a text that distinguishes models of equal names (`models.sources.identity`)."""
    libraries: tuple[str, ...] = ()
    """Distributions whose version counts."""
    files: tuple[str, ...] = ()
    """Further inputs: paths of files or folders in the snapshot, which count by their content."""
    named_files: tuple[str, ...] = ()
    """Settings that can name a file or folder of the user (`clean.profanity_list`), which counts by its content."""
    values: tuple[str, ...] = ()
    """Single settings of other sections that it reads (`crawl.shop`)."""
    counts: tuple[str, ...] = ()
    """Stages whose counts it reads."""
    conserved: tuple[Conserved, ...] = ()
    """Checks of its tables."""
    made: tuple[str, ...] = ()
    """Further files or folders of the snapshot that the stage makes beside its tables."""

    def roles(self, settings: Settings) -> tuple[str, ...]:
        """The models that the stage uses with these settings."""
        return self.models if self.more_models is None else (*self.models, *self.more_models(settings))
