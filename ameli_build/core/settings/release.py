"""Settings of the results that people read: release, annotation sheets and report."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, field_validator

from ameli_build.core.settings.section import Section, unit


class ReleaseSettings(Section):
    """The released data set and its card."""

    name: str = "AMELI snapshot"
    """Title of the data set."""
    license: str = "unknown"
    """Licence of the data set: an SPDX identifier, a name, a URL, or a name and a URL."""
    homepage: str = ""
    """URL of the data set. Empty: none."""
    published: str = ""
    """Day of publication for `croissant.json`, such as 2026-12-01. Empty: none, since no build reads the clock."""
    strip_metadata: bool = True
    """Release images without EXIF (place and camera), XMP and comments; pixels stay the same."""
    generated: bool = False
    """State on the card that the snapshot is the demo's generated world."""

    @field_validator("published")
    @classmethod
    def _a_day(cls, published: str) -> str:
        return date.fromisoformat(published).isoformat() if published else ""


class SheetSettings(Section):
    """Section 3.5: annotation sheets."""

    reviews_per_page: Annotated[int, unit("reviews")] = Field(default=10, ge=1)
    """Reviews of a page of a sheet."""
    informativeness_reviews: Annotated[int, unit("reviews")] = Field(default=500, ge=1)
    """Reviews with a mention that are sampled for the labels of section 3.4."""
    mention_reviews: Annotated[int, unit("reviews")] = Field(default=200, ge=1)
    """Reviews that are sampled for the check of section 3.3's mentions."""
    megabytes: Annotated[float, unit("MB")] = Field(default=120.0, gt=0)
    """Approximate size of all product images of an HTML or Label Studio sheet; images are scaled down to fit. Up to
    this size, photographs of an HTML sheet are larger than 900 pixels, up to 3,600."""
    labelstudio_files: bool = False
    """Write images for Label Studio as files for its local storage instead of into the tasks."""
    adjudicators: tuple[str, ...] = ()
    """Annotators whose answers decide, by name or e-mail address, besides those with sheets of disagreements."""


class ReportSettings(Section):
    """The report page of a snapshot."""

    misses: Annotated[int, unit("reviews")] = Field(default=30, ge=0)
    """Wrong predictions shown in full, the most confident first."""
    hits: Annotated[int, unit("reviews")] = Field(default=6, ge=0)
    """Right predictions shown in full, the hardest first: those that most other rows of Table 5 got wrong."""
