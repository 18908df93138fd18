"""What a stage is: a pure function from named tables and settings to named tables, and what its result depends on.

A stage is skipped when its fingerprint (content of its inputs, its settings, its code, identity of its models) has not
changed and its outputs are there (`core.standing`, `core.execution`). Costly work inside a stage goes through
`Work.map`, whose results are kept by content, a shard a file, so that a killed run goes on with the shard it was at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ameli_build.core.cache import Work
from ameli_build.core.settings import Section, Settings

Tables = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class Result:
    """What a stage leaves: its tables by name (`stage/table`), and further counts for `stats.json`.

    A table that is too large for a frame is the path of a finished Parquet file in the snapshot.
    """

    tables: Mapping[str, pl.DataFrame | pl.LazyFrame | Path]
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conserved:
    """Distinct `key`s of the table `source` must be those of `kept` and `dropped` together, none in both."""

    source: str
    kept: str
    dropped: str
    key: str = "review_id"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it reads, what it makes, and what its result depends on.

    `inputs` and `outputs` are table names (`catalog/reviews`); `files` are further paths in the snapshot, files or
    folders, whose content is an input; `sections` and `models` are names in the settings, `more_models` gives further
    models that some settings ask for; `libraries` are distributions whose version counts; `named_files` are settings
    (`clean.profanity_list`) that can name a file or folder of the user's, whose content is an input too; `counts` are
    stages whose counts are read. The code follows from the imports of the module of `compute`.
    """

    name: str
    compute: Callable[[Tables, Settings, Work], Result]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    sections: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    more_models: Callable[[Settings], tuple[str, ...]] | None = None
    identity: Callable[[str], str] = str
    """What tells a model from another of the same name (`models.sources.identity`)."""
    libraries: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    named_files: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """Single settings of other sections (`crawl.shop`) that the stage reads."""
    counts: tuple[str, ...] = ()
    conserved: tuple[Conserved, ...] = ()
    made: tuple[str, ...] = ()
    """Further files or folders of the snapshot that the stage makes beside its tables."""
    after: str = ""
    """The stage behind which a stage of `ameli_build/stages` runs."""
    settings: type[Section] | None = None
    """Settings of a stage of `ameli_build/stages`: a section with the name of the stage."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Reasons for which a stage of `ameli_build/stages` drops reviews, each in words."""
    without: tuple[str, ...] = ()
    """Inputs that list dropped reviews. The stage does not see these reviews in its other inputs."""

    def __post_init__(self) -> None:
        if self.settings is not None and self.name not in self.sections:
            object.__setattr__(self, "sections", (*self.sections, self.name))

    @property
    def dropped(self) -> str | None:
        """The table of the reviews that the stage drops; None if it drops none."""
        name = f"{self.name}/dropped"
        return name if name in self.outputs else None

    def roles(self, settings: Settings) -> tuple[str, ...]:
        """The models that the stage uses with these settings."""
        return self.models if self.more_models is None else (*self.models, *self.more_models(settings))
