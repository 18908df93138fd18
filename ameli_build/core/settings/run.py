"""Settings of every run, whatever its stages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from ameli_build.core.settings.section import Bytes, Section, unit


class RunSettings(Section):
    """Settings that hold for all stages."""

    seed: Annotated[int, unit("any whole number")] = 13
    """Seed of every random choice and of every order by hash."""
    shard_rows: Annotated[int, unit("rows")] = Field(default=256, ge=1)
    """Rows of a shard. The cache holds whole shards, and a batch of a model lies within a shard."""
    cache: str = Field(default="", exclude=True)
    """Folder of the cache, which several snapshots can share, or a URL that machines share (`s3://BUCKET/PREFIX`).
    Empty: the snapshot's own. No result depends on it."""
    least_free: Bytes = Field(default=1_000_000_000, ge=0, exclude=True)
    """Free space on the disk below which no crawl and no stage begins."""
    strict: bool = Field(default=False, exclude=True)
    """Fail, not only warn, if a split is empty, if a row of the baseline that should have run holds only nulls, or if
    `ameli verify` finds a fault."""

    @field_validator("cache")
    @classmethod
    def _plain_folder(cls, cache: str) -> str:
        return cache.removeprefix("file://")

    @property
    def cache_url(self) -> str:
        """The URL of the cache; "" for a folder."""
        return self.cache.rstrip("/") if "://" in self.cache else ""

    @property
    def cache_folder(self) -> Path | None:
        """The folder of a cache that snapshots share; None for a URL, and for the snapshot's own."""
        return Path(self.cache) if self.cache and not self.cache_url else None
